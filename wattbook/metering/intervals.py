"""What readings of a register tell of the time between them (docs/metering/readings.md).

Registers count up for ever, so a reading that is lost loses nothing: the next one tells what both would have.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from wattbook.market.shares import cumfloor

# Farther apart no two readings heal what lies between, and no register starts anew.
MAX_PERIODS = 96


class Quality(StrEnum):
    """How an interval was come by."""

    MEASURED = "M"
    SUBSTITUTED = "S"
    ESTIMATED = "E"


class Refusal(StrEnum):
    """Why a reading is not used."""

    ORDER = "order"
    GAP = "gap"
    PLAUSIBILITY = "plausibility"


@dataclass(frozen=True)
class Interval:
    """The energy of one period, by the time at which it ends."""

    end: int
    wh: int
    quality: Quality


@dataclass(frozen=True)
class Taken:
    """A reading as it stood."""

    time: int
    register: int
    sequence: int


@dataclass
class Register:
    """A device's register, read in order. `modulus` is where it starts anew, 0 when it never does."""

    period: int
    rated_w: int
    modulus: int = 0
    last: Taken | None = field(default=None)

    def use(self, reading: Taken) -> list[Interval] | Refusal:
        """The periods since the last reading, none for the first; a refused reading changes nothing."""
        if reading.time % self.period or (self.last and not self._is_after(reading, self.last)):
            return Refusal.ORDER
        if self.last is None:
            self.last = reading
            return []
        seconds = reading.time - self.last.time
        periods = seconds // self.period
        wh = self._energy(reading.register - self.last.register, periods)
        if periods > MAX_PERIODS:
            return Refusal.GAP
        if wh is None or not self._can_be(wh, seconds):
            return Refusal.PLAUSIBILITY
        quality = Quality.MEASURED if periods == 1 else Quality.SUBSTITUTED
        ends = range(self.last.time + self.period, reading.time + 1, self.period)
        self.last = reading
        return [Interval(end, part, quality) for end, part in zip(ends, cumfloor([1] * periods, wh), strict=True)]

    def _energy(self, difference: int, periods: int) -> int | None:
        if difference < 0 and periods <= MAX_PERIODS:
            difference += self.modulus
        return difference if difference >= 0 else None

    def _can_be(self, wh: int, seconds: int) -> bool:
        """At most a tenth more than the device is rated for."""
        return wh * 36_000 <= self.rated_w * seconds * 11

    @staticmethod
    def _is_after(reading: Taken, last: Taken) -> bool:
        return reading.time > last.time and reading.sequence > last.sequence
