"""`wattbook tender`: from the offer to the money, each by its own member, on a chain."""

import json
import re

import pytest

from tests.cli.sending import Sending
from tests.tenders.floor import DAY, Floor
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import SLOT_SECONDS, Park
from wattbook.trial.settling import Settling


@pytest.fixture(scope="module")
def standing():
    with Anvil(*OPTIONS) as chain:
        yield Floor(Settling(Park(chain)))


@pytest.fixture
def floor(standing):
    standing.begin(["ann", "ben"])
    return standing


@pytest.fixture
def sending(floor, command, working_folder, monkeypatch):
    monkeypatch.setenv("WATTBOOK_PASSWORD", "open")
    return Sending(floor.park, command, working_folder)


def by_members(run, floor):
    return lambda *arguments, by=None: run("tender", *map(str, arguments), by=by and floor.account(by))


@pytest.fixture
def tender(floor, sending):
    """Runs a command, in the name of a member when there is one."""
    return by_members(sending, floor)


@pytest.fixture
def lines(floor, sending):
    """What it says to people."""
    return by_members(sending.lines, floor)


def offer(floor, wh=100_000, since=None, before=30, **more):
    """The words that offer so much of the owner's plant over a slot."""
    since = since or floor.settling.slot
    options = {"--device": floor.plant, "--wh": wh, "--from": since, "--until": since + SLOT_SECONDS}
    options |= {"--quotes-until": since - before - 30, "--decides-until": since - before, **more}
    return ["publish", *(word for pair in options.items() for word in pair)]


def test_from_the_offer_to_the_money(floor, tender, lines):
    lines(*offer(floor, **{"--reserve": 500}), by="owner")
    number = floor.tenders.tender_count()
    assert lines("quote", number, "--wh", 60_000, "--price", 520, by="ann") == [f"quote 0 in tender {number}"]
    assert lines("quote", number, "--wh", 100_000, "--price", 510, by="ben") == [f"quote 1 in tender {number}"]

    sealed = lines("show", number)
    assert [line.split("  ")[-1] for line in sealed[-2:]] == ["sealed", "sealed"]
    opened = lines("show", number, "--keys", "tender.keys")
    assert [line.split("  ")[-1] for line in opened[-2:]] == ["60000 Wh at 520 mPT/kWh", "100000 Wh at 510 mPT/kWh"]
    result = tender("show", number, "--keys", "tender.keys", "--json")
    value = json.loads(result.out)
    assert (value["state"], value["owner"], value["wh"], value["reserve"]) == ("open", floor.owner, 100_000, 500)
    said = {"quote": 0, "state": "firm", "trader": floor.account("ann"), "wh": 60_000, "price": 520}
    assert value["quotes"][0] == said

    floor.wait(floor.settling.slot - 60)
    first = floor.supplies.supply_count() + 1
    assert lines("award", number, "0=60000", "1=40000", by="owner") == [
        f"supply {first}: 60000 Wh at 520 mPT/kWh to {floor.account('ann')}",
        f"supply {first + 1}: 40000 Wh at 510 mPT/kWh to {floor.account('ben')}",
    ]
    rows = dict(line.split(None, 1) for line in lines("supply", first))
    assert (rows["status"], rows["wh"]) == ("active", "60000")

    floor.deliver(100_000, {"ann": 60_000, "ben": 40_000})
    floor.serve(first, first + 1)
    floor.wait(floor.settling.slot + SLOT_SECONDS + floor.supplies.rest())
    before = floor.free("owner")
    executed = lines("execute", first, by="ann")
    assert any(line.startswith(f"SupplyExecuted supply={first} ") for line in executed)
    assert floor.free("owner") > before
    assert dict(line.split(None, 1) for line in lines("supply", first))["status"] == "settled"


def test_nothing_is_taken(floor, lines):
    lines(*offer(floor), by="owner")
    number = floor.tenders.tender_count()
    lines("quote", number, "--wh", 1_000, "--price", 600, by="ann")
    assert any(line.startswith("QuoteWithdrawn ") for line in lines("withdraw", number, 0, by="ann"))
    floor.wait(floor.settling.slot - 60)
    assert f"TenderDeclined tender={number}" in lines("decline", number, by="owner")


def test_the_whole_price_is_set_aside(floor, lines):
    floor.settling.slot += 2 * DAY
    lines(*offer(floor, before=DAY), "--full-escrow", by="owner")
    number = floor.tenders.tender_count()
    lines("quote", number, "--wh", 100_000, "--price", 520, by="ann")
    floor.wait(floor.settling.slot - DAY - 30)
    lines("award", number, "0=100000", by="owner")
    supply = floor.supplies.supply_count()
    funded = lines("fund", supply, by="ann")
    # As much as 3 % more than was sold may be billed.
    assert f"SupplyFunded supply={supply} amount={103_000 * 520}" in funded


class TestRefusals:
    def test_of_a_tender_that_is_not_there(self, floor, tender):
        unknown = floor.tenders.tender_count() + 1
        for words in (("show", unknown), ("quote", unknown, "--wh", 1, "--price", 1), ("award", unknown, "0=1")):
            result = tender(*words, by=None if words[0] == "show" else "ann")
            assert (result.status, result.out, result.err) == (1, "", f"wattbook: there is no tender {unknown}\n")
        supply = floor.supplies.supply_count() + 1
        assert tender("supply", supply).err == f"wattbook: there is no supply {supply}\n"

    def test_of_an_award_without_the_key(self, floor, tender, lines):
        lines(*offer(floor), "--keys", "mine.keys", by="owner")
        number = floor.tenders.tender_count()
        lines("quote", number, "--wh", 1_000, "--price", 600, by="ann")
        result = tender("award", number, "0=1000", by="owner")
        assert result.status == 1
        assert re.match(r"wattbook: tender\.keys cannot be read: .*No such file", result.err)
        lines(*offer(floor), "--keys", "other.keys", by="owner")
        result = tender("award", number, "0=1000", "--keys", "other.keys", by="owner")
        assert (result.status, result.err) == (1, "wattbook: other.keys does not have the key of this tender\n")

    @pytest.mark.parametrize("taken", ["0", "0=", "=5", "0=x", "-1=5"])
    def test_of_what_is_no_share(self, floor, tender, taken):
        result = tender("award", 1, "--", taken, by="owner")
        assert (result.status, result.err) == (2, f"wattbook: {taken} is not a quote's number and Wh, like 3=40000\n")

    def test_of_the_contract(self, floor, tender, lines):
        """By its name, with what it says."""
        lines(*offer(floor), by="owner")
        number = floor.tenders.tender_count()
        result = tender("decline", number, by="ann")
        assert (result.status, result.out) == (1, "")
        assert result.err.startswith("wattbook: NotTenderOwner(")

    def test_of_a_sender_who_is_not_said(self, floor, tender):
        assert "who sends it?" in tender("decline", 1).err
