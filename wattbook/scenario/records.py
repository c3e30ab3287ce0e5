"""Readings and orders from CSV. Times are Unix seconds, or ISO 8601 with a distance from UTC: `2026-10-01T00:00:00Z`.

Local time without one is refused: an hour of it comes twice a year, and another never.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from wattbook.contracts.structs import Carrier
from wattbook.errors import SettingsError, UnitError
from wattbook.market.bounds import MAX_PRICE
from wattbook.market.escrow import CEILINGS
from wattbook.market.shares import cumfloor
from wattbook.market.words import MAX_ORDERS_OF_ONE, MIN_WH
from wattbook.scenario.model import Listed
from wattbook.scenario.profiles import Recorded
from wattbook.units import kwh

MOST_WH = 10**10
_MOST_DIGITS = 18
_READINGS = ("time", "device", "value")
_ORDERS = ("slot", "member", "carrier", "side", "wh", "price", "device")
_ENERGY, _REGISTER = "energy", "register"
VALUES = (_ENERGY, _REGISTER)
UNITS = ("Wh", "kWh")


@dataclass(frozen=True)
class Window:
    """The slots that readings must be of."""

    start: int
    end: int
    seconds: int


@dataclass(frozen=True)
class Row:
    """A line of a file, which knows where it stands."""

    where: str
    fields: Mapping[str, str]

    def error(self, why: str) -> SettingsError:
        return SettingsError(f"{self.where}: {why}")

    def number(self, name: str, most: int, least: int = 0) -> int:
        text = self.fields[name]
        if not _is_number(text) or not least <= int(text) <= most:
            raise self.error(f"{name} is {text!r}, not a whole number from {least} to {most}")
        return int(text)

    def one_of(self, name: str, known: Mapping[str, object], none: str = "which the scenario does not have") -> str:
        text = self.fields[name]
        if text not in known:
            raise self.error(f"{name} is {text!r}, {none}")
        return text

    def time(self, name: str) -> int:
        text = self.fields[name]
        if _is_number(text):
            return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.error(f"{name} is {text!r}, no time of the form 2026-10-01T00:00:00Z") from None
        if moment.tzinfo is None:
            raise self.error(f"{name} is {text!r}, a local time; say its distance from UTC")
        if moment.microsecond:
            raise self.error(f"{name} is {text!r}, finer than a second")
        return int(moment.timestamp())

    def energy(self, name: str, unit: str) -> int:
        """Wh, exactly: a kWh has three decimals."""
        text = self.fields[name]
        if unit == "Wh":
            return self.number(name, MOST_WH)
        try:
            wh = kwh(text)
        except UnitError as error:
            raise self.error(f"{name}: {error}") from None
        if not 0 <= wh <= MOST_WH:
            raise self.error(f"{name} is {text!r}, not from 0 to {MOST_WH} Wh")
        return wh


def readings(path: Path, unit: str, values: str, window: Window, injects: Mapping[str, bool]) -> dict[str, Recorded]:
    """What a file says of devices, of which it is known whether they inject.

    Energy counts from its time on, for one slot or a part of it: what lies in a slot is added up. Registers are read at
    their times. A slot without a line, or an end of a slot at which no register was read, was not heard of.
    """
    by_device: dict[str, dict[int, int]] = {}
    for row in _rows(path, _READINGS):
        device, time = row.one_of("device", injects), row.time("time")
        if not window.start <= time <= window.end - (values == _ENERGY):
            raise row.error(f"{row.fields['time']} is not in the scenario's time")
        found = by_device.setdefault(device, {})
        if time in found:
            raise row.error(f"{device} has two lines of {row.fields['time']}")
        if values == _REGISTER and (time - window.start) % window.seconds:
            raise row.error(f"{row.fields['time']} is not where a slot begins or ends")
        found[time] = row.energy("value", unit)
    reckon = _of_energy if values == _ENERGY else _of_registers
    return {device: reckon(str(path), device, found, window, injects[device]) for device, found in by_device.items()}


def orders(path: Path, window: Window, members: Mapping[str, Mapping[str, Carrier]]) -> list[Listed]:
    """The orders in a file, by the carriers of each member's devices that inject."""
    carriers = {carrier.name.lower(): carrier for carrier in Carrier}
    found: list[Listed] = []
    counted: Counter[tuple[str, Carrier, int]] = Counter()
    for row in _rows(path, _ORDERS):
        start = row.time("slot")
        if (start - window.start) % window.seconds or not window.start <= start < window.end:
            raise row.error(f"slot {row.fields['slot']} is none of the scenario's")
        member = row.one_of("member", members, "who quotes nothing that is listed")
        carrier = carriers[row.one_of("carrier", carriers)]
        sell = row.one_of("side", {"sell": 1, "buy": 0}) == "sell"
        device = row.fields["device"]
        if sell and members[member].get(device) != carrier:
            raise row.error(f"device {device!r} is none of {member!r} that makes {carrier.name.lower()}")
        if not sell and device:
            raise row.error("who buys names no device")
        counted[member, carrier, start] += 1
        if counted[member, carrier, start] > MAX_ORDERS_OF_ONE:
            raise row.error(f"{member} has more than {MAX_ORDERS_OF_ONE} orders in a book")
        wh = row.number("wh", CEILINGS[-1], MIN_WH)
        found.append(Listed(member, carrier, start, sell, wh, row.number("price", MAX_PRICE), device))
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _rows(path: Path, head: tuple[str, ...]) -> Iterator[Row]:
    try:
        # Spreadsheets put a mark before what they write in UTF-8.
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            if tuple(next(lines, ())) != head:
                raise SettingsError(f"{path} line 1: is not {','.join(head)}")
            for fields in lines:
                if not fields:
                    continue
                where = f"{path} line {lines.line_num}"
                if len(fields) != len(head):
                    raise SettingsError(f"{where}: has {len(fields)} fields, not {len(head)}")
                yield Row(where, dict(zip(head, fields, strict=True)))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text in UTF-8") from None
    except csv.Error as error:
        raise SettingsError(f"{path} line {lines.line_num}: {error}") from None


def _of_energy(path: str, device: str, found: Mapping[int, int], window: Window, injects: bool) -> Recorded:
    wh: dict[int, int] = {}
    for time, value in found.items():
        slot = time - (time - window.start) % window.seconds
        wh[slot] = wh.get(slot, 0) + value
    slots = range(window.start, window.end, window.seconds)
    return Recorded(injects, wh, frozenset(slot + window.seconds for slot in slots if slot not in wh))


def _of_registers(path: str, device: str, found: Mapping[int, int], window: Window, injects: bool) -> Recorded:
    """What two registers count between them is spread evenly over the slots, as the contracts do it."""
    times = sorted(found)
    if times[0] != window.start:
        raise SettingsError(f"{path}: {device} has no register at the scenario's start")
    wh: dict[int, int] = {}
    for since, until in pairwise(times):
        counted = found[until] - found[since]
        if counted < 0:
            raise SettingsError(f"{path}: the register of {device} falls; a meter that was replaced is a fault")
        slots = range(since, until, window.seconds)
        wh |= dict(zip(slots, cumfloor([1] * len(slots), counted), strict=True))
    ends = range(window.start + window.seconds, window.end + 1, window.seconds)
    return Recorded(injects, wh, frozenset(end for end in ends if end not in found))
