"""Every route that is not for everybody, against everybody: what each is answered."""

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from frontend_api.relay.relay import Relay
from frontend_api.webhooks.hooks import Hooks
from tests.frontend.private.people import API, Client, begun
from wattbook.billing.periods import month_name
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.deployment.local import known_account

# `owner` is whose the thing is that is asked for; `replaced` lost his key, `retired` was given up by its member, both
# with a session of before. 401: nobody is signed in; 403: not his; 404: not even told that there is one.
WHO = ["owner", "stranger", "operator", "regulator", "nobody", "suspended", "expelled", "replaced", "retired"]
EXPECTED = """
                                    owner stranger operator regulator nobody suspended expelled replaced retired
GET /session                          200      200      200       200    401       200      200      401     401
DELETE /session                       200      200      200       200    401       200      200      200     200
GET /me                               200      200      200       200    401       200      200      401     401
GET /me/balances                      200      200      200       200    401       200      200      401     401
GET /me/orders                        200      200      200       200    401       200      200      401     401
GET /me/positions                     200      200      200       200    401       200      200      401     401
GET /me/devices                       200      200      200       200    401       200      200      401     401
GET /me/certificates                  200      200      200       200    401       200      200      401     401
GET /me/packages                      200      200      200       200    401       200      200      401     401
GET /me/points                        200      200      200       200    401       200      200      401     401
GET /me/history                       200      200      200       200    401       200      200      401     401
GET /accounts/{address}/balances      200      403      200       200    401       403      403      401     401
GET /accounts/{address}/orders        200      403      200       200    401       403      403      401     401
GET /accounts/{address}/positions     200      403      200       200    401       403      403      401     401
GET /accounts/{address}/devices       200      403      200       200    401       403      403      401     401
GET /accounts/{address}/certificates  200      403      200       200    401       403      403      401     401
GET /accounts/{address}/packages      200      403      200       200    401       403      403      401     401
GET /accounts/{address}/points        200      403      200       200    401       403      403      401     401
GET /accounts/{address}/history       200      403      200       200    401       403      403      401     401
GET /accounts/{address}/statement     200      403      200       200    401       403      403      401     401
GET /accounts/{address}/bills         200      403      200       200    401       403      403      401     401
GET /accounts/{address}/bills/{month}  200      403      200       200    401       403      403      401     401
GET /devices/{device}/readings        200      403      200       200    401       403      403      401     401
GET /subscriptions                    200      200      200       200    401       200      200      401     401
GET /subscriptions/{subscription}     200      403      200       200    401       403      403      401     401
POST /prepare/{action}                200      200      200       200    401       200      200      401     401
POST /relay                           202      403      403       403    401       403      403      401     401
GET /relay                            200      200      200       200    401       200      200      401     401
GET /relay/{id}                       200      404      200       200    401       404      404      401     401
GET /webhooks                         200      200      200       200    401       200      200      401     401
POST /webhooks                        201      403      201       201    401       403      403      401     401
DELETE /webhooks/{id}                 200      404      404       404    401       404      404      401     401
GET /supervision                      403      403      200       200    401       403      403      401     401
GET /operation                        403      403      200       403    401       403      403      401     401
"""
ROWS = [line.rsplit(None, len(WHO)) for line in EXPECTED.strip().splitlines()[1:]]
# Whose a thing is where it is not the owner's of the rest.
OWNERS = {"/subscriptions/{subscription}": "subscriber"}


def test_every_private_route_is_here(app):
    described = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, methods in app.openapi()["paths"].items()
        for method, route in methods.items()
        if route.get("security")
    }
    assert {row[0] for row in ROWS} == described


@pytest.fixture(scope="module")
def relay(app, fair, database, tmp_path_factory):
    """A relay that takes what is right, and does not send it."""
    outbox = Outbox(str(tmp_path_factory.mktemp("relay") / "relay.db"))
    app.state.relay = Relay(app.state.node, database, outbox, known_account(19))
    yield app.state.relay
    del app.state.relay
    outbox.close()


def signed(client: Client, key: LocalAccount, action: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What /relay takes, signed by a key."""
    prepared = client.post(f"/prepare/{action}", fields)
    signature = key.sign_message(encode_typed_data(full_message=prepared["typed_data"])).signature
    values = {**prepared["typed_data"]["message"], **more}
    return {"action": action, "contract": prepared["contract"], "values": values, "signature": "0x" + signature.hex()}


@pytest.fixture(scope="module")
def withdrawal(who, keys, relay):
    return signed(who("owner"), keys["owner"], "Withdraw", {"amount": 1})


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_matrix(row, app, fair, database, sessions, who, keys, relay, withdrawal):
    route, *statuses = row
    method, path = route.split(" ", 1)
    owner = OWNERS.get(path, "owner")
    found = []
    for name in WHO:
        asking = owner if name == "owner" else name
        client = who(asking)
        if route == "DELETE /session" and name != "nobody":
            # What ends it shall be this request's own.
            client = Client(app, client._http, begun(sessions, keys[asking], fair.chain.chain_id))
        body = _body(route, fair, withdrawal)
        found.append(client.ask(method, _filled(path, fair, database, keys, who, withdrawal), body).status_code)
    assert dict(zip(WHO, found, strict=True)) == dict(zip(WHO, map(int, statuses), strict=True))


def _filled(path: str, fair: Any, database: Any, keys: Any, who: Any, withdrawal: Any) -> str:
    if path == "/webhooks/{id}":
        hooks, viewer = Hooks(database), keys["owner"].address
        for old in hooks.of_account(viewer):
            hooks.remove(viewer, old.id)
        body = {"url": "https://example.org/", "kind": "account", "subject": fair.buyer}
        return f"/webhooks/{who('owner').post('/webhooks', body)['id']}"
    if path == "/relay/{id}":
        return f"/relay/{who('owner').post('/relay', withdrawal)['id']}"
    parts = {"address": fair.buyer, "month": month_name(fair.month), "device": fair.devices["moved"]}
    filled = path.format(**parts, subscription=fair.subscription, action="Withdraw")
    return filled + (f"?period={month_name(fair.month)}" if path.endswith("/statement") else "")


def _body(route: str, fair: Any, withdrawal: dict[str, Any]) -> Any:
    return {
        "POST /prepare/{action}": {"amount": 1},
        "POST /relay": withdrawal,
        "POST /webhooks": {"url": "https://example.org/", "kind": "account", "subject": fair.buyer},
    }.get(route)


def test_the_market_is_the_same_for_whoever_is_not_signed_in(who):
    """Public routes do not ask who it is; a session that is over closes none of them."""
    for name in ("nobody", "replaced", "owner"):
        assert who(name).ask("GET", "/market").status_code == 200
