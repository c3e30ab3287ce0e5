"""A folder into which files are put: records of any format, by whatever program brings them.

A file is taken when it has its name: write it under a name that begins with a dot or ends in `.part` or `.tmp`, then
rename it. What became of it tells the folder in which it is found: `done`, or `refused` when nothing in it could be
used. Beside it stands `<file>.why` when something in it was not taken.
"""

import os
import time
from hashlib import sha256
from pathlib import Path
from threading import Event

from wattbook.bridge.formats.recognise import MAX_FILE
from wattbook.bridge.sources.settings import InboxSettings
from wattbook.bridge.sources.source import Answer, Arrival, Source, Take

_EVERY = 1
_UNFINISHED = (".part", ".tmp")
_DONE, _REFUSED = "done", "refused"


class Inbox(Source):
    """Takes files by their names, one after the other. A kill in between takes a file twice, which changes nothing."""

    def __init__(self, settings: InboxSettings) -> None:
        super().__init__(settings.name)
        self._folder = settings.folder

    def run(self, take: Take, stop: Event) -> None:
        while not stop.is_set():
            trouble = ""
            try:
                for name in (_DONE, _REFUSED):
                    (self._folder / name).mkdir(parents=True, exist_ok=True)
                waiting = self._waiting()
            except OSError as error:
                waiting, trouble = [], _said(error)
            for path in waiting:
                try:
                    if not self._take(path, take, stop):
                        return
                except OSError as error:
                    # One that cannot be read, or put away, is not in the way of others.
                    trouble = _said(error)
            self.trouble = trouble
            stop.wait(_EVERY)

    def _waiting(self) -> list[Path]:
        with os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        return [
            self._folder / name
            for name in sorted(names)
            if not name.startswith(".") and not name.lower().endswith(_UNFINISHED)
        ]

    def _take(self, path: Path, take: Take, stop: Event) -> bool:
        """False when told to stop before it was done."""
        with open(path, "rb") as file:
            # One byte more shows that there is more, and is refused for it.
            data = file.read(MAX_FILE + 1)
        answers = self.insist(take, [Arrival(self.name, data, int(time.time()))], stop)
        if answers is None:
            return False
        self._put_away(path, data, answers[0])
        return True

    def _put_away(self, path: Path, data: bytes, answer: Answer) -> None:
        target = self._folder / (_REFUSED if answer.is_refused else _DONE) / path.name
        if target.exists() and target.read_bytes() != data:
            # Another file of the same name came before.
            target = target.with_name(f"{sha256(data).hexdigest()[:8]}-{path.name}")
        if answer.refused:
            why = "".join(f"{one.meter}: {one.reason}: {one.detail}\n" for one in answer.refused)
            target.with_name(f"{target.name}.why").write_text(why, errors="backslashreplace")
        os.replace(path, target)


def _said(error: OSError) -> str:
    return f"{error.filename} cannot be used: {error.strerror}"
