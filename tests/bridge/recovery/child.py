"""The bridge as `wattbook bridge run` has it, killed at a point of its way.

python -m tests.bridge.recovery.child CONFIG POINT
"""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from tests.bridge.sender.child import die_at
from wattbook.bridge.config import read_config
from wattbook.bridge.outbox.batches import Batches
from wattbook.bridge.outbox.readings import Readings
from wattbook.bridge.outbox.transactions import Transactions
from wattbook.bridge.sender.sender import Sender
from wattbook.bridge.service import Bridge

POINTS = {
    "before_readings": (Readings, "add", True),
    "after_readings": (Readings, "add", False),
    "after_batch": (Batches, "post", False),
    "after_send": (Sender, "_broadcast", False),
    "after_mined": (Transactions, "include", False),
}


def main(config: str, point: str) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    die_at(point, POINTS)
    with ExitStack() as stack:
        Bridge(read_config(Path(config)), os.environ, stack).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
