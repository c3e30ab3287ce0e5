"""Follows the chain: asks the node for what is new, undoes what is gone, and writes each step in one transaction."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from threading import Event as Signal

import structlog
from sqlalchemy.exc import DataError, IntegrityError

from frontend_api.database.database import Database, DatabaseError, Lock
from frontend_api.index.errors import IndexingError, NodeDoubted
from frontend_api.index.events import Log, Telling, Told
from frontend_api.index.facts import RULES
from frontend_api.index.known import Known
from frontend_api.index.node import Header, Node
from frontend_api.index.place import KEPT, Owner, Place, Store
from frontend_api.index.writing import Writing
from wattbook.connection import Market
from wattbook.errors import WattbookError

# Blocks so close to the newest are asked for one by one.
_AT_ONCE = 32
_EVENTS_AT_ONCE = 2_000
_FIRST_RANGE, _MOST_RANGE = 200, 20_000
_QUICK, _SLOW = 1.0, 4.0
_MANY_LOGS = 10_000
_LEAST_WAIT, _MOST_WAIT = 1.0, 30.0
# So often, at least, it is written down that the node answers.
_HEARD_EVERY = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: how many events it wrote, up to which block, of how many; `undone` blocks were gone."""

    block: int
    head: int
    events: int = 0
    undone: int = 0

    @property
    def is_there(self) -> bool:
        return self.block >= self.head


def _silent(step: Step) -> None:
    """Shows nothing."""


class _Parted(Exception):
    """What was written last is not in the chain any more."""


class Follower:
    """One market's, on one node, into one database. `shown` gets every step that did something."""

    def __init__(self, market: Market, database: Database, shown: Callable[[Step], None] = _silent) -> None:
        contracts = {name: one.address.lower() for name, one in market.deployment.contracts.items()}
        first = min(one.block for one in market.deployment.contracts.values())
        owner = Owner(market.chain.chain_id, market.chain.genesis, contracts["Authority"], first)
        self._node = Node(market.chain, sorted(contracts.values()))
        self._telling = Telling(contracts)
        self._database = database
        self._store = Store(database, owner)
        self._known = Known()
        self._shown = shown
        self._range = _FIRST_RANGE
        self._lock: Lock | None = None
        self._heard_at = 0
        self._said: str | None = None
        self._store.belong()

    # ------------------------------------------------------------------------------------------------------- for ever

    def run(self, stop: Signal, every: float = _LEAST_WAIT) -> None:
        """Until it is told to stop. What goes wrong is written down where it can be, and tried again later; whoever
        has the right to write already is waited for."""
        while not stop.is_set():
            try:
                with self._database.sole() as self._lock:
                    self._go_on(stop, every)
            except DatabaseError as error:
                self._say(str(error))
                stop.wait(every)
            finally:
                self._lock = None

    def _go_on(self, stop: Signal, every: float) -> None:
        wait = every
        while not stop.is_set():
            try:
                step = self.step()
            except DatabaseError:
                raise
            except WattbookError as error:
                self._say(str(error))
                self._store.note(str(error))
                stop.wait(wait)
                wait = min(2 * wait, _MOST_WAIT)
            else:
                wait = every
                if step.is_there:
                    self._said = None
                    stop.wait(0 if step.events or step.undone else every)

    def catch_up(self, stop: Signal | None = None) -> Step:
        """Up to the newest block, once."""
        with self._database.sole() as self._lock:
            while True:
                step = self.step()
                if step.is_there or (stop and stop.is_set()):
                    return step

    # ------------------------------------------------------------------------------------------------------- one step

    def step(self) -> Step:
        """Goes on by a range of blocks, or a few, or undoes those that are gone."""
        try:
            step = self._step()
        except BaseException:
            # What was thought to be written may not be.
            self._known.forget()
            raise
        if step.undone:
            _log.warning("the chain was reorganised", blocks=step.undone, back_to=step.block)
        if step.events or step.undone:
            self._shown(step)
        return step

    def _step(self) -> Step:
        place, head = self._store.place(), self._node.newest()
        try:
            if head.number <= place.number:
                self._check(place, head)
                self._hear(place, head)
                return Step(place.number, place.number)
            if head.number - place.number > KEPT:
                return self._reach(place, head)
            return self._follow(place, head)
        except _Parted:
            return self._undo(place, head)

    def _check(self, place: Place, head: Header) -> None:
        """Whether what was written last is still in the chain. A node that has less of the same chain only lags."""
        if place.hash is None:
            return
        compared = min(place.number, head.number)
        header = head if compared == head.number else self._node.headers([compared])[0]
        hash = place.hash if compared == place.number else self._store.hash_of(compared)
        if hash != header.hash and not (hash is None and self._is_before(compared)):
            raise _Parted

    def _check_parent(self, place: Place, head: Header, header: Header) -> None:
        """Whether a block comes after what was written last."""
        if place.hash is not None and header.parent != place.hash:
            self._check(place, head)
            raise NodeDoubted(f"block {header.number} names another block before it than the node has there")

    def _is_before(self, number: int) -> bool:
        """Of blocks before those that are kept, and without events, nothing is known: the ones around them tell."""
        before = self._store.last_block_at(number)
        return before is None or self._node.headers([before.number])[0].hash == before.hash

    def _undo(self, place: Place, head: Header) -> Step:
        ancestor = self._ancestor(min(place.number, head.number))
        needed = self._store.missing_headers(ancestor)
        headers = self._linked(self._node.headers(needed)) if needed else []
        if headers and not self._store.goes_before(headers[-1], ancestor):
            raise NodeDoubted(f"the chain changed below block {ancestor.number} while it was looked at")
        self._require_right()
        self._store.undo(place, ancestor, headers, head.number)
        self._known.forget()
        return Step(ancestor.number, head.number, undone=place.number - ancestor.number)

    def _ancestor(self, newest: int) -> Place:
        """The last block, of those that are kept and then of those with events, that the chain still has."""
        for known in self._store.known_blocks(newest):
            headers = self._node.headers([one.number for one in known])
            for ours, theirs in zip(known, headers, strict=True):
                if ours.hash == theirs.hash:
                    return Place(theirs.number, theirs.hash, theirs.time)
        return self._store.beginning

    # ------------------------------------------------------------------------------------------------- far from the end

    def _reach(self, place: Place, head: Header) -> Step:
        """A range of blocks that are old enough to stay."""
        first = place.number + 1
        last = min(place.number + self._range, head.number - KEPT)
        begun = time.monotonic()
        end = self._node.headers([last])[0]
        try:
            logs = self._node.logs_between(first, last)
        except WattbookError:
            if self._range == 1:
                raise
            self._range = max(1, min(self._range, last - first + 1) // 2)
            return Step(place.number, head.number)
        numbers = sorted({first, last, *(log.block for log in logs)})
        headers = {one.number: one for one in self._node.headers(numbers)}
        self._check_parent(place, head, headers[first])
        self._check_range(headers, end)
        by_block = {number: list(some) for number, some in groupby(logs, key=lambda log: log.block)}
        for number, some in by_block.items():
            self._node.check(headers[number], some)
        count = 0
        for part in _parts(by_block):
            told = self._telling.read(log for number in part for log in by_block[number])
            tip = headers[part[-1] if part[-1] != max(by_block) else last]
            place = self._write(place, [headers[number] for number in part], told, tip, head, [])
            count += len(told)
        if not by_block:
            place = self._write(place, [], [], headers[last], head, [])
        self._adapt(time.monotonic() - begun, len(logs))
        return Step(place.number, head.number, events=count)

    def _check_range(self, headers: dict[int, Header], end: Header) -> None:
        if headers[end.number].hash != end.hash:
            raise NodeDoubted(f"the chain changed at block {end.number} while it was read")
        for number, header in headers.items():
            before = headers.get(number - 1)
            if before and header.parent != before.hash:
                raise NodeDoubted(f"block {number} names another block before it than the node has there")

    def _adapt(self, seconds: float, logs: int) -> None:
        if seconds > _SLOW or logs > _MANY_LOGS:
            self._range = max(1, self._range // 2)
        elif seconds < _QUICK and 2 * logs < _MANY_LOGS:
            self._range = min(2 * self._range, _MOST_RANGE)

    # ---------------------------------------------------------------------------------------------------- near the end

    def _follow(self, place: Place, head: Header) -> Step:
        """The next blocks, each by its hash."""
        last = min(place.number + _AT_ONCE, head.number)
        headers = self._node.headers(range(place.number + 1, last + 1))
        self._check_parent(place, head, headers[0])
        self._linked(headers)
        logs = self._node.logs_of(headers)
        for header, some in zip(headers, logs, strict=True):
            self._node.check(header, some)
        told = self._telling.read(log for some in logs for log in some)
        with_events = {one.event.block for one in told}
        chosen = [header for header in headers if header.number in with_events]
        place = self._write(place, chosen, told, headers[-1], head, headers)
        return Step(place.number, head.number, events=len(told))

    def _linked(self, headers: Sequence[Header]) -> Sequence[Header]:
        for before, header in pairwise(headers):
            if header.parent != before.hash:
                raise NodeDoubted(f"block {header.number} names another block before it than the node has there")
        return headers

    # --------------------------------------------------------------------------------------------------------- writing

    def _write(
        self,
        place: Place,
        blocks: Sequence[Header],
        told: Sequence[Told],
        tip: Header,
        head: Header,
        kept: Sequence[Header],
    ) -> Place:
        """Blocks, events and what follows from them, or nothing of it."""
        self._require_right()
        with_events = {one.event.block for one in told}
        reached = Place(tip.number, tip.hash, tip.time)
        with self._store.going_on(place, reached, head.number) as connection:
            writing = Writing(connection, self._known, self._store.owner.chain_id, self._telling.addresses)
            self._store.add_blocks(connection, [one for one in blocks if one.number in with_events], kept, reached)
            if told:
                writing.record(told)
                apply(writing, told)
        self._heard_at = int(time.time())
        return reached

    def _require_right(self) -> None:
        if self._lock is None:
            raise DatabaseError(f"nobody holds the right to write to {self._database.name}")
        self._lock.check()

    def _hear(self, place: Place, head: Header) -> None:
        """Nothing is new, which is written down now and then."""
        now = int(time.time())
        if self._said is None and now - self._heard_at < _HEARD_EVERY:
            return
        self._store.hear(head.number, now)
        self._heard_at = now

    def _say(self, trouble: str) -> None:
        """Once, however long it lasts."""
        if trouble != self._said:
            _log.warning("the chain cannot be followed", trouble=trouble)
            self._said = trouble


def apply(writing: Writing, told: Sequence[Told]) -> None:
    """Writes all that follows from events."""
    for one in told:
        event = one.event
        rule = RULES.get((event.contract, event.name))
        if not rule:
            continue
        try:
            rule(event, writing)
        except IndexingError as error:
            raise IndexingError(str(error) if str(error).startswith("block ") else f"{event}: {error}") from None
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise IndexingError(f"{event} is not as expected ({type(error).__name__}: {error})") from error
    try:
        writing.flush()
    except (IntegrityError, DataError, OverflowError) as error:
        cause = error.orig if isinstance(error, IntegrityError | DataError) else error
        where = f"blocks {told[0].event.block} to {told[-1].event.block}"
        raise IndexingError(f"{where} tell of what cannot be: {str(cause).splitlines()[0]}") from None


def _parts(by_block: dict[int, list[Log]]) -> Iterator[list[int]]:
    """Blocks, as many at once as have not too many logs together."""
    part: list[int] = []
    count = 0
    for number, logs in by_block.items():
        if part and count + len(logs) > _EVENTS_AT_ONCE:
            yield part
            part, count = [], 0
        part.append(number)
        count += len(logs)
    if part:
        yield part
