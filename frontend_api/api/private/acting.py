"""What a wallet signs, and sending what it signed: so that a household needs no gas."""

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Body, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from frontend_api.api.access import Viewer
from frontend_api.api.moment import Moment, answer
from frontend_api.api.node import node_of, slowly
from frontend_api.api.paging import Limit
from frontend_api.api.private.signed_in import described, private, private_router, viewer_in
from frontend_api.api.problems import Problem
from frontend_api.api.shapes.words import address
from frontend_api.relay.actions import ACTIONS, Action, action_of, new_nonce, request_of
from frontend_api.relay.fields import FieldError, shown, taken
from frontend_api.relay.relay import Relay, Relayed, RelayRefused
from wattbook.contracts.base import Contract
from wattbook.eip712 import digest, typed_data

T = TypeVar("T")

ROUTER = private_router("acting")
_USUAL_SECONDS = 3_600
_MOST_SECONDS = 7 * 86_400
_GREATEST_ID = 2**63 - 1
_EXAMPLE = {"amount": "1000000"}

Fields = Annotated[
    dict[str, Any],
    Body(
        description="The message's own fields, by their names in EIP-712. `deadline` may be said; `contract` has to be"
        " where two contracts take it: PowerToken or PowerPoints.",
        examples=[_EXAMPLE],
    ),
]


class Prepared(BaseModel):
    """A document for eth_signTypedData_v4."""

    action: str
    contract: str
    typed_data: dict[str, Any]
    digest: str = Field(description="What is signed, in 32 bytes.")
    extra: list[str] = Field(description="Fields that go to /relay beside the message's own.")


class RelayRequest(BaseModel):
    """What was signed. `values` are the message's fields and what goes beside them."""

    action: str = Field(max_length=60)
    contract: str | None = Field(None, max_length=40)
    values: dict[str, Any]
    signature: str | None = Field(None, max_length=8_300)


class RelayState(BaseModel):
    id: int
    account: str
    action: str
    state: str = Field(json_schema_extra={"enum": ["waiting", "sent", "done", "failed"]})
    reason: str | None
    transaction: str | None
    block: int | None
    final: bool = Field(description="Whether it stays so: a block that is not deep yet may be taken back.")
    asked_at: int


class RelayStates(BaseModel):
    items: list[RelayState]


@ROUTER.post(
    "/prepare/{action}",
    operation_id="prepare",
    summary="What a wallet is to sign",
    responses=described(Prepared, "bad-request", "not-found", "too-large", "wrong-content-type", "node-down"),
)
async def prepare(
    request: Request, action: Annotated[str, Path(max_length=60, examples=["Withdraw"])], fields: Fields
) -> Response:
    return await slowly(request, partial(_prepare, request, action, fields))


def _prepare(request: Request, name: str, fields: dict[str, Any]) -> Response:
    def work(moment: Moment) -> dict[str, Any]:
        viewer = viewer_in(moment)
        if name not in ACTIONS:
            raise Problem("not-found", f"there is no such action; there are {', '.join(ACTIONS)}")
        action = action_of(name)
        if not action.is_message:
            raise Problem("conflict", f"{name} is not signed; it goes to /relay as it is")
        given = dict(fields)
        market = node_of(request).market()
        contract = action.contract(market, given.pop("contract", None))
        values = _filled(action, contract, given, viewer, moment.now)
        document = typed_data(contract, name, values)
        return {
            "action": name,
            "contract": contract.NAME,
            "typed_data": {**document, "message": shown(action.message.fields, values)},
            "digest": "0x" + digest(contract, name, values).hex(),
            "extra": [field for field, _ in action.more],
        }

    return _with_field_errors(lambda: answer(request, work, private=True))


def _filled(action: Action, contract: Contract, given: dict[str, Any], viewer: Viewer, now: int) -> dict[str, Any]:
    """The message's values: who signs, nonce and deadline are added."""
    names = [name for name, _ in action.message.fields]
    who = address(viewer.account)
    if len(action.signers) == 1:
        given.setdefault(action.signers[0], who)
    if "nonce" in names and "nonce" not in given:
        given["nonce"] = _next_permit(contract, who) if action.name == "Permit" else new_nonce()
    latest = max(now, int(time.time()))
    if "deadline" in names:
        given.setdefault("deadline", latest + _USUAL_SECONDS)
    found = taken(action.message.fields, given)
    if "deadline" in found and found["deadline"] > latest + _MOST_SECONDS:
        raise FieldError(f"deadline is more than {_MOST_SECONDS // 86_400} days ahead: who finds it could send it then")
    if action.signers and viewer.account not in [str(found[name]).lower() for name in action.signers]:
        raise FieldError(f"{' or '.join(action.signers)} must be the account that is signed in")
    return found


def _next_permit(contract: Contract, owner: str) -> int:
    return int(contract.chain.call(contract.function("nonces", owner)))


@ROUTER.post(
    "/relay",
    operation_id="relay",
    summary="Have sent what was signed",
    status_code=202,
    responses=described(
        RelayState,
        "bad-request",
        "conflict",
        "too-large",
        "wrong-content-type",
        "too-many-requests",
        "not-configured",
        "node-down",
        status=202,
    ),
)
async def relay(request: Request, body: RelayRequest) -> Response:
    return await slowly(request, partial(_relay, request, body))


def _relay(request: Request, body: RelayRequest) -> Response:
    viewers: list[Viewer] = []
    answer(request, lambda moment: viewers.append(viewer_in(moment)), private=True)
    found = relay_of(request)

    def take() -> Relayed:
        market = node_of(request).market()
        asked = request_of(market, body.action, body.contract, body.values, body.signature)
        try:
            return found.take(viewers[0], asked)
        except RelayRefused as refusal:
            raise Problem(refusal.kind, str(refusal), refusal.headers) from None

    taken_ = _with_field_errors(take)
    return private(request, lambda *_: _shown(taken_), status=202)


@ROUTER.get(
    "/relay",
    operation_id="relayed_actions",
    summary="What was sent for whoever asks, the newest first",
    responses=described(RelayStates, "not-configured"),
)
def relayed_actions(request: Request, limit: Limit = 50) -> Response:
    def work(_: Moment, viewer: Viewer) -> dict[str, Any]:
        return {"items": [_shown(one) for one in relay_of(request).of_account(viewer.account, limit)]}

    return private(request, work)


@ROUTER.get(
    "/relay/{id}",
    operation_id="relayed_action",
    summary="What became of it",
    responses=described(RelayState, "not-found", "not-configured"),
)
def relayed_action(request: Request, id: Annotated[int, Path(ge=0, le=_GREATEST_ID)]) -> Response:
    def work(_: Moment, viewer: Viewer) -> dict[str, Any]:
        found = relay_of(request).find(id)
        # Others' numbers are not told from those that there are not.
        if found is None or not (viewer.may_see(found.account)):
            raise Problem("not-found", "there is no such action of yours")
        return _shown(found)

    return private(request, work)


def relay_of(request: Request) -> Relay:
    """The relay, which `wattbook api` puts there when it has a key for it."""
    found: Relay | None = getattr(request.app.state, "relay", None)
    if found is None:
        raise Problem("not-configured", "this market has no relay key here; your own wallet can send it")
    return found


def _with_field_errors(work: Callable[[], T]) -> T:
    try:
        return work()
    except FieldError as error:
        raise Problem("bad-parameter", str(error), errors=[{"where": "body", "what": str(error)[:200]}]) from None


def _shown(found: Relayed) -> dict[str, Any]:
    return {
        "id": found.id,
        "account": address(found.account),
        "action": found.action,
        "state": found.state,
        "reason": found.reason,
        "transaction": found.transaction,
        "block": found.block,
        "final": found.final,
        "asked_at": found.asked_at,
    }
