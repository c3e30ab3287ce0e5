"""A real server in a thread, and a reader of its streams."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.02)


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """The port under which an application is served."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=4_096)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield int(listening.getsockname()[1])
    finally:
        if server.servers:
            server.servers[0].get_loop().call_soon_threadsafe(app.state.streams.close)
        server.should_exit = True
        thread.join(20)
        listening.close()


class Reader:
    """One stream."""

    def __init__(self, port: int, query: str = "", last: str | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        header = f"Last-Event-ID: {last}\r\n" if last else ""
        self._socket.sendall(f"GET /api/v1/stream{query} HTTP/1.0\r\nHost: x\r\n{header}\r\n".encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass
        self.last = last

    def next(self) -> tuple[str, Any]:
        """The next event that is dispatched, by its type; ids are kept as browsers keep them."""
        kind, data = "message", ""
        while True:
            line = self._file.readline()
            if not line:
                return "end", None
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            if name == "id":
                self.last = value
            elif name == "event":
                kind = value
            elif name == "data":
                data = value
            elif not line.strip() and data:
                return kind, json.loads(data)

    def some(self, number: int) -> list[Any]:
        return [self.next()[1] for _ in range(number)]

    def close(self) -> None:
        self._file.close()
        self._socket.close()
