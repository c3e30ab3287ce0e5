"""Brings events to webhooks. Each hook gets one event after the other, the next when the last was taken; a hook that
does not answer is tried again, later and later, and keeps nobody else waiting."""

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import structlog
from sqlalchemy import Connection, select

from frontend_api.api.access import OF_ONE, Viewer, own_args, viewer_of
from frontend_api.api.shapes.events import event, read_events
from frontend_api.api.shapes.words import shown_args
from frontend_api.database.database import Database, DatabaseError, Lock
from frontend_api.database.tables import blocks, headers, progress
from frontend_api.settings import WebhookPolicy
from frontend_api.webhooks.addresses import AddressRefused, LookUp, look_up, resolved, target_of
from frontend_api.webhooks.hooks import END_OF_BLOCK, Hook, Hooks, marked, objection
from frontend_api.webhooks.hurry import Hurry
from frontend_api.webhooks.signature import signed

_WORKERS = 8
_AT_ONCE = 100
# For each step of a call, and for all of it.
_SECONDS, _IN_ALL = 10.0, 20.0
# After so many seconds other hooks have their turn.
_LONGEST_TURN = 10.0
_LONGEST_WAIT = 3_600
# About a week of silence: nobody is there.
_MOST_FAILURES = 180
_MOST_SHOWN = 300
_MOST_ANSWER = 4_096
_PERIOD = 0.5
# Seconds until it is looked again whether another process has ended, or the database is there.
_AGAIN = 5

_log = structlog.get_logger(__name__)

Body = dict[str, object]
Noted = dict[str, Any]


class Caller:
    """Calls until it is stopped."""

    def __init__(
        self,
        database: Database,
        policy: WebhookPolicy,
        *,
        look_up: LookUp = look_up,
        clock: Callable[[], int] = lambda: int(time.time()),
        period: float = _PERIOD,
    ) -> None:
        self.hooks = Hooks(database)
        self._database, self._policy = database, policy
        self._look_up, self._clock, self._period = look_up, clock, period
        # No connection is kept: it is to an address, at which another host would not be asked who it is.
        self._client = httpx.Client(
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=_WORKERS, max_keepalive_connections=0),
        )
        self._under_way: dict[int, Future[None]] = {}

    def run(self, stop: Event) -> None:
        """Looks for what is new, and has each hook told of it by a thread of a few. While another process does so, it
        waits for its turn."""
        while not stop.is_set():
            try:
                with self._database.sole_caller() as lock:
                    self._go_on(lock, stop)
            except DatabaseError as error:
                _log.info("webhooks", waits=str(error))
                stop.wait(_AGAIN)
        self._client.close()

    def turn(self, number: int, stop: Event | None = None) -> None:
        """Tells a hook what it was not told yet, until there is nothing, it does not take it, or its turn is over."""
        until = time.monotonic() + _LONGEST_TURN
        while stop is None or not stop.is_set():
            hook = self.hooks.find(number)
            told = None if hook is None or hook.stopped else self._next(hook)
            if hook is None or told is None:
                return
            bodies, then = told
            for body, noted in bodies:
                if (trouble := self._sent(hook, body)) is not None:
                    self._put_off(hook, trouble)
                    return
                self.hooks.note(hook, failures=0, trouble=None, **noted)
                if time.monotonic() > until or (stop is not None and stop.is_set()):
                    return
            self.hooks.note(hook, **then)

    # ------------------------------------------------------------------------------------------------------- inside

    def _go_on(self, lock: Lock, stop: Event) -> None:
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="webhooks") as workers:
            while not stop.is_set():
                lock.check()
                self._begin(workers, stop)
                stop.wait(self._period)

    def _begin(self, workers: ThreadPoolExecutor, stop: Event) -> None:
        self._under_way = {number: one for number, one in self._under_way.items() if not one.done()}
        now = self._clock()
        with self._database.reading() as connection:
            newest = connection.execute(select(progress.c.indexed, progress.c.indexed_hash)).first()
        for hook in self.hooks.running() if newest else ():
            idle = hook.marks[-1:] == (tuple(newest),) and hook.log == END_OF_BLOCK  # type: ignore[arg-type]
            if not idle and hook.id not in self._under_way and hook.try_at <= now:
                self._under_way[hook.id] = workers.submit(self._turn, hook.id, stop)

    def _turn(self, number: int, stop: Event) -> None:
        try:
            self.turn(number, stop)
        except DatabaseError as error:
            _log.warning("webhook", id=number, error=str(error))
        except Exception as error:
            _log.error("webhook", id=number, error=f"{type(error).__name__}: {error}", exc_info=error)

    def _next(self, hook: Hook) -> tuple[list[tuple[Body, Noted]], Noted] | None:
        """What is to be told next, each with what to note when it was taken; and what to note after all of it."""
        with self._database.reading() as connection:
            viewer = viewer_of(connection, hook.account)
            if (why := objection(connection, viewer, hook.which)) is not None:
                self._stop(hook, why)
                return None
            indexed, indexed_hash = connection.execute(select(progress.c.indexed, progress.c.indexed_hash)).one()
            holding = [mark for mark in hook.marks if _stands(connection, mark, indexed)]
            if holding != list(hook.marks):
                noted = _back_to(hook, holding)
                return [({"rollback": {"block": noted["block"]}}, noted)], noted
            if (hook.block, hook.log) >= (indexed, END_OF_BLOCK) or indexed_hash is None:
                return None
            rows = read_events(connection, hook.which, (hook.block, hook.log), _AT_ONCE)
        found: list[tuple[Body, Noted]] = []
        marks = hook.marks
        for row in rows:
            marks = marked(marks, row.block, row.hash)
            if _is_for(viewer, row.name, row.args):
                args = row.args if viewer.supervises else own_args(row.name, row.args, viewer.names)
                body: Body = {"event": {**event(row), "args": shown_args(args)}}
                found.append((body, {"block": row.block, "log": row.log, "marks": marks}))
        if len(rows) == _AT_ONCE:
            return found, {"block": rows[-1].block, "log": rows[-1].log, "marks": marks}
        return found, {"block": indexed, "log": END_OF_BLOCK, "marks": marked(marks, indexed, indexed_hash)}

    def _sent(self, hook: Hook, body: Body) -> str | None:
        """None when it was taken, else what went wrong."""
        raw = json.dumps({"hook": hook.id, **body}, separators=(",", ":")).encode()
        try:
            target = target_of(hook.url, self._policy)
            address = resolved(target, self._policy, self._look_up)
            said = {
                "Host": target.authority,
                "Content-Type": "application/json",
                "User-Agent": "Wattbook-Webhooks/1",
                "X-Wattbook-Signature": signed(hook.secret, self._clock(), raw),
            }
            with Hurry(_IN_ALL) as hurry:
                extensions = {"sni_hostname": target.host, "trace": hurry.trace}
                request = self._client.build_request(
                    "POST", target.at(address), content=raw, headers=said, extensions=extensions
                )
                answer = self._client.send(request, stream=True)
                try:
                    _read_some(answer)
                finally:
                    answer.close()
        except AddressRefused as error:
            return str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return f"it does not answer ({type(error).__name__})"
        return None if answer.is_success else f"it answers {answer.status_code}"

    def _put_off(self, hook: Hook, trouble: str) -> None:
        now, failures = self._clock(), (self.hooks.find(hook.id) or hook).failures + 1
        wait = min(2 ** min(failures, _LONGEST_WAIT.bit_length()), _LONGEST_WAIT)
        values = {"failures": failures, "try_at": now + wait, "trouble": trouble[:_MOST_SHOWN]}
        self.hooks.note(hook, stopped=failures >= _MOST_FAILURES, **values)

    def _stop(self, hook: Hook, why: str) -> None:
        self.hooks.note(hook, stopped=True, trouble=why)


def _stands(connection: Connection, mark: tuple[int, str], indexed: int) -> bool:
    """Whether a block is on the chain still. One without events that is deeper than reorganisations go is."""
    number, block_hash = mark
    if number > indexed:
        return False
    for table in (blocks, headers):
        found = connection.execute(select(table.c.hash).where(table.c.number == number)).scalar()
        if found is not None:
            return bool(found == block_hash)
    return True


def _back_to(hook: Hook, holding: list[tuple[int, str]]) -> Noted:
    """Where a hook goes on after a reorganisation: after the newest block it was told of that still holds."""
    block = holding[-1][0] if holding else hook.marks[0][0] - 1
    return {"block": block, "log": END_OF_BLOCK, "marks": tuple(holding)}


def _is_for(viewer: Viewer, name: str, args: dict[str, Any]) -> bool:
    """What settlement tells of an account is for those who may see it."""
    return name not in OF_ONE or viewer.may_see(str(args.get("account")))


def _read_some(answer: httpx.Response) -> None:
    """Nobody needs what it says; a little is read so that a friendly server can finish."""
    read, until = 0, time.monotonic() + _SECONDS
    for part in answer.iter_raw():
        read += len(part)
        if read > _MOST_ANSWER or time.monotonic() > until:
            return
