"""Green Button (ESPI): a utility's feed of intervals, as an Atom document without a signature.

Intervals become a register that begins at 0 with the first of them, so that they are used as any other meter's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element

from wattbook.bridge.formats.quantities import identification, possible
from wattbook.bridge.formats.records import RecordError, Sample, Trust, Verdict, refused, shown
from wattbook.bridge.formats.safe_xml import local

FORMAT = "green-button"
ROOTS = frozenset({"feed", "entry"})
_WH = 72
_DELTA = 4
_REGISTERS = {1: "1.8.0", 19: "2.8.0"}
_MAX_POWER = 9
_MAX_VALUE = 1 << 53


@dataclass(frozen=True)
class _Type:
    """What the numbers of a meter's readings mean."""

    uom: int
    power: int
    flow: int
    behaviour: int


@dataclass(frozen=True)
class _Entry:
    self: str
    up: str
    related: tuple[str, ...]
    content: Element


@dataclass(frozen=True)
class _Interval:
    start: int
    duration: int
    value: int


def verify(raw: bytes, root: Element, received: int | None = None) -> Verdict:
    """The readings of all meters in a feed, on the word of whoever imports it."""
    try:
        samples, notes = _samples(list(_entries(root)), received)
    except RecordError as error:
        return refused(FORMAT, Trust.D, raw, error)
    return Verdict(FORMAT, True, "", Trust.D, raw, tuple(samples), note="; ".join(notes))


def _entries(root: Element) -> Iterator[_Entry]:
    for entry in root.iter():
        if local(entry) != "entry":
            continue
        links = [(link.get("rel", ""), link.get("href", "")) for link in entry if local(link) == "link"]
        content = next((child for holder in entry if local(holder) == "content" for child in holder), None)
        if content is not None:
            yield _Entry(
                next((href for rel, href in links if rel == "self"), ""),
                next((href for rel, href in links if rel == "up"), ""),
                tuple(href for rel, href in links if rel == "related"),
                content,
            )


def _samples(entries: list[_Entry], received: int | None) -> tuple[list[Sample], list[str]]:
    types = {entry.self: _type(entry.content) for entry in entries if local(entry.content) == "ReadingType"}
    meters = [entry for entry in entries if local(entry.content) == "MeterReading"]
    intervals: dict[str, list[_Interval]] = {meter.self: [] for meter in meters}
    for entry in entries:
        if local(entry.content) == "IntervalBlock":
            intervals[_meter_of(entry, meters).self] += _intervals(entry.content)
    samples: list[Sample] = []
    notes: list[str] = []
    for meter in meters:
        kind = next((types[href] for href in meter.related if href in types), None)
        if kind is None:
            raise RecordError(f"the meter reading {shown(meter.self)} has no reading type")
        if kind.uom != _WH:
            notes.append(f"{shown(meter.self)} is not in Wh, and left out")
            continue
        name = identification(meter.self.partition("/MeterReading")[0])
        ordered = _in_order(intervals[meter.self])
        gaps = sum(before.start + before.duration < after.start for before, after in pairwise(ordered))
        if gaps:
            notes.append(f"{gaps} {'gap' if gaps == 1 else 'gaps'}, in which the register stands still")
        samples += _register(name, kind, ordered, received)
    if not samples:
        raise RecordError("the feed holds no intervals of energy")
    return samples, notes


def _type(element: Element) -> _Type:
    kind = _Type(
        _integer(element, "uom"),
        _integer(element, "powerOfTenMultiplier", 0),
        _integer(element, "flowDirection", 0),
        _integer(element, "accumulationBehaviour", _DELTA),
    )
    if kind.uom == _WH:
        if kind.behaviour != _DELTA:
            raise RecordError(f"accumulationBehaviour is {kind.behaviour}; only intervals ({_DELTA}) are read here")
        if kind.flow not in _REGISTERS:
            raise RecordError(f"flowDirection is {kind.flow}, neither forward (1) nor reverse (19)")
        if abs(kind.power) > _MAX_POWER:
            raise RecordError(f"powerOfTenMultiplier is {kind.power}")
    return kind


def _meter_of(block: _Entry, meters: list[_Entry]) -> _Entry:
    for meter in meters:
        if block.up in meter.related or (meter.self and block.self.startswith(f"{meter.self}/")):
            return meter
    raise RecordError(f"the interval block {shown(block.self)} belongs to no meter reading")


def _intervals(block: Element) -> Iterator[_Interval]:
    for reading in block:
        if local(reading) == "IntervalReading":
            period = next((child for child in reading if local(child) == "timePeriod"), None)
            if period is None:
                raise RecordError("an interval has no timePeriod")
            yield _Interval(_integer(period, "start"), _integer(period, "duration"), _integer(reading, "value"))


def _in_order(intervals: list[_Interval]) -> list[_Interval]:
    """By time, each once: feeds repeat themselves."""
    ordered = sorted(set(intervals), key=lambda interval: interval.start)
    for interval in ordered:
        if interval.duration <= 0 or interval.value < 0:
            raise RecordError(f"the interval at {interval.start} lasts {interval.duration} s, of {interval.value}")
    for before, after in pairwise(ordered):
        if after.start < before.start + before.duration:
            raise RecordError(f"the intervals at {before.start} and {after.start} overlap")
    return ordered


def _register(meter: str, kind: _Type, intervals: list[_Interval], received: int | None) -> Iterator[Sample]:
    register = _REGISTERS[kind.flow]
    total = 0
    end = None
    for interval in intervals:
        if interval.start != end:
            yield Sample(meter, register, possible(interval.start, received), _wh(total, kind.power))
        total += interval.value
        end = interval.start + interval.duration
        yield Sample(meter, register, possible(end, received), _wh(total, kind.power))


def _wh(total: int, power: int) -> int:
    return int(total * 10**power) if power >= 0 else int(total // 10**-power)


def _integer(element: Element, name: str, default: int | None = None) -> int:
    found = next((child for child in element if local(child) == name), None)
    if found is None and default is not None:
        return default
    text = ((found.text if found is not None else None) or "").strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MAX_VALUE))):
        raise RecordError(f"{name} is {shown(text)}, no integer")
    return int(text)
