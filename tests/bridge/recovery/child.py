"""The bridge as `wattbook bridge run` has it, killed at a point of its way.

python -m tests.bridge.recovery.child CONFIG POINT
"""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from tests.bridge.sender.child import dying
from wattbook.bridge.config import read_config
from wattbook.bridge.outbox.batches import Batches
from wattbook.bridge.outbox.readings import Readings
from wattbook.bridge.outbox.transactions import Transactions
from wattbook.bridge.sender.sender import Sender
from wattbook.bridge.service import Bridge

POINTS = ("before_readings", "after_readings", "after_batch", "after_send", "after_mined")


def die_at(point: str) -> None:
    match point:
        case "before_readings":
            dying(Readings, "add", before=True)
        case "after_readings":
            dying(Readings, "add")
        case "after_batch":
            dying(Batches, "post")
        case "after_send":
            dying(Sender, "_broadcast")
        case "after_mined":
            dying(Transactions, "include")
        case "never":
            pass
        case _:
            raise ValueError(point)


def main(config: str, point: str) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    die_at(point)
    with ExitStack() as stack:
        Bridge(read_config(Path(config)), os.environ, stack).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
