"""Runs an agent round after round: with patience for a node that is gone, to a clean end when it is told to stop."""

import time
from collections.abc import Callable
from threading import Event

from wattbook.errors import ChainError
from wattbook.trader.agent import Agent, Report, Said
from wattbook.trader.journal import JournalError

_LONGEST_WAIT = 10
_REPEAT_AFTER = 60


def run(connect: Callable[[], Agent], report: Report, stop: Event, every: int) -> None:
    """Rounds until `stop` is set, `every` so many seconds. `connect` is called anew after the node failed, so
    that one which comes back with another chain is noticed; what it raises beside ChainError ends the daemon."""
    agent: Agent | None = connect()
    silent = Silence(report)
    while not stop.is_set():
        wait = every
        try:
            agent = agent or connect()
            agent.round()
            silent.over(agent)
        except (ChainError, JournalError) as error:
            wait = silent.goes_on(error, every)
            if isinstance(error, ChainError):
                agent = None
        stop.wait(wait)


class Silence:
    """What is said, and how long is waited, while rounds fail."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._failures = 0
        self._last_word = ""
        self._said_at = time.monotonic()
        self._chain_time, self._seen_at = 0, time.monotonic()
        self._deadline: int | None = None

    def over(self, agent: Agent) -> None:
        """A round went well."""
        if self._failures:
            self._report(Said(agent.now, 0, "back", "all is well again"))
        self._failures, self._last_word = 0, ""
        self._chain_time, self._seen_at = agent.now, time.monotonic()
        self._deadline = min((entry.clears_at or 0 for entry in agent.unrevealed()), default=None)

    def goes_on(self, error: Exception, every: int) -> int:
        """A round failed; how many seconds to wait."""
        self._failures += 1
        now = time.monotonic()
        if str(error) != self._last_word or now - self._said_at > _REPEAT_AFTER:
            self._last_word, self._said_at = str(error), now
            # The machine's clock may be wrong; how much time has passed it knows.
            passed = self._chain_time + int(now - self._seen_at)
            text = str(error)
            if self._deadline is not None:
                text += f"; orders are to be revealed before {self._deadline}, {self._deadline - passed} s from now"
            self._report(Said(passed, 0, "trouble", text))
        return int(min(every * 2 ** min(self._failures, 8), _LONGEST_WAIT))
