"""`wattbook bills`, for people and as JSON."""

import json
from datetime import UTC, datetime

import pytest

from tests.settlement.slots import TERMS, Slots
from wattbook.billing.bills import bills_of
from wattbook.billing.periods import month_period, parse_period
from wattbook.deployment.anvil import Anvil
from wattbook.metering.tree import is_covered, leaf_hash
from wattbook.settlement.imbalance import Metered
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park
from wattbook.units import format_pt

MONTH = "2027-01"


@pytest.fixture(scope="module")
def market():
    """A month that has passed, in which two took more than they had."""
    with Anvil(*OPTIONS) as chain:
        slots = Slots(Park(chain))
        slots.play({"shop": Metered(0, 700, 0, 0), "house": Metered(0, 30, 0, 0)}, TERMS)
        slots.settle_all("shop", "house")
        slots.park.blocks.mine([], parse_period(MONTH).end)
        yield slots.market


@pytest.fixture
def bills(command, market, working_folder):
    """Runs the command against that market."""
    market.deployment.path = working_folder / "deployment.json"
    market.deployment.write()
    where = ("--deployment", "deployment.json", "--network", market.chain.web3.provider.endpoint_uri)
    return lambda *arguments: command("bills", *where, *arguments)


def test_for_people(bills, market):
    made = bills_of(market, parse_period(MONTH))
    result = bills("--period", MONTH)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:4] == [f"month {MONTH}", f"root  0x{made.tree.root.hex()}", "bills 2", ""]
    assert [line.split() for line in lines[5:]] == [
        [f"{MONTH}-{bill.number}", bill.account, format_pt(bill.amount).removesuffix(" PT"), "PT"]
        for bill in made.bills
    ]


def test_as_json(bills, market):
    result = bills("--period", MONTH, "--json")
    assert (result.status, result.err) == (0, "")
    value = json.loads(result.out)
    made = bills_of(market, month_period(value["monthNumber"]))
    assert (value["month"], value["root"], value["size"]) == (MONTH, "0x" + made.tree.root.hex(), 2)
    for shown, bill in zip(value["bills"], made.bills, strict=True):
        assert (shown["number"], shown["account"], shown["amount"]) == (
            f"{MONTH}-{bill.number}",
            bill.account,
            bill.amount,
        )
        assert shown["imbalance"] + shown["bought"] == shown["amount"]
        assert sum(shown["split"].values()) == shown["bought"] == 0
        leaf = leaf_hash(shown["numberOnChain"], bill.content_hash)
        proof = [bytes.fromhex(one[2:]) for one in shown["proof"]]
        assert is_covered(made.tree.root, 2, shown["place"], leaf, proof)


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ("2027-02", "2027-02 is not over; its bills can be made from 2027-03-01 00:00:00+00:00 on"),
        ("2027-01-20", "2027-01-20 in UTC is no month of UTC; bills are made for those"),
        ("2098-01", "2098-01 has not begun: the newest block is of 2027-02-01 00:00:00+00:00"),
        ("January", "'January' is no period; write a month (2026-11), a day (2026-11-21), or FROM..TO of either"),
    ],
)
def test_what_cannot_be(bills, period, message):
    result = bills("--period", period)
    assert (result.status, result.out, result.err) == (1, "", f"wattbook: {message}\n")


def test_a_month_before_the_market(bills, market):
    first = min(one.block for one in market.deployment.contracts.values())
    began = datetime.fromtimestamp(market.chain.web3.eth.get_block(first)["timestamp"], UTC)
    result = bills("--period", "2026-12")
    message = f"wattbook: 2026-12 was over when the market began, {began.isoformat(' ')}\n"
    assert (result.status, result.out, result.err) == (1, "", message)
