"""An end to calls that would take too long in all: a server that says a little now and then is never late for long."""

import os
import socket
from contextlib import suppress
from threading import Lock, Timer
from types import TracebackType
from typing import Any

# When the client has a connection; what else it tells is not needed.
_CONNECTED = "connection.connect_tcp.complete"


class Hurry:
    """Breaks off a call after so many seconds. The client tells `trace` of its connection, of which another handle is
    kept: the client may wrap its own."""

    def __init__(self, seconds: float) -> None:
        self._lock = Lock()
        self._handle: socket.socket | None = None
        self._is_late = False
        self._timer = Timer(seconds, self._break_off)
        self._timer.daemon = True

    def __enter__(self) -> "Hurry":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = None

    def trace(self, name: str, told: dict[str, Any]) -> None:
        """What the client tells of a call."""
        if name != _CONNECTED:
            return
        connection: socket.socket = told["return_value"].get_extra_info("socket")
        with self._lock:
            self._handle = socket.socket(fileno=os.dup(connection.fileno()))
            self._end_if_late()

    def _break_off(self) -> None:
        with self._lock:
            self._is_late = True
            self._end_if_late()

    def _end_if_late(self) -> None:
        if self._is_late and self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)
