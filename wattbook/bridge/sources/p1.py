"""Telegrams of smart meters from their P1 port: over TCP, as ser2net and P1 gateways give it, or at a serial line."""

import socket
import time
from abc import ABC, abstractmethod
from collections import deque
from contextlib import AbstractContextManager, closing
from threading import Event

import serial  # type: ignore[import-untyped]

from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.sources.settings import P1SerialSettings, P1TcpSettings
from wattbook.bridge.sources.source import Arrival, Source, Take
from wattbook.bridge.sources.telegrams import Telegrams

_CHUNK = 4_096
_MOMENT = 0.5
# A line that is silent for so long is opened anew: a gateway that lost its power does not say goodbye.
_SILENCE = 120
_LONGEST_WAIT = 10
_RETRY = 2
# Nobody repeats a telegram; the newest are kept while the outbox is away. Registers tell what the lost ones did.
_KEPT = 1_000


class _Line(ABC):
    """An open line."""

    @abstractmethod
    def read(self) -> bytes:
        """What came, or nothing when nothing came for a moment; raises OSError when the line is gone."""

    @abstractmethod
    def close(self) -> None: ...


class P1(Source):
    """A line with telegrams. After one that was taken the next are let pass for a while."""

    def __init__(self, settings: P1TcpSettings | P1SerialSettings) -> None:
        super().__init__(settings.name)
        self._settings = settings
        self._pending: deque[Arrival] = deque(maxlen=_KEPT)
        self._next = self._retry = time.monotonic()

    def run(self, take: Take, stop: Event) -> None:
        wait = 1
        while not stop.is_set():
            try:
                with self._open() as line:
                    self.trouble = ""
                    wait = 1
                    self._listen(line, take, stop)
            except OSError as error:
                self.trouble = f"the line to {self.name} is gone: {error}"
                if self._pending:
                    self._hand_over(take)
            stop.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _listen(self, line: _Line, take: Take, stop: Event) -> None:
        telegrams = Telegrams()
        heard = time.monotonic()
        while not stop.is_set():
            now = time.monotonic()
            if data := line.read():
                heard = now
                for telegram in telegrams.feed(data):
                    self._arrive(telegram, take)
            elif now - heard > _SILENCE:
                raise OSError(f"silent for {_SILENCE} s")
            if self._pending and now >= self._retry:
                self._hand_over(take)

    def _arrive(self, telegram: bytes, take: Take) -> None:
        if time.monotonic() >= self._next:
            self._pending.append(Arrival(self.name, telegram, int(time.time())))
            if len(self._pending) == 1:
                self._hand_over(take)

    def _hand_over(self, take: Take) -> None:
        try:
            answers = take(list(self._pending))
        except OutboxError as error:
            self.held_up = str(error)
            self._retry = time.monotonic() + _RETRY
            return
        self.held_up = ""
        self._pending.clear()
        if any(answer.new or answer.repeated for answer in answers):
            self._next = time.monotonic() + self._settings.every

    def _open(self) -> AbstractContextManager[_Line]:
        if isinstance(self._settings, P1TcpSettings):
            return closing(_Tcp(self._settings))
        return closing(_Serial(self._settings))


class _Tcp(_Line):
    def __init__(self, settings: P1TcpSettings) -> None:
        self._socket = socket.create_connection((settings.host, settings.port), _LONGEST_WAIT)
        self._socket.settimeout(_MOMENT)

    def read(self) -> bytes:
        try:
            data = self._socket.recv(_CHUNK)
        except TimeoutError:
            return b""
        if not data:
            raise OSError("closed by the other side")
        return data

    def close(self) -> None:
        self._socket.close()


class _Serial(_Line):
    def __init__(self, settings: P1SerialSettings) -> None:
        bits, parity = int(settings.framing[0]), settings.framing[1]
        self._port = serial.Serial(settings.device, settings.baud, bits, parity, timeout=_MOMENT, exclusive=True)

    def read(self) -> bytes:
        return bytes(self._port.read(max(self._port.in_waiting, 1)))

    def close(self) -> None:
        self._port.close()
