"""What is shown to somebody is his, all of it, and nobody else's."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, select

from frontend_api.api.access import MemberStatus, viewer_of
from frontend_api.api.moment import Moment
from frontend_api.api.private.money import balances
from frontend_api.api.private.trading import positions
from frontend_api.database.tables import accounts, events, holdings, members, sales, subjects
from tests.frontend.private.people import API, Client, begun
from wattbook.packages.subscribed import subscribed
from wattbook.roles import Role

LISTS = ["balances", "orders", "positions", "devices", "certificates", "packages", "points", "history"]


def pages(client: Client, path: str, limit: int = 2) -> list:
    found, cursor = [], None
    while True:
        page = client.get(path, limit=limit, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
        assert len(page["items"]) <= limit
        if cursor is None:
            return found


def test_balances_are_those_of_the_contracts(fair, who, keys):
    for name in ("owner", "seller", "suspended", "family", "replacement"):
        account = keys[name].address
        first = who(name).get("/me/balances")["items"][0]
        vault = fair.market.vault.account_of(account)
        assert first["account"] == account
        assert int(first["token_upt"]) == fair.market.power_token.balance_of(account)
        assert int(first["points"]) == fair.market.power_points.balance_of(account)
        assert int(first["free_upt"]) == vault.free
        assert int(first["owed_upt"]) == fair.market.vault.debt_of(account)


def test_lists_come_in_pages_and_whole(fair, who):
    for name in ("orders", "positions", "points", "history"):
        whole = who("owner").get(f"/me/{name}", limit=200)["items"]
        assert pages(who("owner"), f"/me/{name}", 1) == whole
        assert who("owner").get(f"/accounts/{fair.buyer}/{name}", limit=200)["items"] == whole
    cursor = who("owner").get("/me/history", limit=1)["next"]
    for other in (
        f"/me/points?cursor={cursor}",
        f"/accounts/{fair.seller}/history?cursor={cursor}",
        "/me/history?cursor=x",
    ):
        assert who("operator").ask("GET", other).status_code == 400


def test_positions_and_how_they_were_settled(fair, who):
    found = {one["trade"]: one for one in who("owner").get("/me/positions", limit=200)["items"]}
    bought = [one for one in found.values() if one["slot_start"] == fair.slot and one["side"] == "buy"]
    assert sum(one["wh"] for one in bought) == 12_000
    assert {one["settled"]["withdrawn_wh"] for one in bought} == {12_400}
    sold = [one for one in who("seller").get("/me/positions", limit=200)["items"] if one["slot_start"] == fair.slot]
    assert {one["settled"]["injected_wh"] for one in sold} == {11_000}


def test_orders(fair, who):
    trader = fair.park.traders[0]
    found = who("operator").get(f"/accounts/{trader}/orders", limit=200)["items"]
    assert {"traded", "committed"} <= {one["state"] for one in found}
    [slashed] = [one for one in found if one["bond_fate"] == "slashed"]
    assert (slashed["state"], slashed["wh"]) == ("withheld", None) and int(slashed["bond_upt"]) > 0


def test_devices(fair, who):
    mine = {one["device"]: one["status"] for one in who("owner").get("/me/devices")["items"]}
    assert fair.devices["moved"] in mine
    family = {one["device"]: one["status"] for one in who("family").get("/me/devices")["items"]}
    assert family[fair.devices["suspended"]] == "suspended"
    assert family[fair.devices["retired"]] == "retired"
    assert fair.devices["moved"] not in family


def test_certificates(fair, who):
    mine = who("owner").get("/me/certificates")
    assert str(fair.certificates["retired"]) in [one["certificate"] for one in mine["ended"]]
    assert all(one["purpose"] for one in mine["ended"])
    assert sum(one["wh"] for one in mine["slices"]) == 50_000 - 20_000


def test_subscriptions_are_those_of_the_contracts(fair, who):
    for number in (fair.subscription, fair.cancelled):
        theirs = subscribed(fair.market, number)
        mine = who("subscriber").get(f"/subscriptions/{number}")
        assert int(mine["left_upt"]) == theirs.left
        assert (mine["customer"], mine["provider"]) == (theirs.customer, theirs.provider)
        assert mine["state"] == theirs.state.name.lower()
        assert mine["kind"] == theirs.kind.name.lower()
    listed = who("subscriber").get("/subscriptions")["items"]
    assert {one["subscription"] for one in listed} == {str(fair.subscription), str(fair.cancelled)}
    assert who("stranger").get("/subscriptions")["items"] == []


def test_nobody_elses_load(fair, who, keys):
    """What settlement and meters tell of one is in nothing that another gets: no answer names a reading or a
    settlement of an account that is not its reader's."""
    theirs = {"12400", "11000"}
    for name in ("stranger", "subscriber", "family"):
        for path in ("/me", *(f"/me/{one}" for one in LISTS)):
            text = who(name).ask("GET", path).text
            assert not theirs & set(re.findall(r"\d+", text)), (name, path)
    for one in who("seller").get("/me/history", limit=200)["items"]:
        assert not any(isinstance(value, list) for value in one["args"].values()) or one["name"] == "AccountSettled"
        if one["name"] == "AccountSettled":
            assert one["args"]["account"] == fair.seller


def test_a_trace_tells_each_party_its_own(fair, who):
    sale = next(one for one in who("owner").get("/me/positions")["items"] if one["kind"] == "direct")
    path = f"/trades/{sale['trade']}/trace"

    def told(name: str) -> set[str]:
        delivery = who(name).get(path)["delivery"]
        return {one["account"] for one in delivery["settlements"]} if delivery else set()

    assert told("owner") == {fair.buyer}
    assert told("seller") == {fair.seller}
    assert told("operator") == told("regulator") == {fair.buyer, fair.seller}
    assert told("stranger") == told("nobody") == told("replaced") == set()


def test_who_somebody_is(fair, who, keys):
    said = {name: who(name).get("/me") for name in ("owner", "suspended", "expelled", "operator", "family", "second")}
    assert said["owner"]["status"] == "active" and said["owner"]["first"]
    assert (said["suspended"]["status"], said["suspended"]["roles"]) == ("suspended", [])
    assert (said["expelled"]["status"], said["expelled"]["roles"]) == ("expelled", [])
    assert "operator" in said["operator"]["roles"]
    assert keys["second"].address in said["family"]["names"]
    assert said["second"]["names"] == [keys["second"].address] and not said["second"]["may_spend"]
    assert who("replacement").get("/me")["names"] == [keys["replacement"].address, keys["replaced"].address]


def test_a_first_account_sees_what_its_members_others_do_and_not_they_it(fair, who, keys):
    first, second = keys["family"].address, keys["second"].address
    assert who("family").ask("GET", f"/accounts/{second}/balances").status_code == 200
    assert who("second").ask("GET", f"/accounts/{first}/balances").status_code == 403


def test_an_expelled_member_sees_his_bills_still(fair, who, keys):
    account = keys["expelled"].address
    assert who("expelled").ask("GET", f"/accounts/{account}/bills").status_code == 200
    assert who("expelled").ask("GET", f"/accounts/{account}/statement?period=2040-01").status_code in (200, 409)


def test_rights_go_with_the_office(database, fair, who, keys):
    """An operator who is suspended, or loses the role, sees no more than any member; in the same session."""
    operator, path = keys["operator"].address.lower(), f"/accounts/{fair.buyer}/balances"
    assert who("operator").ask("GET", path).status_code == 200
    with database.reading() as connection:
        member = connection.execute(select(accounts.c.member).where(accounts.c.account == operator)).scalar_one()
    for told, args in (
        ("RolesWithdrawn", {"member": member, "roles": int(Role.OPERATOR), "reason": "x"}),
        ("MemberSuspended", {"member": member, "by": fair.buyer, "reason": "x"}),
        ("MemberRenewed", {"member": member, "certifiedUntil": 5, "credential": "0x" + "00" * 32}),
    ):
        place = {"block": fair.chain.web3.eth.block_number, "log": 10_000}
        with database.writing() as connection:
            row = {**place, "transaction": "0x" + "00" * 32, "contract": "Membership", "name": told, "args": args}
            connection.execute(insert(events).values(**row, topics=b"", data=b""))
            connection.execute(insert(subjects).values(kind="member", subject=str(member), **place))
        try:
            assert who("operator").ask("GET", path).status_code == 403, told
            assert who("operator").ask("GET", "/operation").status_code == 403
            assert who("operator").ask("GET", "/me/balances").status_code == 200
        finally:
            with database.writing() as connection:
                for table in (events, subjects):
                    connection.execute(delete(table).where(table.c.log == 10_000))
    assert who("operator").ask("GET", path).status_code == 200


def test_an_account_with_fewer_rights_holds_no_office_beyond_them(database, fair, keys):
    """An operator's second account that was given market rights only is no operator."""
    operator = keys["operator"].address.lower()
    with database._backend.engine.connect() as connection:
        row = connection.execute(select(accounts).where(accounts.c.account == operator)).one()
        rights = int(Role.PROSUMER | Role.SPEND)
        place = {"block": row.block, "log": 10_000}
        connection.execute(insert(accounts).values(account="0x" + "ab" * 20, member=row.member, rights=rights, **place))
        viewer = viewer_of(connection, "0x" + "AB" * 20)
        assert (viewer.status, viewer.supervises, viewer.roles) == (MemberStatus.ACTIVE, False, Role(0))
        assert viewer.names == ("0x" + "ab" * 20,)
        assert (
            connection.execute(select(members.c.roles).where(members.c.member == row.member)).scalar_one()
            & Role.OPERATOR
        )
        connection.rollback()


@pytest.mark.parametrize(
    "text", ["0x", "me", "0x" + "g" * 40, "'; DROP TABLE events; --", "0X" + "0" * 40, "\u202e" * 40, "1" * 64]
)
def test_addresses_that_are_none(who, text):
    assert who("owner").ask("GET", f"{API}/accounts/{text}/balances").status_code in (404, 422)


def test_reminders(app, http, sessions, fair, who):
    """An order that is to be revealed, a bill that came, before it is too late."""
    trader = fair.park.keys[fair.park.traders[0]]
    found = Client(app, http, begun(sessions, trader, fair.chain.chain_id)).get("/me")["reminders"]
    [reveal] = [one for one in found if one["kind"] == "reveal"]
    book = fair.market.auction.book_of(fair.waiting.key)
    assert reveal["about"]["book"] == "0x" + fair.waiting.key.hex()
    assert (reveal["since"], reveal["until"]) == (book.reveals_at, book.clears_at)
    lots = [one["about"] for one in who("subscriber").get("/me")["reminders"] if one["kind"] == "lot_runs_out"]
    left = subscribed(fair.market, fair.subscription).left
    assert all(int(one["left_upt"]) == left for one in lots)


def test_supervision(fair, who):
    found = who("regulator").get("/supervision")
    status = {one["account"]: (one["status"], one["reason"]) for one in found["under_supervision"]}
    assert status[fair.suspended][0] == "suspended" and "<script>" in status[fair.suspended][1]
    assert status[fair.expelled][0] == "expelled"
    assert len(status) == 2
    assert [one["book"] for one in found["excused_books"]] == ["0x" + fair.excused.hex()]
    owing = {one["account"]: int(one["owed_upt"]) for one in found["debts"]}
    assert all(fair.market.vault.debt_of(account) == owed for account, owed in owing.items())


def test_operation(who):
    found = who("operator").get("/operation")
    assert found["health"]["database"]["answers"] and found["roots"]
    assert (found["bridge"], found["bridge_trouble"]) == (None, "no bridge is set up here")


# ------------------------------------------------------------------------------------- accounts with a long history


@pytest.fixture
def moment(database, fair):
    """Of an index that tests may change: it is as before afterwards."""
    with database._backend.engine.connect() as connection:
        begun = connection.begin()
        yield Moment(SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(pages=_Pages()))), connection, None)
        begun.rollback()


class _Pages:
    """Cursors as they are inside."""

    def place(self, request, cursor, *kinds):
        return cursor

    def cursor(self, request, place):
        return tuple(place)


def test_a_balance_that_changed_often_is_read_as_quickly(moment):
    account = "0x" + "5a" * 20
    change = {"account": account, "kind": "free", "item": 0, "part": 0, "change": 1}

    def cost() -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        raw = moment.connection.connection.driver_connection
        raw.set_progress_handler(count, 10)
        try:
            [found] = balances(moment, (account,))["items"]
        finally:
            raw.set_progress_handler(None, 0)
        assert found["free_upt"] == str(highest)
        return steps

    costs = []
    for first, highest in ((1, 100), (101, 20_000)):
        moment.connection.execute(
            insert(holdings), [{**change, "after": at, "block": at, "log": 0} for at in range(first, highest + 1)]
        )
        costs.append(cost())
    assert costs[1] < 2 * costs[0]


def test_who_is_both_sides_of_a_sale_sees_both_on_pages_of_any_size(moment, fair):
    row = moment.row(select(sales).limit(1))
    names = ("0x" + "5a" * 20, "0x" + "5b" * 20)
    for log in (1_000, 1_001):
        copied = {**row._mapping, "trade": f"0x{log:064x}", "log": log, "seller": names[0], "buyer": names[1]}
        moment.connection.execute(insert(sales).values(**copied))
    whole = positions(moment, names, None, 50)["items"]
    assert [(one["log"], one["side"]) for one in whole] == [
        *((1_001, "sell"), (1_001, "buy"), (1_000, "sell"), (1_000, "buy"))
    ]
    for limit in (1, 2, 3):
        found, cursor = [], None
        while True:
            page = positions(moment, names, cursor, limit)
            found += page["items"]
            if (cursor := page["next"]) is None:
                break
        assert found == whole


def test_accounts_of_one_member_were_settled_each_for_itself(moment, fair):
    names = (fair.seller.lower(), fair.buyer.lower())
    found = [one for one in positions(moment, names, None, 200)["items"] if one["slot_start"] == fair.slot]
    assert {(one["side"], one["settled"]["injected_wh"], one["settled"]["withdrawn_wh"]) for one in found} == {
        *(("sell", 11_000, 0), ("buy", 0, 12_400))
    }
