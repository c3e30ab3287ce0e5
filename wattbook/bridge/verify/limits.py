"""How much nonsense of one meter is looked at."""

import time
from collections.abc import Callable
from threading import Lock

# As many as a broker sends again after a crash, and more.
BURST = 1_000
# Nanoseconds after which one more is looked at, so that it is ten a second.
_COST = 100_000_000

_Key = tuple[str, str]


class Limits:
    """A bucket for each source and meter, from which only that is taken what was refused or known already.

    New readings are free: they come in any number when a line was down. What nobody needs is what a flood is made of.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._lock = Lock()
        # When each bucket will be full again.
        self._full_at: dict[_Key, int] = {}

    def allows(self, source: str, meter: str) -> bool:
        """Whether one more is looked at. `meter` is nothing for all that are not registered, together."""
        with self._lock:
            return self._debt((source, meter)) <= (BURST - 1) * _COST

    def spend(self, source: str, meter: str) -> None:
        """One more was in vain."""
        key = source, meter
        with self._lock:
            self._full_at[key] = self._clock() + min(self._debt(key) + _COST, BURST * _COST)

    def give_back(self, source: str, meter: str) -> None:
        """One that was spent comes again, for no fault of the meter's."""
        with self._lock:
            self._full_at[source, meter] -= _COST

    def _debt(self, key: _Key) -> int:
        return max(self._full_at.get(key, 0) - self._clock(), 0)
