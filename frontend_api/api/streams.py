"""Streams of events, server-sent. One poller reads the index for all of them, so that an idle one costs some memory.

A stream is resumed by the id of the last event that came. What came and was undone by a reorganisation is told by an
event `rollback` with the newest block that still holds: all of later blocks is to be forgotten, and comes anew.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread
import structlog
from sqlalchemy import Connection, select
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from frontend_api.api.problems import Problem
from frontend_api.api.shapes.events import Which, event, event_id, read_events
from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import blocks, events, progress, subjects
from frontend_api.settings import Limits

_PERIOD = 0.25
# Seconds between two signs of life; each second a part of the streams gets its own.
_BEAT = 15
# Events that may wait for a slow reader; he is then let go, and comes back with the id of his last.
_MOST_WAITING = 1_000
_CHUNK = 500
# Blocks and reorganisations that are remembered, to tell how far back one went.
_REMEMBERED = 10_000

_log = structlog.get_logger(__name__)

Place = tuple[int, int]


@dataclass(frozen=True)
class Resumed:
    """After which event a stream goes on, and how its block's hash began."""

    block: int
    log: int
    block_hash: str

    @classmethod
    def at(cls, word: str) -> "Resumed":
        parts = word.split(":")
        digits = all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts[:2])
        if len(parts) != 3 or not digits or not parts[2].isalnum() or len(parts[2]) != 8:
            raise Problem("bad-cursor", "Last-Event-ID is none that a stream of this market gave")
        return cls(int(parts[0]), int(parts[1]), parts[2])

    @property
    def place(self) -> Place:
        return self.block, self.log


@dataclass(frozen=True)
class _Seen:
    """What a look at the index found: the newest block that still holds of those known, if others do not; then what
    is new, each event with whom it concerns."""

    indexed: int
    rolled_back: int | None = None
    new: list[tuple[Place, str, list[Which], bytes]] = field(default_factory=list)


class Stream:
    """One reader."""

    __slots__ = ("after", "beat", "client", "ended", "task", "waiter", "waiting", "which")

    def __init__(self, client: str, which: Which) -> None:
        self.client = client
        self.which = which
        # Of blocks up to this one it got everything from the database.
        self.after = -1
        self.beat = 0
        self.waiting: list[bytes] = []
        self.waiter: asyncio.Future[None] | None = None
        self.ended = False
        self.task: asyncio.Task[Any] | None = None

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def more(self) -> None:
        """Waits until something is waiting, or the stream is over."""
        if self.waiting or self.ended:
            return
        self.waiter = asyncio.get_running_loop().create_future()
        try:
            await self.waiter
        finally:
            self.waiter = None


class Streams:
    """All streams of a process."""

    def __init__(self, database: Database, limits: Limits, period: float = _PERIOD, beat: float = _BEAT) -> None:
        self._database = database
        self._most = limits.streams
        self._most_of_one = limits.streams_of_one or limits.streams
        self._period = period
        self._beat = beat
        self._streams: dict[Which, dict[Stream, None]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._thread: anyio.CapacityLimiter | None = None
        self._begun = 0
        # Where the poller is, and blocks with events that it told of.
        self._indexed: int | None = None
        self._moment: tuple[int, str | None] | None = None
        self._known: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)
        # How many reorganisations there had been then.
        self._reorganisations = 0
        self._undone: dict[str, int] = {}
        self._rollbacks = 0
        self._newest = b""
        self._down = False
        self._closed = False
        self._of = Counter[str]()
        self.open = 0
        self.sent = 0
        self.lost = 0

    def admit(self, client: str, which: Which, last_event_id: str | None) -> "EventStream":
        """A stream for an answer; a problem when there are too many, of all or of this client, or the id is none."""
        resumed = Resumed.at(last_event_id) if last_event_id else None
        if self.open >= self._most or self._closed:
            raise Problem("too-many-streams", "come back later, or ask for /events", {"retry-after": "30"})
        if self._of[client] >= self._most_of_one:
            why = f"{self._most_of_one} streams of yours are open"
            raise Problem("too-many-requests", why, {"retry-after": "30"})
        return EventStream(self, client, which, resumed)

    def close(self) -> None:
        """Ends all streams, as the process does."""
        self._closed = True
        if self._poller is not None:
            self._poller.cancel()
            self._poller = None
        for some in self._streams.values():
            for stream in some:
                stream.ended = True
                stream.wake()

    # ------------------------------------------------------------------------------------------- what streams call

    def enter(self, stream: Stream) -> None:
        self.open += 1
        self._of[stream.client] += 1
        self._begun += 1
        stream.beat = self._begun
        if self._poller is None and not self._closed:
            self._poller = asyncio.create_task(self._follow(), name="streams")

    def leave(self, stream: Stream) -> None:
        self.open -= 1
        self._of[stream.client] -= 1
        if not self._of[stream.client]:
            del self._of[stream.client]
        some = self._streams.get(stream.which)
        if some is not None:
            some.pop(stream, None)
            if not some:
                del self._streams[stream.which]
        if not self.open and self._poller is not None:
            # Nobody listens, so nothing is asked.
            self._poller.cancel()
            self._poller = None
            self._indexed = self._moment = None

    async def begin(self, stream: Stream, resumed: Resumed | None, send: Send) -> None:
        """Brings a stream from where it was to what the poller tells next."""
        place, block_hash = (resumed.place, resumed.block_hash) if resumed else (None, "")
        while True:
            rollbacks = self._rollbacks
            chunk = await self._in_thread(self._catch_up, stream.which, place, block_hash)
            for message in chunk.messages:
                await _write(send, message)
            self.sent += chunk.count
            place, block_hash = chunk.place, chunk.block_hash
            told = -1 if self._indexed is None else self._indexed
            if chunk.whole and rollbacks == self._rollbacks and told <= chunk.indexed:
                stream.after = chunk.indexed
                self._streams.setdefault(stream.which, {})[stream] = None
                return

    # ------------------------------------------------------------------------------------------------- the poller

    async def _follow(self) -> None:
        beats = 0
        while True:
            try:
                seen = await self._in_thread(self._look)
                self._down = False
            except DatabaseError as error:
                if not self._down:
                    _log.warning("streams wait for the database", error=str(error))
                self._down, seen = True, None
            except Exception:
                # Nobody else would ever tell these streams anything.
                _log.exception("streams")
                seen = None
            if seen:
                self._tell(seen)
            beats += 1
            self._beat_some(beats)
            await asyncio.sleep(0 if seen and len(seen.new) >= _CHUNK else self._period)

    def _tell(self, seen: _Seen) -> None:
        if seen.rolled_back is not None:
            self._rollbacks += 1
            message = _rollback(seen.rolled_back)
            for some in self._streams.values():
                for stream in some:
                    stream.after = min(stream.after, seen.rolled_back)
                    self._put(stream, message)
        for (block, _), id, wanted, message in seen.new:
            self._newest = id.encode()
            for which in wanted:
                for stream in self._streams.get(which, ()):
                    if block > stream.after:
                        self.sent += 1
                        self._put(stream, message)
        self._indexed = seen.indexed

    def _put(self, stream: Stream, message: bytes) -> None:
        if len(stream.waiting) >= _MOST_WAITING:
            if not stream.ended:
                self.lost += 1
                stream.ended = True
                if stream.task is not None:
                    stream.task.cancel()
            return
        stream.waiting.append(message)
        stream.wake()

    def _beat_some(self, number: int) -> None:
        """A part of the streams at a time, so that never all wake at once."""
        parts = max(1, round(self._beat / self._period))
        message = b"id: " + self._newest + b"\n: \n\n" if self._newest else b": \n\n"
        for some in self._streams.values():
            for stream in some:
                if stream.beat % parts == number % parts and not stream.waiting:
                    self._put(stream, message)

    def _look(self) -> _Seen | None:
        with self._database.reading() as connection:
            found = connection.execute(select(progress)).first()
            if found is None or (found.indexed, found.indexed_hash) == self._moment:
                return None
            if self._indexed is None:
                self._newest = _newest(connection)
                self._known.extend(_recent(connection))
                self._moment = found.indexed, found.indexed_hash
                self._reorganisations = found.reorganisations
                return _Seen(found.indexed)
            rolled_back = self._fork(connection)
            if rolled_back is None and found.reorganisations != self._reorganisations:
                # Blocks that told nothing are gone, and those in their place may tell something. Who began ahead of
                # the poller may have been told of blocks that it never saw.
                rolled_back = self._known[-1][0] if self._known else found.first_block - 1
            told = self._indexed if rolled_back is None else min(rolled_back, self._indexed)
            rows = read_events(connection, Which(), (told, 2**31), _CHUNK)
            # Blocks are told of whole.
            if len(rows) == _CHUNK and rows[0].block != rows[-1].block:
                last = rows[-1].block - 1
                rows = [row for row in rows if row.block <= last]
            elif len(rows) == _CHUNK:
                last = rows[0].block
                rows = read_events(connection, Which(), None, 10**6, first=last, last=last)
            else:
                last = found.indexed
                self._moment = found.indexed, found.indexed_hash
            wanted = _wanted(connection, rows)
        self._reorganisations = found.reorganisations
        for row in rows:
            if not self._known or self._known[-1] != (row.block, row.hash):
                self._known.append((row.block, row.hash))
        new = [
            ((row.block, row.log), event_id(row.block, row.log, row.hash), wanted[row.block, row.log], _message(row))
            for row in rows
        ]
        return _Seen(last, rolled_back, new)

    def _fork(self, connection: Connection) -> int | None:
        """Forgets the blocks that are gone; the newest that holds, if any is gone."""
        gone = []
        while self._known and not _is_there(connection, *self._known[-1]):
            gone.append(self._known.pop())
        if not gone:
            return None
        holds = self._known[-1][0] if self._known else gone[-1][0] - 1
        for _, block_hash in gone:
            self._undone[block_hash[2:10]] = holds
        while len(self._undone) > _REMEMBERED:
            self._undone.pop(next(iter(self._undone)))
        return holds

    # ---------------------------------------------------------------------------------------------- catching up

    def _catch_up(self, which: Which, place: Place | None, block_hash: str) -> "_Chunk":
        with self._database.reading() as connection:
            found = connection.execute(select(progress)).first()
            indexed = found.indexed if found else -1
            if place is None:
                newest = _newest(connection)
                if not newest:
                    return _Chunk([], (indexed, 2**31), "", indexed, True)
                block, log, block_hash = newest.decode().split(":")
                return _Chunk([b"id: " + newest + b"\n\n"], (int(block), int(log)), block_hash, indexed, True)
            messages = []
            if block_hash and not _begins_with(connection, place[0], block_hash):
                holds = self._undone.get(block_hash, _surely_holds(found, place[0]))
                messages.append(_rollback(holds))
                place, block_hash = (holds, 2**31), ""
            rows = read_events(connection, which, place, _CHUNK)
        messages += [_message(row) for row in rows]
        if rows:
            place, block_hash = (rows[-1].block, rows[-1].log), rows[-1].hash[2:10]
        return _Chunk(messages, place, block_hash, indexed, len(rows) < _CHUNK, len(rows))

    async def _in_thread(self, work: Any, *values: Any) -> Any:
        if self._thread is None:
            self._thread = anyio.CapacityLimiter(2)
        return await anyio.to_thread.run_sync(work, *values, limiter=self._thread)


@dataclass(frozen=True)
class _Chunk:
    """What a stream missed, or a part of it when it is not `whole`."""

    messages: list[bytes]
    place: Place
    block_hash: str
    indexed: int
    whole: bool
    count: int = 0


class EventStream(Response):
    """The answer that never ends by itself."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, client: str, which: Which, resumed: Resumed | None) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._stream = Stream(client, which)
        self._resumed = resumed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        streams, stream = self._streams, self._stream
        streams.enter(stream)
        stream.task = asyncio.current_task()
        leaving = asyncio.ensure_future(_until_gone(receive, stream))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _write(send, b"retry: 3000\n\n")
            await streams.begin(stream, self._resumed, send)
            while not stream.ended:
                await stream.more()
                messages, stream.waiting = stream.waiting, []
                if messages:
                    await _write(send, b"".join(messages))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (DatabaseError, asyncio.CancelledError):
            # Who reads on comes back by himself.
            if not stream.ended:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            streams.leave(stream)


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.ended = True
    stream.wake()


async def _write(send: Send, message: bytes) -> None:
    await send({"type": "http.response.body", "body": message, "more_body": True})


def _message(row: Any) -> bytes:
    shown = event(row)
    return f"id: {shown['id']}\ndata: {json.dumps(shown, separators=(',', ':'))}\n\n".encode()


def _rollback(holds: int) -> bytes:
    return f'event: rollback\ndata: {{"block":{holds}}}\n\n'.encode()


def _newest(connection: Connection) -> bytes:
    """The id of the newest event."""
    places = select(events.c.block, events.c.log).order_by(events.c.block.desc(), events.c.log.desc()).limit(1)
    found = connection.execute(places).first()
    if found is None:
        return b""
    block_hash = connection.execute(select(blocks.c.hash).where(blocks.c.number == found.block)).scalar_one()
    return event_id(found.block, found.log, block_hash).encode()


def _recent(connection: Connection) -> list[tuple[int, str]]:
    rows = connection.execute(select(blocks.c.number, blocks.c.hash).order_by(blocks.c.number.desc()).limit(1_000))
    return [(row.number, row.hash) for row in rows][::-1]


def _is_there(connection: Connection, number: int, block_hash: str) -> bool:
    return connection.execute(select(blocks.c.hash).where(blocks.c.number == number)).scalar() == block_hash


def _begins_with(connection: Connection, number: int, digits: str) -> bool:
    found = connection.execute(select(blocks.c.hash).where(blocks.c.number == number)).scalar()
    return found is not None and found[2:].startswith(digits)


def _surely_holds(found: Any, block: int) -> int:
    """A block that was there before any reorganisation that can have undone this one."""
    if found is None:
        return -1
    furthest = found.reorganisations * found.deepest
    return int(max(found.first_block - 1, block - furthest)) if furthest else int(found.first_block) - 1


def _wanted(connection: Connection, rows: Iterable[Any]) -> dict[Place, list[Which]]:
    """For each event all that somebody may have asked for to get it."""
    found: dict[Place, list[Which]] = {}
    for row in rows:
        found[row.block, row.log] = [Which(c, n) for c in (None, row.contract) for n in (None, row.name)]
    if not found:
        return found
    names = {(row.block, row.log): (row.contract, row.name) for row in rows}
    about = connection.execute(
        select(subjects.c.block, subjects.c.log, subjects.c.kind, subjects.c.subject).where(
            subjects.c.block >= min(found)[0], subjects.c.block <= max(found)[0]
        )
    )
    for block, log, kind, subject in about:
        contract, name = names.get((block, log), (None, None))
        if contract is not None:
            found[block, log] += [Which(c, n, kind, subject) for c in (None, contract) for n in (None, name)]
    return found
