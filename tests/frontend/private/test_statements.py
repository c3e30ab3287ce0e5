"""Statements and bills from the index: those that `wattbook` makes from a node, to the byte."""

import csv
import io
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select, update
from web3 import Web3

from frontend_api.database.database import Database
from frontend_api.database.tables import events, holdings
from frontend_api.index.following import Follower
from frontend_api.statements.records import IndexedRecords, indexed_bills
from tests.frontend.databases import where as where
from tests.postgres import postgres as postgres
from wattbook.billing.bills import bills_of
from wattbook.billing.periods import StatementError, month_name, month_period, parse_period
from wattbook.billing.statement import Records
from wattbook.cli import commands
from wattbook.contracts.structs import Purse
from wattbook.deployment.plan import purse_account

ZONE = "Europe/Madrid"


@pytest.fixture(scope="module")
def period(fair) -> str:
    return month_name(fair.month)


def printed(fair, account: str, period: str, *more: str) -> str:
    arguments = ("statement", account, "--period", period, "--network", fair.rpc, "--deployment", str(fair.deployment))
    result = CliRunner().invoke(commands, [*arguments, *more])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("name", ["owner", "seller", "suspended", "expelled", "subscriber", "replacement"])
def test_to_the_byte(fair, who, keys, period, name):
    account = keys[name].address
    said = who(name).ask("GET", f"/accounts/{account}/statement?period={period}&zone={ZONE}")
    assert said.status_code == 200
    assert said.text == printed(fair, account, period, "--zone", ZONE, "--json")


def test_csv_to_the_byte(fair, who, period, tmp_path):
    said = who("owner").ask("GET", f"/accounts/{fair.buyer}/statement?period={period}&format=csv")
    assert said.headers["content-type"] == "text/csv; charset=utf-8"
    printed(fair, fair.buyer, period, "--csv", str(tmp_path / "statement.csv"))
    assert said.content == (tmp_path / "statement.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(said.text)))
    assert rows[-1]["what"] == "closing balance" and len(rows) > 3


def test_everybodys_of_every_period(fair, database, where):
    """Members, the market's own purses, days and months; in both databases."""
    index = Database(where)
    Follower(fair.market, index).catch_up()
    first = parse_period(month_name(fair.month))
    periods = [month_name(fair.month), f"{month_name(fair.month)}..2040-01", month_name(fair.month + 1)]
    accounts = [*fair.park.traders, purse_account(Purse.COMMON_FUND)]
    assert first.start < fair.slot
    for text in periods:
        there = Records(fair.market, parse_period(text))
        wanted = there.statements(
            [there.view.current(Web3.to_checksum_address(one)) for one in dict.fromkeys(accounts)]
        )
        with index.reading() as connection:
            for one in wanted:
                here = IndexedRecords(connection, fair.market.deployment, parse_period(text))
                found = here.statement(one.account)
                assert (found.entries, found.energy, found.split) == (one.entries, one.energy, one.split)
                assert (found.opening, found.closing, found.names) == (one.opening, one.closing, one.names)
                assert (found.closing_held, found.closing_debt, found.number) == (
                    one.closing_held,
                    one.closing_debt,
                    one.number,
                )
    index.close()


def test_an_index_that_miscounts_is_noticed(fair, database):
    """A balance that events do not explain is not shown as if they did."""
    with database._backend.engine.connect() as connection:
        mine = (holdings.c.account == fair.buyer.lower()) & (holdings.c.kind == "free")
        connection.execute(update(holdings).where(mine).values(after=7))
        records = IndexedRecords(connection, fair.market.deployment, month_period(fair.month))
        with pytest.raises(StatementError, match="a difference of"):
            records.statement(fair.buyer)
        connection.rollback()


def test_what_was_told_of_others_is_not_read(fair, database):
    with database._backend.engine.connect() as connection:

        def cost() -> int:
            steps = 0

            def count() -> None:
                nonlocal steps
                steps += 1

            raw = connection.connection.driver_connection
            raw.set_progress_handler(count, 100)
            try:
                IndexedRecords(connection, fair.market.deployment, month_period(fair.month)).statement(fair.buyer)
            finally:
                raw.set_progress_handler(None, 0)
            return steps

        before = cost()
        row = connection.execute(select(events).where(events.c.contract == "Vault", events.c.name == "Paid")).first()
        others = {**row._mapping, "topics": row.topics[:32] + bytes(96)}
        connection.execute(insert(events), [{**others, "log": log} for log in range(1_000, 11_000)])
        assert cost() < 1.1 * before + 10
        connection.rollback()


def test_what_was_told_of_one_of_the_markets_contracts(fair, database):
    """It is about nobody in the index, and is found all the same."""
    account, period = fair.market.direct_sale.address, month_period(fair.month)
    wanted = Records(fair.market, period).statement(account)
    with database.reading() as connection:
        found = IndexedRecords(connection, fair.market.deployment, period).statement(account)
    assert (found.entries, found.opening, found.closing) == (wanted.entries, wanted.opening, wanted.closing)


def test_bills_with_their_proofs(fair, database, who, period):
    with database.reading() as connection:
        found = indexed_bills(connection, fair.market.deployment, fair.month)
    wanted = bills_of(fair.market, month_period(fair.month))
    assert (found.tree.root, found.bills) == (wanted.tree.root, wanted.bills)
    bill, [place, proof] = wanted.of(fair.buyer), wanted.proof(wanted.of(fair.buyer))
    said = who("owner").get(f"/accounts/{fair.buyer}/bills/{period}")
    assert (said["amount_upt"], said["place"], said["posted"]) == (str(bill.amount), place, True)
    assert said["proof"] == ["0x" + one.hex() for one in proof]
    assert said["number"] == f"{period}-{bill.number}"
    listed = who("owner").get(f"/accounts/{fair.buyer}/bills")["items"]
    assert [(one["month"], one["version"], one["withdrawn"]) for one in listed] == [
        (period, 1, False),
        (period, 0, True),
    ]


@pytest.mark.parametrize("text", ["2026", "2026-13", "x", "2026-02-30", "..", "2026-01'--", "9999-12"])
def test_periods_that_are_none(fair, who, text):
    assert who("owner").ask("GET", f"/accounts/{fair.buyer}/statement?period={text}").status_code in (409, 422)
    assert who("owner").ask("GET", f"/accounts/{fair.buyer}/bills/{text}").status_code in (404, 409, 422)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "UTC%00", "x" * 64])
def test_zones_that_are_none(fair, who, period, zone):
    said = who("owner").ask("GET", f"/accounts/{fair.buyer}/statement?period={period}&zone={zone}")
    assert said.status_code == 422


def test_what_is_not_there_yet(fair, who):
    said = who("owner").ask("GET", f"/accounts/{fair.buyer}/statement?period=2150-01")
    assert said.status_code == 409 and "has not begun" in said.json()["detail"]
    assert json.loads(said.text)["type"] == "/problems/conflict"
