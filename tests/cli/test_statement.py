"""`wattbook statement`, for people, as JSON and as CSV."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from wattbook import connect
from wattbook.deployment.local import known_account
from wattbook.units import pt


@pytest.fixture
def market(command, rpc, working_folder):
    assert command("deploy", "--network", rpc).status == 0
    return connect(rpc)


@pytest.fixture
def grid(market):
    """A member who deposits 12.5 PT and takes 0.25 out again."""
    grid = known_account("grid")
    market.power_token.mint(grid.address, pt(20), keccak(text="paid in"), sender=known_account("issuer"))
    market.power_token.approve(market.vault.address, pt(20), sender=grid)
    market.vault.deposit(pt("12.5"), sender=grid)
    market.vault.withdraw(pt("0.25"), sender=grid)
    return grid


@pytest.fixture
def month(market):
    return f"{datetime.fromtimestamp(market.chain.now, UTC):%Y-%m}"


def test_for_people(command, rpc, market, grid, month):
    result = command("statement", grid.address, "--period", month, "--network", rpc)
    assert (result.status, result.err) == (0, "")
    member = market.membership.standing_of(grid.address).member
    lines = result.out.splitlines()
    assert lines[:2] == [f"Bill {month}-{member}-1", f"account   {grid.address}"]
    assert lines[2] == f"from      {month}-01 00:00:00+00:00"
    assert lines[4].split() == ["it", "is", "not", "over:", "this", "is", "up", "to", "block", lines[4].split()[-1]]
    assert lines[6:10] == [
        "opening balance   0.00 PT",
        "  deposited      12.50 PT",
        "  withdrawn      -0.25 PT",
        "closing balance  12.25 PT",
    ]
    assert [line.split()[2:] for line in lines[12:]] == [
        ["deposited", "12.50", "12.50"],
        ["withdrawn", "-0.25", "12.25"],
    ]


def test_by_the_name_of_an_office_and_as_json(command, rpc, market, grid, month):
    result = command("statement", "grid", "--period", month, "--network", rpc, "--json")
    assert (result.status, result.err) == (0, "")
    value = json.loads(result.out)
    member = market.membership.standing_of(grid.address).member
    assert value["number"] == f"{month}-{member}-1"
    assert (value["account"], value["names"]) == (grid.address, [grid.address])
    assert (value["opening"], value["closing"], value["complete"]) == (0, pt("12.25"), False)
    assert value["sums"] == {"deposited": pt("12.5"), "withdrawn": -pt("0.25")}
    assert [entry["amount"] for entry in value["entries"]] == [pt("12.5"), -pt("0.25")]
    assert (value["slots"], set(value["energy"].values())) == ([], {0})


def test_as_csv(command, rpc, market, grid, month):
    zone = "Asia/Kolkata"
    arguments = ("--period", month, "--zone", zone, "--csv", "statement.csv", "--network", rpc)
    result = command("statement", grid.address, *arguments)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == "Statement"
    with Path("statement.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows] == ["opening balance", "deposited", "withdrawn", "closing balance"]
    assert [row["PT"] for row in rows] == ["", "12.500000", "-0.250000", ""]
    assert [row["balance PT"] for row in rows] == ["0.000000", "12.500000", "12.250000", "12.250000"]
    assert rows[0]["time"] == f"{month}-01T00:00:00+05:30"


def test_of_a_member_to_whom_nothing_happened(command, rpc, month, market):
    result = command("statement", "registrar", "--period", month, "--network", rpc)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[-1] == "Nothing moved the balance in this time."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grid", "--period", "2999-01"], "2999-01 has not begun: the newest block is of "),
        (["grid", "--period", "2001-01"], "2001-01 was over when the market began, "),
        (["grid", "--period", "soon"], "'soon' is no period; write a month (2026-11), a day (2026-11-21), or FROM..TO"),
        (["grid", "--period", "2026-11", "--zone", "Mars"], "there is no time zone 'Mars'"),
        (["nobody", "--period", "2026-11"], "nobody is no member: give an address or, on a local chain, an office"),
        (["0x" + "77" * 20, "--period", "2026-11"], f"0x{'77' * 20} was never admitted to this market"),
        (
            ["grid", "--period", "2026-01..2999-01", "--csv", "no/such/folder"],
            "no/such/folder cannot be written: No",
        ),
    ],
)
def test_what_cannot_be(command, rpc, market, arguments, message):
    result = command("statement", *arguments, "--network", rpc)
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith(f"wattbook: {message}")
    assert result.err.count("\n") == 1


def test_without_a_period(command):
    result = command("statement", "grid")
    assert (result.status, result.err) == (2, "wattbook: Missing option '--period'.\n")
