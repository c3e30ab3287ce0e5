"""A network between a trader and his node that can lose what is sent, on either way."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.request import Request, urlopen


class Wire:
    """Passes requests on. With `lost` "everything" there is no answer to anything. With "request" a transaction never
    reaches the node, with "answer" the node has it but its answer does not come back; either way the sender waits.
    While it is not `passing`, everything waits and nothing is lost."""

    def __init__(self, node: str) -> None:
        self.lost: str | None = None
        self.transactions: list[str] = []
        self.node = node
        self.released, self.passing = Event(), Event()
        self.passing.set()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = json.loads(body)
                wire.passing.wait(60)
                if wire.lost == "everything":
                    self.close_connection = True
                    return
                sends = isinstance(request, dict) and request["method"] == "eth_sendRawTransaction"
                if sends and wire.lost == "request":
                    wire.transactions.append(request["params"][0])
                    wire.released.wait(60)
                    return
                with urlopen(Request(wire.node, body, {"Content-Type": "application/json"}), timeout=30) as reply:
                    answer = reply.read()
                if sends:
                    wire.transactions.append(request["params"][0])
                    if wire.lost == "answer":
                        wire.released.wait(60)
                        return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Nothing: the test says what is wrong."""

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A trader that is killed lets go of his connection."""


@contextmanager
def wire_to(node: str) -> Iterator[Wire]:
    wire = Wire(node)
    thread = Thread(target=wire.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield wire
    finally:
        wire.released.set()
        wire.passing.set()
        wire.server.shutdown()
        wire.server.server_close()
        thread.join()
