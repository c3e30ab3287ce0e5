"""Registers on the grid of a zone, made out of what meters reported at times of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eth_utils.crypto import keccak

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.readings import Readings
from wattbook.bridge.outbox.records import NativeReading


@dataclass(frozen=True, slots=True)
class Metered:
    """What has to be known of a device to put its register on the grid; `modulus` 0: it never starts anew."""

    device: int
    period: int
    modulus: int


@dataclass(frozen=True, slots=True)
class GridRegister:
    """A device's register at a time of the grid, and the records that it was made from.

    `low` and `high` are what the register can have been by these records alone; `high` may be beyond `modulus`, where
    the register starts anew.
    """

    device: int
    register: int
    low: int
    high: int
    modulus: int
    trust: Trust
    raw_hash: bytes

    def allows(self, register: int) -> bool:
        """Whether the register can have been this."""
        if self.modulus:
            return (register - self.low) % self.modulus <= self.high - self.low
        return self.low <= register <= self.high


def on_grid(readings: Readings, devices: Iterable[Metered], time: int) -> dict[int, GridRegister]:
    """The registers at a time, of the devices of which that can be known.

    That is where a record is of this very time, or two are no farther apart than a period with it between them: then
    the register lies on the line between the two. A gap that is wider is left open, and healed by the next register.
    """
    known = {one.device: one for one in devices if time % one.period == 0}
    before = readings.at_or_before(known, time)
    after = readings.at_or_after(known, time)
    made = (_between(known[device], before[device], after[device], time) for device in before.keys() & after.keys())
    return {one.device: one for one in made if one}


def is_complete(found: Mapping[int, GridRegister], devices: Iterable[Metered], time: int) -> bool:
    return all(one.device in found for one in devices if time % one.period == 0)


def _between(meter: Metered, before: NativeReading, after: NativeReading, time: int) -> GridRegister | None:
    if before.time == time:
        return GridRegister(meter.device, before.wh, before.wh, before.wh, meter.modulus, before.trust, before.raw_hash)
    seconds = after.time - before.time
    low, high = before.wh, after.wh
    if high < low:
        high += meter.modulus
    if seconds > meter.period or high < low:
        return None
    register = low + (high - low) * (time - before.time) // seconds
    source = keccak(before.raw_hash + after.raw_hash)
    trust = max(before.trust, after.trust)
    return GridRegister(meter.device, _wrapped(register, meter), low, high, meter.modulus, trust, source)


def _wrapped(register: int, meter: Metered) -> int:
    return register % meter.modulus if meter.modulus else register
