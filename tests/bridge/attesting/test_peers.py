"""Other attesters' bridges that answer as they should not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from wattbook.bridge.attesting import peers as asked
from wattbook.bridge.attesting.peers import PeerError, Peers
from wattbook.bridge.attesting.wire import Proposal
from wattbook.bridge.config import Peer
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.records import Leaf
from wattbook.deployment.local import known_account

PROPOSAL = Proposal(1, "0x" + "11" * 20, 1, 900, 0, (Leaf(1, 1, 1, 0, Trust.A, bytes(32), bytes(32)),), {})
STOP = threading.Event()


class Talker(BaseHTTPRequestHandler):
    """Says a kilobyte after the other and does not come to an end."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(404 if "check" in self.path else 200)
        self.end_headers()
        while not STOP.is_set():
            try:
                self.wfile.write(b"x" * 1_000)
            except OSError:
                return
            STOP.wait(0.001)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def talker() -> Iterator[Peer]:
    STOP.clear()
    server = HTTPServer(("127.0.0.1", 0), Talker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Peer("talker", known_account("attester2").address, f"http://127.0.0.1:{server.server_port}")
    STOP.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("ask", ["check", "sign"])
def test_one_that_says_too_much(talker, monkeypatch, ask):
    monkeypatch.setattr(asked, "MOST", 20_000)
    peers = Peers((talker,), known_account("attester1"))
    with pytest.raises(PeerError, match="answers with more than 20000 bytes"):
        getattr(peers, ask)(talker, PROPOSAL)
    peers.close()


def test_one_that_takes_too_long(talker, monkeypatch):
    monkeypatch.setattr(asked, "_SECONDS", 0.5)
    peers = Peers((talker,), known_account("attester1"))
    with pytest.raises(PeerError, match=r"takes more than 1.0 s to answer"):
        peers.check(talker, PROPOSAL)
    peers.close()


def test_one_that_is_not_there():
    peers = Peers((), known_account("attester1"))
    away = Peer("away", known_account("attester2").address, "http://127.0.0.1:1")
    with pytest.raises(PeerError, match=r"away at http://127.0.0.1:1 does not answer"):
        peers.sign(away, PROPOSAL)
    peers.close()
