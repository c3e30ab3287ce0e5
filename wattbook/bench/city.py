"""What a city of a million meters comes to, each figure reckoned from one that was measured."""

from dataclasses import dataclass

from wattbook.bench.lasting import MEMBERS
from wattbook.bench.walls import GAS_A_SECOND, Measured
from wattbook.trial.park import SLOT_SECONDS

METERS = 1_000_000
# Of a hundred members, who quote in a slot; of how many readings one is disputed; bridges of a zone.
QUOTING, DISPUTED, BRIDGES = 10, 100_000, 3
# Hundredths of a block that are used, so that a slot that was late is caught up with.
FILLED = 50
_SLOTS_A_YEAR = 365 * 86_400 // SLOT_SECONDS
_MICRO = 10**6


@dataclass(frozen=True)
class Line:
    """A figure of the city, how it is reckoned, and from what that was measured."""

    what: str
    figure: str
    reckoned: str
    measured: str


def city(its: Measured) -> list[Line]:
    """Line by line, in the order in which a reading and an order go."""
    return [*_traffic(its), *_gas(its), *_machines(its), *_disks(its)]


def zone_of(its: Measured) -> int:
    """Meters of a zone: as many as were measured."""
    return its.sizes("meters")[-1]


def _book(its: Measured) -> int:
    """Orders of a book of a zone: what was measured next to that."""
    return min(its.sizes("orders"), key=lambda size: abs(size - zone_of(its) * QUOTING // 100))


def chains(its: Measured) -> int:
    """How many chains carry it."""
    return -(-_gas_a_slot(its) // (GAS_A_SECOND * SLOT_SECONDS * FILLED // 100))


def _traffic(its: Measured) -> list[Line]:
    zones, orders = METERS // zone_of(its), METERS * QUOTING // 100
    return [
        Line("readings a slot", f"{METERS:,}", f"one a meter in {SLOT_SECONDS // 60} minutes", ""),
        Line("readings a second", f"{METERS // SLOT_SECONDS:,}", f"of {SLOT_SECONDS} s", ""),
        Line(
            "zones, and roots a slot",
            f"{zones:,}",
            f"{zone_of(its):,} meters a zone",
            "the largest zone that was measured",
        ),
        Line("orders a slot", f"{orders:,}", f"{QUOTING} in a hundred quote", ""),
        Line("disputes a slot", f"{METERS // DISPUTED:,}", f"one in {DISPUTED:,} readings", ""),
    ]


def _parts(its: Measured) -> list[tuple[str, int, str, str]]:
    """What takes gas in a slot: how much, how it is reckoned, what was measured."""
    zones, orders, disputes = METERS // zone_of(its), METERS * QUOTING // 100, METERS // DISPUTED
    root, count, settle, dispute = (its.gas("meters", name) for name in ("root", "count", "settle", "dispute"))
    life = its.gas("orders", "life_relayed", _book(its))
    return [
        ("gas for roots", zones * root, f"{zones:,} x {root:,}", "meters, `root`"),
        ("gas for counting", METERS * count, f"{METERS:,} x {count:,}", "meters, `counted`"),
        ("gas for settling", METERS * settle, f"{METERS:,} x {settle:,}", "meters, `settled`"),
        (
            "gas for orders",
            orders * life,
            f"{orders:,} x {life:,}",
            f"orders, `life, relayed`, books of {_book(its):,}",
        ),
        ("gas for disputes", disputes * dispute, f"{disputes:,} x {dispute:,}", "meters, `dispute`"),
    ]


def _gas_a_slot(its: Measured) -> int:
    return sum(gas for _, gas, _, _ in _parts(its))


def _gas(its: Measured) -> list[Line]:
    total, life = _gas_a_slot(its), its.gas("orders", "life_relayed", _book(its))
    room, everybody = GAS_A_SECOND * SLOT_SECONDS * FILLED // 100, METERS * (100 - QUOTING) // 100 * life
    return [
        *(Line(f"{what} a slot", f"{gas:,}", reckoned, measured) for what, gas, reckoned, measured in _parts(its)),
        Line("gas a slot", f"{total:,}", "the sum", ""),
        Line("gas a second", f"{total // SLOT_SECONDS:,}", f"in {SLOT_SECONDS} s", ""),
        Line(
            "chains",
            f"{chains(its):,}",
            f"{room:,} gas a slot each: {GAS_A_SECOND:,} a second, blocks {FILLED} % full",
            "",
        ),
        Line("zones of a chain", f"{-(-METERS // zone_of(its) // chains(its)):,}", "shared out evenly", ""),
        Line("chains if everybody quotes", f"{-(-(total + everybody) // room):,}", f"{METERS:,} orders a slot", ""),
    ]


def _machines(its: Measured) -> list[Line]:
    bridge = sum(its.machine("bridges", name) for name in ("take_time", "root_time", "message_time"))
    meter, order = its.machine("meters", "node_time"), its.machine("orders", "node_time", _book(its))
    nodes = METERS * meter + METERS * QUOTING // 100 * order
    events, each = METERS * its.gas("slots", "events") // MEMBERS, its.machine("slots", "index_time")
    return [
        Line("bridges", f"{METERS // zone_of(its) * BRIDGES:,}", f"{BRIDGES} a zone", ""),
        Line(
            "cores of all bridges",
            _tenths(METERS * BRIDGES * bridge, SLOT_SECONDS * _MICRO),
            f"{METERS:,} x {BRIDGES} x {bridge} us in {SLOT_SECONDS} s",
            "bridges, all three times",
        ),
        Line(
            "cores of anvil, all chains together",
            _tenths(nodes, SLOT_SECONDS * _MICRO),
            f"{METERS:,} x {meter} us and {METERS * QUOTING // 100:,} x {order} us in {SLOT_SECONDS} s",
            "meters and orders, `node`",
        ),
        Line(
            "events indexed a second",
            f"{events // SLOT_SECONDS:,}",
            f"{its.gas('slots', 'events')} a slot of {MEMBERS} members",
            "slots, `events`",
        ),
        Line(
            "databases",
            f"{max(chains(its), -(-events * each // (SLOT_SECONDS * _MICRO * FILLED // 100))):,}",
            f"one a chain at least, and {each} us an event on a core that is {FILLED} % busy",
            "slots, `index`",
        ),
    ]


def _disks(its: Measured) -> list[Line]:
    stored, blocks = its.machine("bridges", "stored_bytes"), its.gas("meters", "block_bytes")
    index, year = its.machine("slots", "index_bytes") // MEMBERS, METERS * _SLOTS_A_YEAR
    return [
        Line("readings a year", f"{year:,}", f"{METERS:,} x {_SLOTS_A_YEAR:,} slots", ""),
        Line("disk of bridges a year", _terabytes(year * stored), f"{stored} bytes a reading", "bridges, `stored`"),
        Line(
            "the same, of each zone's bridge",
            _terabytes(year * stored * zone_of(its) // METERS),
            "of its zone only",
            "",
        ),
        Line("blocks a year", _terabytes(year * blocks), f"{blocks} bytes a meter and slot", "meters, `blocks`"),
        Line("index a year", _terabytes(year * index), f"{index:,} bytes a member and slot", "slots, `index`"),
    ]


def _terabytes(value: int) -> str:
    return f"{_tenths(value, 10**12)} TB"


def _tenths(value: int, of: int) -> str:
    tenths = -(-value * 10 // of)
    return f"{tenths // 10:,}.{tenths % 10}"
