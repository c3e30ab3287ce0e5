"""By which clock a bridge tells which times of the grid have come, and when a reading was received."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from wattbook.bridge.sources.source import Answer, Arrival, Take
from wattbook.chain import Chain
from wattbook.errors import ChainError

Clock = Callable[[], int]

MACHINE, CHAIN = "machine", "chain"


def machine_clock() -> int:
    """Unix seconds."""
    return int(time.time())


class ChainClock:
    """The time of the newest block: for a chain whose clock is set, so that a day passes in minutes. While the node is
    away it stands still."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._last = chain.now

    def __call__(self) -> int:
        with suppress(ChainError):
            self._last = self._chain.now
        return self._last

    def stamping(self, take: Take) -> Take:
        """Hands over what arrives as received by this clock: sources know the machine's only."""

        def stamped(arrivals: Sequence[Arrival]) -> Sequence[Answer]:
            now = self()
            return take([replace(one, received=now) for one in arrivals])

        return stamped
