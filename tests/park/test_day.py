"""A day of the park in minutes: a whole one in long slots, and one in which somebody is careless."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from wattbook.cli import commands
from wattbook.cli import demo as command
from wattbook.park import day as days
from wattbook.park.day import live_day, park_day
from wattbook.park.settings import Folder
from wattbook.park.supervisor import broker
from wattbook.scenario.model import Trouble
from wattbook.scenario.runner import Runner

HOURS = 4 * 3_600


def in_long_slots(slots):
    """The day from midnight in UTC on; a reading of the bakery's does not come."""
    found = park_day()
    start = found.start + 2 * 3_600
    [silent] = [one for one in found.faults if one.trouble is Trouble.SILENT]
    faults = (replace(silent, since=start + HOURS, until=start + 2 * HOURS),)
    return replace(found, start=start, slots=slots, slot_seconds=HOURS, faults=faults)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    return live_day(Folder(tmp_path_factory.mktemp("day")), in_long_slots(6), lambda what, done, of: None)


def test_every_figure_is_the_same_twice(day):
    assert day.broken == []
    assert len(day.lines) > 150


def test_readings_went_every_way(day):
    registers, times = 25 + 6, 6 + 1
    assert (day.result["events"]["unheard"], day.seen.roots) == (1, times)
    assert day.seen.sent["SECP256K1"] + day.seen.sent["P256"] == registers * times - 1
    assert min(day.seen.sent["SECP256K1"], day.seen.sent["P256"], day.seen.sent["HTTP"]) > 0
    assert (day.seen.sent["MQTT"] > registers * times // 3) == (broker() is not None)


def test_it_comes_to_the_end_of_the_month(day):
    assert day.wholes == 1_000_000
    assert [month["month"] for month in day.result["bills"]] == ["2027-04"]
    [programme] = day.result["subsidies"]
    assert sum(claim["paid"] for claim in programme["claims"]) > 0
    provider, *customers = (money["packages"] for money in day.money.values())
    assert provider == -sum(customers) > 0
    assert all(paid < 0 for paid in customers)


def test_it_is_told(day, monkeypatch):
    said = ran(day, monkeypatch)
    assert said.exit_code == 0
    for word in ("electricity", "energy house", "certificates of 1 MWh: 1;", "Auction.reveal", "uPT in the Vault"):
        assert word in said.output
    assert f"all {len(day.lines)} comparisons hold" in said.output


def test_a_figure_that_differs_ends_it_with_status_1(day, monkeypatch):
    first, *others = day.lines
    said = ran(replace(day, lines=(replace(first, left=first.left + 1), *others)), monkeypatch)
    assert said.exit_code == 1
    assert f"1 of {len(day.lines)} figures differ: {first.what}: {first.left + 1:,} and {first.right:,}" in said.output


def test_what_is_told_wrong_is_found(tmp_path, monkeypatch):
    """A Wh of trade and one of loss that are not; without a broker, by HTTP alone."""

    class Careless(Runner):
        def run(self, *arguments):
            happened = super().run(*arguments)
            happened.books[0].volume += 1
            happened.lost[happened.books[0].carrier] += 1
            return happened

    monkeypatch.setattr(days, "Runner", Careless)
    monkeypatch.setattr(days, "broker", lambda: None)
    day = live_day(Folder(tmp_path), in_long_slots(2), lambda what, done, of: None)
    found = {one.what for one in day.broken}
    assert "electricity: Wh traded among members = the API's" in found
    assert "electricity: Wh injected and imported = withdrawn, exported, lost and not read" in found
    assert day.seen.sent["MQTT"] == 0 and day.seen.sent["HTTP"] > 0


def ran(day, monkeypatch):
    monkeypatch.setattr(command, "live_day", lambda *arguments: day)
    monkeypatch.setattr(command.signal, "signal", lambda *arguments: None)
    return CliRunner().invoke(commands, ["demo"])
