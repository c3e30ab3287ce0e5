"""docs/scale.md says what its figures say, and these are those of the contracts as they are."""

from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from wattbook.bench import bridges, growth, lasting, market, scale, town
from wattbook.bench.city import METERS, chains, city
from wattbook.bench.snapshot import SnapshotError
from wattbook.bench.walls import BOOK, GAS_A_SLOT, HOLDERS, POOLED, Measured, walls
from wattbook.scenario.charts import Curve, powers
from wattbook.trader.keeper import CLEARED_AT_ONCE

DOCS = Path(__file__).parents[2] / "docs"
FEW = 10


@pytest.fixture(scope="module")
def committed():
    return growth.read(DOCS / scale.FIGURES)


@pytest.fixture(scope="module")
def its(committed):
    return Measured(committed)


def again(committed, kind, measured):
    """What of a measured size is the same on any machine, beside what is committed."""
    found = growth.measured(kind, [measured if isinstance(measured, dict) else asdict(measured)])
    [(size, gas)] = found["gas"].items()
    assert gas == committed["gas"][kind][size], (
        "Figures changed. If they should, say why, and refresh them all with `make bench`."
    )
    return found["machine"][size]


def test_page_and_charts_are_not_stale(committed):
    for name, text in scale.files(committed).items():
        assert (DOCS / name).read_text() == text, f"make bench, and commit {name}"


def test_charts_can_be_read(committed):
    for name, text in scale.files(committed).items():
        if name.endswith(".svg"):
            assert ElementTree.fromstring(text).tag.endswith("svg")


def test_what_is_written_reads_back(tmp_path, committed):
    scale.write(tmp_path, committed)
    assert growth.read(tmp_path / scale.FIGURES) == committed
    assert (tmp_path / "scale.md").read_text() == (DOCS / "scale.md").read_text()
    with pytest.raises(SnapshotError, match="is not a file of figures"):
        growth.read(tmp_path / "scale.md")


def test_members_and_meters(committed):
    [(members, meters)] = town.measure([FEW])
    times = again(committed, "members", members)
    assert min(times["list_time"], times["one_time"], times["index_time"], times["node_memory"]) > 0
    again(committed, "meters", meters)
    assert meters.slot == pytest.approx(meters.root + FEW * (meters.count + meters.settle), abs=2 * FEW)


def test_slots(committed, its):
    [found] = lasting.measure(its.sizes("slots")[:1])
    again(committed, "slots", found)


def test_bridge(committed):
    times = again(committed, "bridges", bridges.measure(FEW))
    assert times["stored_bytes"] > 0


def test_orders(committed):
    [(life, effort)] = market.measure([FEW])
    again(committed, "orders", {**life.figures(), **asdict(effort)})


def test_gas_and_machine_are_of_the_same_sizes(committed):
    gas, machine = committed["gas"], committed["machine"]
    for kind, sizes in gas.items():
        assert machine[kind].keys() == sizes.keys()


def test_gas_of_a_slot_stays_what_it_was(its):
    first, *others = (its.gas("slots", "gas", size) for size in its.sizes("slots"))
    assert all(abs(other - first) * 1_000 < first for other in others)


def test_the_last_member_costs_what_the_first_did(its):
    for name in ("admit", "join", "device"):
        first, *others = (its.gas("members", name, size) for size in its.sizes("members"))
        assert all(abs(other - first) < 100 for other in others)


def test_a_book_that_is_cleared_at_once_is_taken_up_to_the_first_wall(its):
    first = walls(its)["orders"][0]
    fixed = its.gas("orders", "clear_bytes", FEW) - 32 * FEW
    assert fixed + 32 * first.at <= POOLED < fixed + 32 * (first.at + 2)
    assert CLEARED_AT_ONCE < first.at < BOOK


@pytest.mark.parametrize(
    ("contract", "line"),
    [
        ("market/Rulebook", f"uint16 private constant MAX_ORDERS = {BOOK:_};"),
        ("finance/Tranche", f"uint256 public constant MOST_HOLDERS = {HOLDERS:_};"),
        ("metering/Meters", "uint32 public constant MAX_DEVICES = 2 ** 21 - 1;"),
    ],
)
def test_limits_are_those_of_the_contracts(contract, line):
    assert line in (DOCS.parent / "contracts" / f"{contract}.sol").read_text()


def test_steps_of_a_chart_are_powers_of_ten():
    chart = powers([Curve("one", "a", [(10, 1), (100, 10), (1_000, 100)])], "sizes", "gas")
    [line] = ElementTree.fromstring(chart).iter("polyline")
    spots = [tuple(int(part) for part in spot.split(",")) for spot in line.get("points").split()]
    (left, bottom), middle, (right, top) = spots
    assert middle == ((left + right) // 2, (bottom + top) // 2)
    assert left < right and top < bottom


def test_walls_stand_by_their_distance(its):
    for some in walls(its).values():
        assert [one.at for one in some] == sorted(one.at for one in some)
        assert some[0].at > 0


def test_the_city_is_the_sum_of_its_parts(its):
    figures = {
        line.what: int(line.figure.replace(",", "")) for line in city(its) if line.figure.replace(",", "").isdigit()
    }
    parts = sum(gas for what, gas in figures.items() if what.startswith("gas for "))
    assert figures["gas a slot"] == parts > METERS * its.gas("meters", "count")
    assert (chains(its) - 1) * GAS_A_SLOT // 2 < parts <= chains(its) * GAS_A_SLOT // 2
