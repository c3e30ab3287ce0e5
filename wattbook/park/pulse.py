"""What has a park's node seal its blocks.

A node that seals one each second by its own clock keeps the states of the last 1,500, whatever it is told (anvil 1.7):
16 GB after twenty minutes of 200 traders. One that is asked to keeps those that it is to keep.
"""

import time
from contextlib import suppress
from threading import Event, Thread

from wattbook.chain import Chain
from wattbook.errors import ChainError
from wattbook.park.chain import ask
from wattbook.park.settings import BLOCK_SECONDS


class Pulse:
    """A block each second, as long as it lasts. A node that is silent misses blocks, as one with a clock does."""

    def __init__(self, chain: Chain) -> None:
        self._chain, self._over = chain, Event()
        Thread(target=self._beat, daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def _beat(self) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            with suppress(ChainError):
                ask(self._chain, "evm_mine")
            due = max(due + BLOCK_SECONDS, time.monotonic())
