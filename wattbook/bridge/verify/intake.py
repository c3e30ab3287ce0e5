"""Takes in what sources hand over: formats, directory, history, and one commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from eth_utils.crypto import keccak
from structlog import get_logger

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import NativeReading, OutboxError, Refusal
from wattbook.bridge.sources.source import Answer, Arrival, Refused
from wattbook.bridge.verify.counts import Counts
from wattbook.bridge.verify.directory import Directory
from wattbook.bridge.verify.history import Draft, History
from wattbook.bridge.verify.limits import Limits
from wattbook.bridge.verify.reasons import Reason, Unfit
from wattbook.bridge.verify.records import Market, Reading, Record, Records, Wrong, answerable

# Told of new readings when they are stored.
Heard = Callable[[Sequence[NativeReading]], None]

_EVER = 2**62
_log = get_logger(__name__)


@dataclass
class _Outcome:
    """What becomes of an arrival."""

    arrival: Arrival
    new: list[tuple[Reading, NativeReading, list[str]]] = field(default_factory=list)
    repeated: int = 0
    refusals: list[tuple[str, Reason, str, bytes]] = field(default_factory=list)


class Intake:
    """Many sources may call it at once; each call is one step of the outbox."""

    def __init__(
        self, outbox: Outbox, directory: Directory, market: Market | None = None, heard: Heard | None = None
    ) -> None:
        self._outbox = outbox
        self._limits = Limits()
        self._records = Records(directory, self._limits, market)
        self._history = History()
        self._lock = Lock()
        self._heard = heard
        self.counts = Counts()

    def take(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """Stores what is good, and why the rest is not. Whatever arrives, nothing but OutboxError is raised; then
        nothing may be acknowledged, and all is to be handed over again."""
        spent: list[tuple[str, str]] = []
        checked = [(arrival, self._check(arrival, spent)) for arrival in arrivals]
        try:
            return self._store(checked, spent)
        except OutboxError:
            # It all comes again. Were it counted each time, what is good in it would pass for a flood in the end.
            for source, meter in spent:
                self._limits.give_back(source, meter)
            raise

    def _store(self, checked: list[tuple[Arrival, list[Record]]], spent: list[tuple[str, str]]) -> list[Answer]:
        with self._lock:
            self._learn(checked)
            draft = self._history.draft()
            outcomes = [self._judge(draft, arrival, records, spent) for arrival, records in checked]
            stored = [native for outcome in outcomes for _, native, _ in outcome.new]
            taken = self._outbox.readings.add(stored) if stored else None
            self._history.keep(draft)
            if taken and len(taken.new) < len(stored):
                _set_apart(outcomes, {(one.device, one.time) for one in taken.new})
            refusals = [
                Refusal(outcome.arrival.source, meter, reason, detail, raw, outcome.arrival.received)
                for outcome in outcomes
                for meter, reason, detail, raw in outcome.refusals
            ]
            if refusals:
                self._outbox.refusals.add(refusals)
            for outcome in outcomes:
                self._count(outcome)
        if self._heard and taken and taken.new:
            self._heard(taken.new)
        return [_answer(outcome) for outcome in outcomes]

    def _check(self, arrival: Arrival, spent: list[tuple[str, str]]) -> list[Record]:
        found: list[Record] = []
        try:
            for record in self._records.of(arrival):
                if isinstance(record.found, Wrong) and record.found.reason != Reason.FLOOD:
                    self._spend(arrival.source, answerable(arrival, record.meter if record.is_known else ""), spent)
                found.append(record)
        # A record that nobody thought of must not keep the others of its batch from being taken, for ever.
        except Exception as error:
            _log.exception("fault", source=arrival.source)
            wrong = Wrong(arrival.data, Reason.FAULT, f"{type(error).__name__}: {error}")
            found.append(Record(arrival.meter or "", False, arrival.data, keccak(arrival.data), wrong))
        return found

    def _learn(self, checked: list[tuple[Arrival, list[Record]]]) -> None:
        """What the outbox has of devices that come for the first time since the start."""
        devices = {
            reading.of.device
            for _, records in checked
            for record in records
            if not isinstance(record.found, Wrong)
            for reading in record.found
        }
        if unknown := self._history.unknown(devices):
            self._history.load(unknown, self._outbox.readings.at_or_before(unknown, _EVER))

    def _judge(self, draft: Draft, arrival: Arrival, records: list[Record], spent: list[tuple[str, str]]) -> _Outcome:
        outcome = _Outcome(arrival)
        for record in records:
            if isinstance(record.found, Wrong):
                outcome.refusals.append(
                    (record.meter, record.found.reason, record.found.detail, record.found.raw),
                )
                continue
            in_vain = 0
            for reading in record.found:
                in_vain += not self._place(draft, outcome, reading, record)
            if in_vain == len(record.found):
                self._spend(arrival.source, answerable(arrival, record.meter), spent)
        return outcome

    def _spend(self, source: str, meter: str, spent: list[tuple[str, str]]) -> None:
        self._limits.spend(source, meter)
        spent.append((source, meter))

    def _place(self, draft: Draft, outcome: _Outcome, reading: Reading, record: Record) -> bool:
        """Whether a reading is new."""
        arrival, sample, device = outcome.arrival, reading.sample, reading.of.device
        try:
            notes = draft.take(reading.of, sample, reading.time, record.id, arrival.received)
        except Unfit as error:
            reason, detail = error.reason, str(error)
            if reason == Reason.LATE and (stood := self._stood(draft, device, reading.time)) is not None:
                if stood == sample.wh:
                    outcome.repeated += 1
                    return False
                reason, detail = Reason.CONFLICT, f"at {reading.time} it showed {stood} Wh before, now {sample.wh} Wh"
            outcome.refusals.append((str(device), reason, detail, reading.raw))
            return False
        if not sample.synchronised:
            notes.append("unsynchronised")
        native = NativeReading(
            device=device,
            time=reading.time,
            wh=sample.wh,
            sequence=sample.sequence,
            trust=reading.trust,
            raw_hash=record.id if reading.raw is record.raw else keccak(reading.raw),
            raw=reading.raw,
            source=arrival.source,
            received_at=arrival.received,
        )
        outcome.new.append((reading, native, notes))
        return True

    def _stood(self, draft: Draft, device: int, time: int) -> int | None:
        """What a register showed at a time, in this batch or in the outbox."""
        if (shown := draft.shown.get((device, time))) is not None:
            return shown
        stored = self._outbox.readings.between(device, time, time)
        return stored[0].wh if stored else None

    def _count(self, outcome: _Outcome) -> None:
        source = outcome.arrival.source
        for reading, native, notes in outcome.new:
            self.counts.taken[source, reading.trust] += 1
            for note in notes:
                self.counts.notes[source, note] += 1
            # What was imported says nothing of a clock.
            if reading.trust != Trust.D:
                self.counts.drift[native.device] = native.time - native.received_at
        self.counts.repeated[source] += outcome.repeated
        for _, reason, _, _ in outcome.refusals:
            self.counts.refused[source, reason] += 1


def _set_apart(outcomes: list[_Outcome], new: set[tuple[int, int]]) -> None:
    """Another bridge at the same outbox was faster: what it stored is not new. The outbox wrote down what differs."""
    for outcome in outcomes:
        rest = [one for one in outcome.new if (one[1].device, one[1].time) in new]
        outcome.repeated += len(outcome.new) - len(rest)
        outcome.new = rest


def _answer(outcome: _Outcome) -> Answer:
    refused = tuple(Refused(meter, reason, detail) for meter, reason, detail, _ in outcome.refusals)
    return Answer(len(outcome.new), outcome.repeated, refused)
