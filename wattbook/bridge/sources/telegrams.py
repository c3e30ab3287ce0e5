"""Where telegrams begin and end in what comes over a line."""

import re

from wattbook.bridge.formats.p1 import MAX_TELEGRAM

_BEGIN = re.compile(rb"(?:^|(?<=\n))/")
_END = re.compile(rb"(?<=\n)![0-9A-Fa-f]{0,4}\r?\n")
# So much is kept of what has no end, to show what was refused; it is more than any telegram has.
_KEPT = MAX_TELEGRAM + 64


class Telegrams:
    """Takes bytes as they come and gives telegrams as they are complete. What is between them is noise, and dropped. A
    telegram whose end is missing is given too when the next begins, or when it is too long, so that it is counted."""

    def __init__(self) -> None:
        self._rest = b""
        self._skips = True

    def feed(self, data: bytes) -> list[bytes]:
        self._rest += data
        found = []
        while (telegram := self._next()) is not None:
            found.append(telegram)
        return found

    def _next(self) -> bytes | None:
        if self._skips:
            begin = _BEGIN.search(self._rest)
            if begin is None:
                # The line's end tells whether the next byte begins a line.
                self._rest = self._rest[-1:] if self._rest.endswith(b"\n") else self._rest[-1:].replace(b"/", b"?")
                return None
            self._rest = self._rest[begin.start() :]
            self._skips = False
        end = _END.search(self._rest)
        other = _BEGIN.search(self._rest, 1)
        if other and (end is None or other.start() < end.start()):
            return self._cut(other.start())
        if end:
            telegram = self._cut(end.end())
            self._skips = True
            return telegram
        if len(self._rest) > _KEPT:
            self._skips = True
            return self._cut(_KEPT)
        return None

    def _cut(self, length: int) -> bytes:
        telegram, self._rest = self._rest[:length], self._rest[length:]
        return telegram
