"""A process of the park: `python -m wattbook.park.part NAME FOLDER`. It goes on whatever fails, until SIGTERM."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Protocol

from wattbook.errors import WattbookError
from wattbook.park.desk import Desk
from wattbook.park.keeper import Keeper
from wattbook.park.meters import TOKEN, Meters, bringing
from wattbook.park.recorder import Recorder
from wattbook.park.settings import Folder
from wattbook.park.settler import Settler

_EVERY, _AGAIN = 0.2, 1.0


class Worker(Protocol):
    """What does what is due, and can be made anew at any time."""

    def step(self) -> None:
        """Does what is due now."""


WORKERS: dict[str, Callable[[Folder], Worker]] = {
    "recorder": Recorder,
    "meters": Meters,
    "desk": Desk,
    "keeper": Keeper,
    "settler": Settler,
}


def main(name: str, folder: Folder) -> None:
    """Rounds until it is told to stop. After each it shows that it is alive."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = bringing(folder, os.environ[TOKEN], stop) if name == "meters" else []
    worker: Worker | None = None
    beat = folder.beats / name
    while not stop.is_set():
        try:
            worker = worker or WORKERS[name](folder)
            worker.step()
            beat.touch()
            stop.wait(_EVERY)
        except (WattbookError, OSError, sqlite3.Error) as error:
            print(f"{time.strftime('%X')} {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            worker = None
            stop.wait(_AGAIN)
    for thread in threads:
        thread.join(_AGAIN)


if __name__ == "__main__":
    main(sys.argv[1], Folder(Path(sys.argv[2])))
