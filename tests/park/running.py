"""`wattbook up` as a process, read line by line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

PROGRAM = Path(sys.executable).parent / "wattbook"


class Up:
    """A park that runs. `began` is what it said first, `pids` the ids of its processes by what it said last,
    `missed` what was missed in each slot."""

    def __init__(self, *arguments, wait=True, **environment) -> None:
        command = [str(PROGRAM), "up", "--json", *map(str, arguments)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        self.pids: dict[str, int] = {}
        self.missed: dict[int, list[str]] = {}
        Thread(target=self._listen, daemon=True).start()
        self.began: dict[str, Any] = {}
        if wait:
            try:
                self.began = self.said("pages", 240)
            except AssertionError:
                if self.process.poll() is None:
                    self.end()
                raise

    def said(self, key, seconds):
        """The next thing with a key in it that it says."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                value = json.loads(self._lines.get(timeout=0.2))
            except Empty:
                self.check()
                continue
            if key in value:
                return value
        raise AssertionError(f"nothing with {key} was said in {seconds} s")

    def check(self):
        """Says why it ended, if it did and nothing of what it said is left."""
        assert self.process.poll() is None or not self._lines.empty(), self.errors()

    def end(self, number=signal.SIGTERM):
        """Ends it at once, as an operator would who does not wait; what it answers."""
        self.process.send_signal(number)
        time.sleep(1)
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(120)

    def errors(self):
        return self.process.stderr.read()

    def _listen(self):
        for line in self.process.stdout:
            value = json.loads(line)
            self.pids |= value.get("processes", {})
            if "again" in value:
                self.pids[value["again"]] = value["pid"]
            if "slot" in value:
                self.missed[value["slot"]] = value["missed"]
            self._lines.put(line)


def is_alive(pid):
    """Whether a process is there; one that nobody has asked about is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
