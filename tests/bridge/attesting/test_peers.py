"""Other attesters' bridges that answer as they should not."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic

import pytest

from wattbook.bridge.attesting import peers as asked
from wattbook.bridge.attesting.peers import CHECK, SIGN, PeerError, Peers
from wattbook.bridge.attesting.wire import Answer, Proposal, dump_answer
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


@pytest.fixture
def peers() -> Iterator[Peers]:
    made = Peers((), known_account("attester1"))
    yield made
    made.close()


@contextmanager
def speaking(name: str, say: Callable[[socket.socket], None]) -> Iterator[Peer]:
    """A peer that says what it is given to say, byte by byte, once it is asked."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            try:
                say(connection)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    STOP.clear()
    yield Peer(name, known_account("attester2").address, f"http://127.0.0.1:{server.getsockname()[1]}")
    STOP.set()
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def dribble(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not STOP.wait(0.05):
        connection.sendall(b"a")


def body(said: bytes, *headers: str) -> Callable[[socket.socket], None]:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(said)}", "Connection: close", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + said)


def answer_of(peers: Peers, peer: Peer, question: str = CHECK) -> object:
    [(found, answer)] = peers.ask(question, [peer], PROPOSAL)
    assert found is peer
    return answer


@pytest.mark.parametrize("question", [CHECK, SIGN])
def test_one_that_says_too_much(peers, talker, monkeypatch, question):
    monkeypatch.setattr(asked, "MOST", 20_000)
    answer = answer_of(peers, talker, question)
    assert isinstance(answer, PeerError) and "answers with more than 20000 bytes" in str(answer)


def test_one_that_takes_too_long(peers, talker, monkeypatch):
    monkeypatch.setattr(asked, "PATIENCE", 0.5)
    answer = answer_of(peers, talker)
    assert isinstance(answer, PeerError) and "takes more than 0.5 s to answer" in str(answer)


def test_one_that_is_not_there(peers):
    away = Peer("away", known_account("attester2").address, "http://127.0.0.1:1")
    answer = answer_of(peers, away, SIGN)
    assert isinstance(answer, PeerError) and "away at http://127.0.0.1:1 does not answer" in str(answer)


def test_one_that_never_comes_to_its_point(peers, monkeypatch):
    """It holds up one round, and is not asked again before it has ended; another one is heard all the same."""
    monkeypatch.setattr(asked, "PATIENCE", 1)
    expected = Answer({1: "no"}, {1: 7})
    with speaking("slow", dribble) as slow, speaking("quick", body(dump_answer(expected))) as quick:
        for said in ("takes more than 1 s to answer", "still owes the answer to the last question"):
            begun = monotonic()
            found = dict(peers.ask(CHECK, [slow, quick], PROPOSAL))
            assert monotonic() - begun < 10
            assert said in str(found[slow])
            assert found[quick] == expected


def test_all_are_asked_at_once(peers, monkeypatch):
    """Neither answers before the other has been asked; and two who never end hold up a round no longer than one."""
    expected, both = Answer({1: "no"}, {1: 7}), threading.Barrier(2)

    def together(connection: socket.socket) -> None:
        both.wait()
        body(dump_answer(expected))(connection)

    with speaking("first", together) as first, speaking("second", together) as second:
        assert dict(peers.ask(CHECK, [first, second], PROPOSAL)) == {first: expected, second: expected}
    monkeypatch.setattr(asked, "PATIENCE", 3)
    with speaking("first", dribble) as first, speaking("second", dribble) as second:
        begun = monotonic()
        found = dict(peers.ask(CHECK, [first, second], PROPOSAL))
        assert monotonic() - begun < 5.9
    assert all("takes more than 3 s" in str(answer) for answer in found.values())


def test_what_is_packed_is_not_unpacked(peers, monkeypatch):
    monkeypatch.setattr(asked, "MOST", 20_000)
    packed = gzip.compress(b" " * 10**7)
    with speaking("packer", body(packed, "Content-Encoding: gzip")) as packer:
        assert "a message cannot be read" in str(answer_of(peers, packer))
