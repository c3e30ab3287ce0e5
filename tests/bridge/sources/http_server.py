"""The HTTP source on a server of its own."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn
from starlette.applications import Starlette

from wattbook.bridge.sources.http import route
from wattbook.bridge.sources.settings import HttpSettings
from wattbook.bridge.sources.source import Take

TOKEN = "correct horse"


@contextmanager
def serving(take: Take) -> Iterator[Callable[..., httpx.Response]]:
    """Runs the source and gives a function that posts to it."""
    app = Starlette(routes=[route(HttpSettings("gateway", "TOKEN"), take, {"TOKEN": TOKEN})])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/sources/gateway"

        def post(data: bytes, authorization: str | None = f"Bearer {TOKEN}") -> httpx.Response:
            headers = {} if authorization is None else {"authorization": authorization.encode("latin-1")}
            return httpx.post(url, content=data, headers=headers, timeout=30)

        try:
            yield post
        finally:
            server.should_exit = True
            thread.join(60)
