"""The HTTP server, in a thread of its own."""

import socket
import threading
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

from wattbook.errors import WattbookError

_SECONDS = 10


class ServerError(WattbookError):
    """The HTTP server cannot listen where it should."""


class Server:
    """Listens from the moment it is made, and serves until it is stopped; port 0 takes a free one."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        try:
            self._socket = socket.create_server((host, port))
        except OSError as error:
            raise ServerError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(_SECONDS)
        with suppress(OSError):
            self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
