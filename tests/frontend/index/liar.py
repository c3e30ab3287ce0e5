"""A node between the follower and the true one, which says something else where a test wants it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

# From a method, its parameters and the true answer.
Lie = Callable[[str, list[Any], Any], Any]


def honest(method: str, parameters: list[Any], answer: Any) -> Any:
    return answer


class Liar:
    """`tells` makes answers of true ones. `delay` are seconds before each; what is `silent` closes the door."""

    def __init__(self, node: str) -> None:
        self.tells: Lie = honest
        self.silent = False
        self.delay = 0.0
        self.asked: list[str] = []
        liar = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if liar.silent:
                    self.close_connection = True
                    return
                time.sleep(liar.delay)
                with urlopen(Request(node, body, {"Content-Type": "application/json"}), timeout=30) as reply:
                    answer = json.loads(reply.read())
                told = json.dumps(liar.retold(json.loads(body), answer)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                """Nothing: the test says what is wrong."""

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def retold(self, asked: Any, answered: Any) -> Any:
        if isinstance(asked, list):
            by_id = {one["id"]: one for one in answered}
            return [self.retold(one, by_id[one["id"]]) for one in asked]
        self.asked.append(asked["method"])
        if "result" in answered:
            answered = {**answered, "result": self.tells(asked["method"], asked["params"], answered["result"])}
        return answered


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever is killed lets go of his connection."""


@contextmanager
def lying(node: str) -> Iterator[Liar]:
    liar = Liar(node)
    thread = Thread(target=liar.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield liar
    finally:
        liar.server.shutdown()
        liar.server.server_close()
        thread.join()
