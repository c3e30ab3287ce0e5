"""Runs an agent round after round: with patience for a node that is gone, to a clean end when it is told to stop."""

import time
from collections.abc import Callable
from threading import Event

from wattbook.errors import ChainError
from wattbook.trader.agent import Agent, Report, Said
from wattbook.trader.journal import Journal, JournalError
from wattbook.trader.records import UNREVEALED

_LONGEST_WAIT = 10
_REPEAT_AFTER = 60


def run(connect: Callable[[], Agent], journal: Journal, report: Report, stop: Event, every: int) -> None:
    """Rounds until `stop` is set, `every` so many seconds. `connect` is called anew after the node failed, so that one
    which comes back with another chain is noticed; what it raises beside ChainError ends the daemon."""
    agent: Agent | None = connect()
    trouble = Trouble(journal, report)
    while not stop.is_set():
        wait = every
        try:
            agent = agent or connect()
            agent.round()
            trouble.over(agent.now)
        except (ChainError, JournalError) as error:
            wait = trouble.goes_on(error, every)
            if isinstance(error, ChainError):
                agent = None
        stop.wait(wait)


class Trouble:
    """What is said, and how long is waited, while rounds fail."""

    def __init__(self, journal: Journal, report: Report) -> None:
        self._journal = journal
        self._report = report
        self._failures = 0
        self._said: tuple[str, float] | None = None
        self._seen: tuple[int, float] | None = None

    def over(self, chain_time: int) -> None:
        """A round went well, at this time of the chain."""
        if self._failures:
            self._report(Said(chain_time, 0, "back", "all is well again"))
        self._failures, self._said = 0, None
        self._seen = chain_time, time.monotonic()

    def goes_on(self, error: Exception, every: int) -> int:
        """A round failed; how many seconds to wait."""
        self._failures += 1
        word, now = str(error), time.monotonic()
        if self._said is None or self._said[0] != word or now - self._said[1] > _REPEAT_AFTER:
            self._said = word, now
            # The machine's clock may be wrong; how much time has passed it knows.
            chain_time = self._seen[0] + int(now - self._seen[1]) if self._seen else 0
            self._report(Said(chain_time, 0, "trouble", word + self._at_stake(chain_time)))
        return int(min(every * 2 ** min(self._failures, 8), _LONGEST_WAIT))

    def _at_stake(self, chain_time: int) -> str:
        waiting = [entry.clears_at for entry in self._journal.unfinished() if entry.state in UNREVEALED]
        if not waiting:
            return ""
        first = min(deadline or 0 for deadline in waiting)
        left = f", about {first - chain_time} s from now" if chain_time else ""
        return f"; the next of {len(waiting)} orders is to be revealed before {first}{left}"
