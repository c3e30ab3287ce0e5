"""Which slot a book's key stands for, and what held in it, from what Zones told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from eth_utils.crypto import keccak

from wattbook.contracts.structs import Carrier, Facts

_DAY = 86_400
# Most accounts are settled soon; who is settled without readings waits ten days.
_FIRST_LOOK = 12 * _DAY
_FURTHER_LOOK = 60 * _DAY


class Slot(NamedTuple):
    """When and where energy was delivered."""

    start: int
    zone: int
    carrier: Carrier
    name: str


@dataclass
class _Grid:
    """A carrier's slots in a zone: those from `first` up to `next` are looked up by their keys."""

    zone: int
    key: bytes
    carrier: Carrier
    seconds: int
    first: int | None = None
    next: int = 0

    def slot(self, start: int) -> Slot:
        name = self.key.rstrip(b"\0").decode(errors="replace")
        return Slot(start, self.zone, self.carrier, name)

    def cover(self, first: int, end: int) -> Iterator[int]:
        """Starts of the slots between these times that were not covered yet."""
        first -= first % self.seconds
        if self.first is None:
            self.first = self.next = first
        yield from range(first, self.first, self.seconds)
        yield from range(self.next, end, self.seconds)
        self.first = min(first, self.first)
        self.next = max(self.next, end - end % self.seconds + self.seconds)


class Slots:
    """All slots of a market. A key is a hash, so that of a slot which nobody named is found by trying."""

    def __init__(self, first_time: int) -> None:
        self._first_time = first_time
        self._zones: dict[int, bytes] = {}
        self._grids: dict[tuple[int, int], _Grid] = {}
        self._facts: dict[tuple[int, int], list[tuple[int, Facts]]] = {}
        self._known: dict[int, Slot] = {}

    def add_zone(self, number: int, name: int) -> None:
        self._zones[number] = name.to_bytes(32)

    def open_carrier(self, zone: int, carrier: int, seconds: int) -> None:
        self._grids[zone, carrier] = _Grid(zone, self._zones[zone], Carrier(carrier), seconds)

    def set_facts(self, zone: int, carrier: int, since: int, facts: Facts) -> None:
        """From a slot on; what was decided for later ones before holds no more."""
        versions = self._facts.setdefault((zone, carrier), [])
        versions[:] = [version for version in versions if version[0] < since]
        versions.append((since, facts))

    def facts_at(self, slot: Slot) -> Facts:
        versions = self._facts[slot.zone, slot.carrier]
        return next(facts for since, facts in reversed(versions) if since <= slot.start)

    def name(self, zone: int, carrier: int, start: int) -> int:
        """The key of a slot, which is known from now on."""
        grid = self._grids[zone, carrier]
        key = _key(grid, start)
        if key not in self._known:
            self._known[key] = grid.slot(start)
        return key

    def find(self, key: int, time: int) -> Slot | None:
        """The slot of a key that was heard of at a time; None when there is none since the market began."""
        look = _FIRST_LOOK
        while key not in self._known:
            if not self._cover(max(time - look, self._first_time - _DAY), time) and time - look < self._first_time:
                return None
            look += _FURTHER_LOOK
        return self._known[key]

    def _cover(self, first: int, end: int) -> bool:
        found = False
        for grid in self._grids.values():
            for start in grid.cover(first, end):
                self._known[_key(grid, start)] = grid.slot(start)
                found = True
        return found


def _key(grid: _Grid, start: int) -> int:
    return int.from_bytes(keccak(grid.carrier.to_bytes(32) + grid.key + start.to_bytes(32)))
