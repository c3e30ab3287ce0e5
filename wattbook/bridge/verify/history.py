"""Whether a reading can follow those before it. A device's last one is kept, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from wattbook.bridge.formats.records import Sample
from wattbook.bridge.outbox.records import NativeReading
from wattbook.bridge.verify.directory import Registered
from wattbook.bridge.verify.reasons import Reason, Unfit
from wattbook.bridge.verify.records import series_of

# A clock that is farther ahead would lock its own meter out when it is set right.
MAX_AHEAD = 300
# Two months: what was imported at the end of the next one is taken.
MAX_AGE = 62 * 86_400


@dataclass(frozen=True, slots=True)
class Last:
    """A device's last reading.

    - since: the first time at which the register stood as it does
    - sequences: of each series the last number, and the record that had it
    """

    time: int
    wh: int
    since: int
    sequences: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)


class History:
    """The last reading of every device that had one since the start, or that was asked for."""

    def __init__(self) -> None:
        self._last: dict[int, Last | None] = {}

    def unknown(self, devices: Iterable[int]) -> list[int]:
        """Those of which it is not known yet what the outbox has."""
        return [device for device in devices if device not in self._last]

    def load(self, devices: Iterable[int], stored: Mapping[int, NativeReading]) -> None:
        """Begins with what the outbox has of devices, where it has something."""
        for device in devices:
            reading = stored.get(device)
            self._last[device] = _of_stored(reading) if reading else None

    def draft(self) -> "Draft":
        return Draft(self._last)

    def keep(self, draft: "Draft") -> None:
        """What a draft took is committed."""
        self._last.update(draft.taken)


class Draft:
    """Readings on top of a history, which stays as it is until they are committed."""

    def __init__(self, last: Mapping[int, Last | None]) -> None:
        self._before = last
        self.taken: dict[int, Last] = {}
        self.shown: dict[tuple[int, int], int] = {}

    def take(self, one: Registered, sample: Sample, time: int, record: bytes, received: int) -> list[str]:
        """Takes a reading as the device's last, and says what is remarkable about it; raises Unfit. `record` tells
        records apart: several readings of one have the same number."""
        notes = self._take(one, sample, time, record, received)
        self.shown[one.device, time] = sample.wh
        return notes

    def _take(self, one: Registered, sample: Sample, time: int, record: bytes, received: int) -> list[str]:
        if time > received + MAX_AHEAD:
            raise Unfit(Reason.CLOCK_AHEAD, f"its time is {time - received} s after its receipt")
        if time < received - MAX_AGE:
            raise Unfit(Reason.TOO_OLD, f"its time is {(received - time) // 86_400} days before its receipt")
        last = self.taken.get(one.device) or self._before.get(one.device)
        if last is None:
            self.taken[one.device] = _with_sequence(Last(time, sample.wh, time), sample, record)
            return []
        if time <= last.time:
            raise Unfit(Reason.LATE, f"its time {time} is not after {last.time}, that of the last reading")
        notes = _follows(last, sample, record)
        wh = sample.wh - last.wh
        if wh < 0:
            wh += one.modulus
            if wh < 0 or sample.wh >= one.modulus or not _can_make(one, wh, time - last.since):
                raise Unfit(Reason.BACKWARD, f"the register goes backward, from {last.wh} to {sample.wh} Wh")
            notes.append("rollover")
        elif not _can_make(one, wh, time - last.since):
            raise Unfit(
                Reason.TOO_MUCH, f"{wh} Wh in {time - last.since} s are more than a device of {one.rated_w} W can make"
            )
        since = last.since if wh == 0 else time
        self.taken[one.device] = _with_sequence(replace(last, time=time, wh=sample.wh, since=since), sample, record)
        return notes


def _of_stored(reading: NativeReading) -> Last:
    last = Last(reading.time, reading.wh, reading.time)
    if reading.sequence is None:
        return last
    return replace(last, sequences={series_of(reading.raw): (reading.sequence, reading.raw_hash)})


def _follows(last: Last, sample: Sample, record: bytes) -> list[str]:
    if sample.sequence is None or sample.series not in last.sequences:
        return []
    number, of_record = last.sequences[sample.series]
    if sample.sequence < number or (sample.sequence == number and record != of_record):
        raise Unfit(Reason.REPLAYED, f"its number is {sample.series}{sample.sequence}, the last was {number}")
    return ["gap"] if sample.sequence > number + 1 else []


def _can_make(one: Registered, wh: int, seconds: int) -> bool:
    """At most a tenth more than it is rated for, since the register last moved; one Wh may be the rounding's."""
    return (wh - 1) * 36_000 <= one.rated_w * seconds * 11


def _with_sequence(last: Last, sample: Sample, record: bytes) -> Last:
    if sample.sequence is None:
        return last
    return replace(last, sequences={**last.sequences, sample.series: (sample.sequence, record)})
