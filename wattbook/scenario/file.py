"""A scenario's file: one TOML, and the CSV files that it names (docs/replay.md).

Each mistake is one line that says where it is and what would be right.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path

from wattbook.contracts.structs import Carrier
from wattbook.errors import SettingsError
from wattbook.market.bounds import MAX_PRICE, WHOLE_BPS
from wattbook.months import month_at, start_of
from wattbook.scenario.model import Fault, Listed, Purpose, Scenario, Subsidy, Trading, Trouble
from wattbook.scenario.profiles import (
    DAY,
    HOUR,
    SHAPES,
    Charging,
    Device,
    Load,
    Place,
    Plant,
    Recorded,
    Storage,
    Sun,
    What,
    Wind,
    draw,
)
from wattbook.scenario.records import UNITS, VALUES, Window, orders, readings
from wattbook.scenario.strategies import Habit, Member
from wattbook.strict_toml import Table
from wattbook.units import UPT_PER_PT

MOST_SLOTS, MOST_MEMBERS = 3_000, 2_000
_LEAST_SLOT_SECONDS, _MOST_SLOT_SECONDS = 900, 4 * HOUR
# What the contracts can be asked for years from now.
_FIRST, _LAST = 1_577_836_800, 3_786_912_000
_MOST_W, _MOST_DAY_WH = 10**8, 10**9
_MOST_PT = 10**8
_USUAL_PT = 100_000
# Slots between two readings that settlement spreads what it learns over.
_MOST_TOLD = 96
_MOST_LOSS_BPS, _MOST_SPREAD_BPS = 5_000, 9_000
_NAME = re.compile("[a-z0-9][a-z0-9 _-]{0,39}")
_KINDS = (*SHAPES, "pv", "wind", "plant", "storage", "charging", "recorded")
_CARRIERS = {carrier.name.lower(): carrier for carrier in Carrier}
_OF_DEVICES = (Trouble.SILENT, Trouble.REPLACED, Trouble.LIE)
_OF_MEMBERS = (Trouble.UNREVEALED, Trouble.SUSPENDED, Trouble.BROKE)
_LASTING = (Trouble.SILENT, Trouble.BRIDGE_DOWN, Trouble.SUSPENDED)


def ready() -> dict[str, Path]:
    """The scenarios that come with the package, by name."""
    folder = Path(str(files("wattbook.scenario") / "ready"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find(named: str) -> Path:
    """The file of a ready scenario, or at a path."""
    path = Path(named)
    if path.suffix == ".toml" or path.exists():
        return path
    if named not in ready():
        raise SettingsError(f"{named} is neither a file nor a ready scenario; those are {', '.join(ready())}")
    return ready()[named]


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file."""
    table = Table.of_file(path)
    scenario = _frame(table)
    recorded = _recorded(table, scenario)
    scenario = replace(scenario, members=_with_records(table, scenario, recorded))
    scenario = replace(
        scenario,
        orders=tuple(_orders(table, scenario)),
        subsidies=tuple(_subsidy(one, scenario) for one in table.tables("subsidies")),
        faults=tuple(_fault(one, scenario) for one in table.tables("faults")),
    )
    table.done()
    _check_suspensions(table, scenario)
    _check_heard(table, scenario)
    kinds = [f"{one.carrier.name.lower()} for {one.purpose}" for one in scenario.subsidies]
    _check_once(table, "subsidies", kinds)
    return scenario


def _frame(table: Table) -> Scenario:
    """All but what names devices and members."""
    seconds = table.number("slot_seconds", _LEAST_SLOT_SECONDS, _MOST_SLOT_SECONDS)
    if DAY % seconds:
        raise table.error(f"slot_seconds is {seconds}, which does not divide a day")
    start = table.moment("start")
    if not _FIRST <= start <= _LAST:
        raise table.error("start is not between 2020 and 2090")
    if start % seconds:
        raise table.error(f"start is not where a slot of {seconds} seconds begins")
    offset = table.number("utc_offset_minutes", -14 * 60, 14 * 60)
    place = Place(table.number("seed", 0, 2**32), offset, table.number("latitude", -66, 66))
    tradings = tuple(_trading(one) for one in table.tables("carriers"))
    if not tradings:
        raise table.error("carriers are missing")
    _check_once(table, "carriers", [one.carrier.name.lower() for one in tradings])
    known = tuple(one.carrier for one in tradings)
    grouped = [one for group in table.tables("members") for one in _group(group, place, known)]
    if not 1 <= len(grouped) <= MOST_MEMBERS:
        raise table.error(f"there are {len(grouped)} members, not 1 to {MOST_MEMBERS}")
    _check_once(table, "members", [member.name for member, _ in grouped])
    for device in (device for member, _ in grouped for device in member.devices):
        if isinstance(device.what, Charging) and device.what.hours * HOUR < seconds:
            raise table.error(f"{device.name} charges for less than a slot of {seconds} seconds, and might never")
    return Scenario(
        name=_name(table),
        about=table.text("about"),
        place=place,
        start=start,
        slots=table.number("slots", 1, MOST_SLOTS),
        slot_seconds=seconds,
        tradings=tradings,
        members=tuple(member for member, _ in grouped),
        money={member.name: money for member, money in grouped},
        orders=(),
        subsidies=(),
        faults=(),
    )


def _trading(table: Table) -> Trading:
    carrier = _CARRIERS[table.text("name", one_of=tuple(_CARRIERS))]
    pool_in = table.number("pool_in", 0, MAX_PRICE)
    pool_out = table.number("pool_out", pool_in, MAX_PRICE)
    shares = {name: table.number(name, 0, WHOLE_BPS) for name in ("network_bps", "platform_bps", "fund_bps")}
    if sum(shares.values()) > WHOLE_BPS:
        raise table.error(f"network, platform and fund get {sum(shares.values())} of 10000")
    found = Trading(
        carrier=carrier,
        pool_in=pool_in,
        pool_out=pool_out,
        feed_in=_or(table, "feed_in", MAX_PRICE, pool_in),
        retail=_or(table, "retail", MAX_PRICE, pool_out),
        loss_bps=table.number("loss_bps", 0, _MOST_LOSS_BPS),
        band_bps=table.number("band_bps", 0, WHOLE_BPS),
        penalty_bps=table.number("penalty_bps", 0, WHOLE_BPS),
        intake_wh=_or(table, "intake_wh", 10**9, 0),
        **shares,
    )
    table.done()
    return found


def _group(table: Table, place: Place, known: tuple[Carrier, ...]) -> Iterator[tuple[Member, int]]:
    """A member, or as many alike as are counted, whose devices are of different sizes; each with his money."""
    name = _name(table)
    count = _or(table, "count", MOST_MEMBERS, 1, least=1)
    spread = _or(table, "spread_bps", _MOST_SPREAD_BPS, 0)
    money = _or(table, "money_pt", _MOST_PT, _USUAL_PT) * UPT_PER_PT
    habits = tuple(Habit)
    habit = Habit(table.text("habit", one_of=habits)) if table.has("habit") else Habit.TRADE
    devices = [_device(one, known) for one in table.tables("devices")]
    if not devices:
        raise table.error("devices are missing")
    _check_once(table, "devices", [device.name for device, _ in devices])
    table.done()
    if count > 1 and any(isinstance(device.what, Recorded) for device, _ in devices):
        raise table.error("a device that was recorded is one member's, not that of each of many")
    for number in range(1, count + 1):
        whose = f"{name} {number}" if count > 1 else name
        bps = WHOLE_BPS + draw(place.seed, "size", whose) % (2 * spread + 1) - spread
        its = [device for device, one_in in devices if number % one_in == 0]
        yield Member(whose, tuple(_sized(whose, device, bps) for device in its), habit), money


def _device(table: Table, known: tuple[Carrier, ...]) -> tuple[Device, int]:
    kind = table.text("kind", one_of=_KINDS)
    carrier = _carrier(table, known)
    what = _what(table, kind)
    name = _name(table) if table.has("name") else kind
    one_in = _or(table, "one_in", MOST_MEMBERS, 1, least=1)
    clean = table.flag("clean") if table.has("clean") else isinstance(what, Sun | Wind)
    table.done()
    device = Device(name, carrier, clean, what)
    if clean and (not device.injects or isinstance(what, Storage)):
        raise table.error("what makes nothing anew is not clean")
    return device, one_in


def _what(table: Table, kind: str) -> What:
    def watts(name: str) -> int:
        return table.number(name, 1, _MOST_W)

    match kind:
        case "pv":
            return Sun(watts("peak_w"))
        case "wind":
            return Wind(watts("rated_w"))
        case "plant":
            return Plant(watts("rated_w"), table.number("price", 0, MAX_PRICE))
        case "storage":
            efficiency = table.number("efficiency_bps", 1_000, WHOLE_BPS)
            return Storage(table.number("capacity_wh", 1, _MOST_DAY_WH), watts("rated_w"), efficiency)
        case "charging":
            hours = (table.number("from_hour", 0, 23), table.number("until_hour", 0, 23))
            return Charging(table.number("day_wh", 1, _MOST_DAY_WH), watts("rated_w"), *hours)
        case "recorded":
            injects = table.text("direction", one_of=("injection", "withdrawal")) == "injection"
            return Recorded(injects, {}, frozenset())
    return Load(kind, table.number("day_wh", 1, _MOST_DAY_WH))


def _sized(whose: str, device: Device, bps: int) -> Device:
    """A device of a member of a group, larger or smaller than the others'."""

    def sized(value: int) -> int:
        return max(1, value * bps // WHOLE_BPS)

    what = device.what
    match what:
        case Load(shape, day_wh):
            what = Load(shape, sized(day_wh))
        case Sun(peak_w):
            what = Sun(sized(peak_w))
        case Wind(rated_w):
            what = Wind(sized(rated_w))
        case Plant(rated_w, price):
            what = Plant(sized(rated_w), price)
        case Storage(capacity_wh, rated_w, efficiency_bps):
            what = Storage(sized(capacity_wh), sized(rated_w), efficiency_bps)
        case Charging(day_wh, rated_w):
            what = replace(what, day_wh=sized(day_wh), rated_w=sized(rated_w))
    return replace(device, name=f"{whose}/{device.name}", what=what)


def _recorded(table: Table, scenario: Scenario) -> dict[str, Recorded]:
    """What the files of readings hold, by device."""
    injects = {
        device.name: device.injects
        for member in scenario.members
        for device in member.devices
        if isinstance(device.what, Recorded)
    }
    found: dict[str, Recorded] = {}
    for one in table.tables("readings"):
        unit, values = one.text("unit", one_of=UNITS), one.text("values", one_of=VALUES)
        read = readings(one.path("file"), unit, values, _window(scenario), injects)
        one.done()
        if double := sorted(found.keys() & read.keys()):
            raise one.error(f"{double[0]} has readings in two files")
        found |= read
    if without := sorted(injects.keys() - found.keys()):
        raise table.error(f"{without[0]} is recorded, and no file has readings of it")
    return found


def _with_records(table: Table, scenario: Scenario, recorded: dict[str, Recorded]) -> tuple[Member, ...]:
    def filled(device: Device) -> Device:
        return replace(device, what=recorded[device.name]) if device.name in recorded else device

    return tuple(replace(one, devices=tuple(map(filled, one.devices))) for one in scenario.members)


def _orders(table: Table, scenario: Scenario) -> Iterator[Listed]:
    listing = {
        member.name: {device.name: device.carrier for device in member.devices if device.injects}
        for member in scenario.members
        if member.habit is Habit.LISTED
    }
    if not table.has("orders"):
        if listing:
            raise table.error(f"{next(iter(listing))} quotes what is listed, and there are no orders")
        return
    one = table.table("orders")
    yield from orders(one.path("file"), _window(scenario), listing)
    one.done()


def _subsidy(table: Table, scenario: Scenario) -> Subsidy:
    carrier = _carrier(table, tuple(one.carrier for one in scenario.tradings))
    purpose = Purpose(table.text("for", one_of=tuple(Purpose)))
    ends = (scenario.start, scenario.end)
    if purpose is Purpose.MAKING and any(start_of(month_at(time)) != time for time in ends):
        raise table.error("what is made is subsidised by whole months of UTC, and this is none")
    rate = table.number("rate", 1, MAX_PRICE)
    found = Subsidy(carrier, purpose, rate, table.number("pot_pt", 1, _MOST_PT) * UPT_PER_PT)
    table.done()
    return found


def _fault(table: Table, scenario: Scenario) -> Fault:
    trouble = Trouble(table.text("kind", one_of=tuple(Trouble)))
    since, until = _when(table, trouble, scenario)
    found = Fault(
        trouble,
        since,
        until,
        member=_member(table, scenario) if trouble in _OF_MEMBERS else "",
        device=_named_device(table, scenario) if trouble in _OF_DEVICES else "",
        wh=table.number("wh", 1, _MOST_DAY_WH) if trouble is Trouble.LIE else 0,
        leaves=table.number("leaves_pt", 0, _MOST_PT) * UPT_PER_PT if trouble is Trouble.BROKE else 0,
    )
    table.done()
    return found


def _when(table: Table, trouble: Trouble, scenario: Scenario) -> tuple[int, int]:
    """What lasts has a beginning and an end, all else a time."""
    names = ("from", "until") if trouble in _LASTING else ("at",)
    times = [table.moment(name) for name in names]
    for name, time in zip(names, times, strict=True):
        if not scenario.start <= time <= scenario.end:
            raise table.error(f"{name} is not in the scenario's time")
        if (time - scenario.start) % scenario.slot_seconds:
            raise table.error(f"{name} is not where a slot begins or ends")
    if times[0] >= times[-1] and trouble in _LASTING:
        raise table.error("until is not after from")
    if trouble in (Trouble.SILENT, Trouble.BRIDGE_DOWN, Trouble.REPLACED) and times[0] == scenario.start:
        raise table.error(f"{names[0]} is the scenario's start, when all meters are read first")
    if trouble is Trouble.UNREVEALED and times[0] == scenario.end:
        raise table.error("at is the scenario's end, when no slot begins")
    return times[0], times[-1]


def _check_suspensions(table: Table, scenario: Scenario) -> None:
    """A member is suspended once at a time, and trades between one time and the next."""
    suspended = sorted((one for one in scenario.faults if one.trouble is Trouble.SUSPENDED), key=lambda one: one.since)
    for one, other in combinations(suspended, 2):
        if one.member == other.member and other.since <= one.until:
            raise table.error(f"faults: {one.member} is suspended again before a slot in which he is not")


def _check_heard(table: Table, scenario: Scenario) -> None:
    """What attesters say of a meter, they say of one that is heard of, and one thing at a time; and no silence, however
    many faults it is made of, is too long for the reading after it."""
    devices = {device.name: device for member in scenario.members for device in member.devices}
    said = [one for one in scenario.faults if one.trouble in (Trouble.REPLACED, Trouble.LIE)]
    for fault in said:
        if scenario.is_unheard(devices[fault.device], fault.since):
            raise table.error(f"faults: {fault.device} has a fault of kind {fault.trouble} when it is not heard of")
    _check_once(table, "faults", [f"{one.device} at {one.since}" for one in said])
    silent = {one.device for one in scenario.faults if one.trouble is Trouble.SILENT}
    silent |= {name for name, device in devices.items() if isinstance(device.what, Recorded) and device.what.unheard}
    for name in ("", *sorted(silent)):
        in_a_row = 0
        for start in scenario.starts:
            if scenario.is_unheard(devices.get(name), start + scenario.slot_seconds):
                in_a_row += 1
            elif in_a_row >= _MOST_TOLD:
                what = f"{name} is not heard of" if name else "the bridge is down"
                raise table.error(f"{what} for {in_a_row} slots; the next reading can tell of {_MOST_TOLD}")
            else:
                in_a_row = 0


def _member(table: Table, scenario: Scenario) -> str:
    name = table.text("member")
    if all(one.name != name for one in scenario.members):
        raise table.error(f"member is {name!r}, which the scenario does not have")
    return name


def _named_device(table: Table, scenario: Scenario) -> str:
    name = table.text("device")
    if all(device.name != name for one in scenario.members for device in one.devices):
        raise table.error(f"device is {name!r}, which the scenario does not have; it is 'member/device'")
    return name


def _carrier(table: Table, known: tuple[Carrier, ...]) -> Carrier:
    name = table.text("carrier", one_of=tuple(one.name.lower() for one in known))
    return _CARRIERS[name]


def _name(table: Table) -> str:
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.error(f"name is {name!r}, not at most 40 small letters, digits, spaces, - and _")
    return name


def _or(table: Table, name: str, most: int, usual: int, least: int = 0) -> int:
    return table.number(name, least, most) if table.has(name) else usual


def _window(scenario: Scenario) -> Window:
    return Window(scenario.start, scenario.end, scenario.slot_seconds)


def _check_once(table: Table, what: str, names: list[str]) -> None:
    if double := next((name for name in names if names.count(name) > 1), None):
        raise table.error(f"{what}: there are two of {double}")
