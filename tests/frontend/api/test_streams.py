"""Streams of events: as they come, resumed, through reorganisations, and very many at once."""

import asyncio
import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from frontend_api.api import streams as streaming
from frontend_api.api.app import build
from frontend_api.api.shapes.events import Which
from frontend_api.api.streams import Resumed, Stream, Streams
from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from frontend_api.settings import Limits, Settings
from tests.frontend.api.serving import Reader, eventually, served
from tests.frontend.market import Fair
from wattbook.deployment.local import known_account
from wattbook.trial.blocks import message

_MANY = 2_000


class Live:
    """A market that goes on, its index, and a server."""

    def __init__(self, fair: Fair, database: Database, app: FastAPI, port: int) -> None:
        self.fair, self.database, self.app, self.port = fair, database, app, port
        self._luck = random.Random(5)
        self.index()

    def index(self) -> None:
        Follower(self.fair.market, self.database).catch_up()

    def transfers(self, number: int) -> None:
        """So many events of PowerToken, and those of a mint before them, in two blocks."""
        token, (sender, receiver, *_) = self.fair.market.power_token, self.fair.park.traders
        receipt = self._luck.randbytes(32)
        self.fair.blocks.mine([message(token, "mint", known_account("issuer").address, sender, 10**6, receipt)])
        self.fair.blocks.mine([message(token, "transfer", sender, receiver, 1)] * number)
        self.index()

    def read(self, query: str = "", last: str | None = None) -> Reader:
        """A stream that has begun: what happens from now on comes."""
        reader = Reader(self.port, query, last)
        opened = self.app.state.streams
        eventually(lambda: any(opened._streams.values()) and opened._indexed is not None)
        return reader


@pytest.fixture
def live(fair: Fair, tmp_path: Path, settings: Settings) -> Iterator[Live]:
    database = Database(str(tmp_path / "index.db"))
    app = build(settings, database)
    with served(app) as port, fair.undone():
        yield Live(fair, database, app, port)
    database.close()


def test_events_come_as_they_are_indexed(live: Live):
    reader = live.read()
    live.transfers(5)
    found = reader.some(7)
    assert [one["name"] for one in found] == ["Transfer", "Minted", *["Transfer"] * 5]
    places = [(one["block"], one["log"]) for one in found]
    assert places == sorted(set(places))
    assert reader.last == found[-1]["id"]
    reader.close()
    eventually(lambda: live.app.state.streams.open == 0)
    assert live.app.state.streams._poller is None


def test_a_stream_has_what_was_asked_for_and_nothing_else(live: Live, fair: Fair):
    minted = live.read("?contract=PowerToken&name=Minted")
    about = live.read(f"?kind=account&subject={fair.park.traders[0]}&name=Minted")
    other = live.read(f"?kind=account&subject={fair.tenderer}")
    live.transfers(3)
    live.transfers(1)
    assert [one["name"] for one in minted.some(2)] == ["Minted"] * 2
    assert [one["name"] for one in about.some(2)] == ["Minted"] * 2
    assert not other.last or live.app.state.streams.sent == 4
    for one in (minted, about, other):
        one.close()


def test_a_stream_goes_on_after_the_last_event_that_came(live: Live):
    reader = live.read()
    live.transfers(4)
    first = reader.some(3)
    reader.close()
    live.transfers(6)
    again = live.read("", first[-1]["id"])
    rest = again.some(3 + 8)
    live.transfers(1)
    rest += again.some(3)
    ids = [one["id"] for one in first + rest]
    assert len(set(ids)) == len(ids) == 17
    places = [(one["block"], one["log"]) for one in first + rest]
    assert places == sorted(places)
    again.close()


def test_a_reorganisation_is_told_and_what_is_new_comes(live: Live, fair: Fair):
    reader = live.read()
    before = fair.ask("evm_snapshot")
    ancestor = fair.chain.web3.eth.block_number
    live.transfers(2)
    undone = reader.some(4)
    assert fair.ask("evm_revert", before)
    fair.park.blocks = fair.blocks = type(fair.blocks)(fair.chain)
    fair.blocks.mine([], fair.blocks.now + 33)
    live.transfers(1)
    kind, told = reader.next()
    assert kind == "rollback"
    assert told["block"] < min(one["block"] for one in undone)
    replaced = [reader.next()[1] for _ in range(3)]
    assert [one["name"] for one in replaced] == ["Transfer", "Minted", "Transfer"]
    assert told["block"] <= ancestor < replaced[0]["block"]
    # Who was away meanwhile is told the same, and gets the same.
    late = live.read("", undone[-1]["id"])
    assert late.next() == ("rollback", told)
    assert [one["id"] for one in late.some(3)] == [one["id"] for one in replaced]
    for one in (reader, late):
        one.close()


def test_who_comes_back_to_another_process_is_told_a_block_that_surely_holds(live: Live, fair: Fair):
    before = fair.ask("evm_snapshot")
    live.transfers(2)
    reader = live.read("", f"{fair.chain.web3.eth.block_number}:0:00000000")
    kind, told = reader.next()
    assert kind == "rollback" and told["block"] <= fair.chain.web3.eth.block_number
    reader.close()
    assert fair.ask("evm_revert", before)


@pytest.mark.parametrize(
    "last", ["x", "1", "1:2", "1:2:3", "1:2:0123456789", "-1:0:00000000", "1:1:<script>", "٣:1:00000000"]
)
def test_an_id_that_no_stream_gave(client, last: str):
    found = client.get("/api/v1/stream", headers={"last-event-id": last.encode()})
    assert (found.status_code, found.json()["type"]) == (400, "/problems/bad-cursor")


def test_streams_go_on_after_what_nobody_expected(live: Live):
    reader, streams = live.read(), live.app.state.streams
    usual, failed = streams._look, []

    def fail():
        failed.append(1)
        streams._look = usual
        raise ZeroDivisionError

    streams._look = fail
    eventually(lambda: failed)
    live.transfers(1)
    assert [one["name"] for one in reader.some(3)] == ["Transfer", "Minted", "Transfer"]
    reader.close()


def test_there_are_only_so_many(live: Live, settings: Settings):
    live.app.state.streams._most = 2
    readers = [Reader(live.port) for _ in range(3)]
    assert [one.status for one in readers] == [200, 200, 503]
    for one in readers:
        one.close()
    eventually(lambda: live.app.state.streams.open == 0)
    last = Reader(live.port)
    assert last.status == 200
    last.close()


def test_one_client_cannot_take_them_all(live: Live):
    live.app.state.streams._most_of_one = 2
    readers = [Reader(live.port) for _ in range(3)]
    assert [one.status for one in readers] == [200, 200, 429]
    readers.pop(0).close()
    eventually(lambda: live.app.state.streams.open == 1)
    readers.append(Reader(live.port))
    assert readers[-1].status == 200
    for one in readers:
        one.close()
    eventually(lambda: not live.app.state.streams._of)


def test_who_reads_too_slowly_is_let_go(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streaming, "_MOST_WAITING", 3)

    async def overflow() -> Streams:
        streams, stream = Streams(database, Limits()), Stream("somebody", Which())
        stream.task = asyncio.create_task(asyncio.sleep(60))
        for _ in range(5):
            streams._put(stream, b"x")
        with pytest.raises(asyncio.CancelledError):
            await stream.task
        assert stream.ended and len(stream.waiting) == 3
        return streams

    assert asyncio.run(overflow()).lost == 1


def test_a_server_that_ends_lets_go_of_its_streams(live: Live):
    reader = live.read()
    live.app.state.streams.close()
    assert reader.next() == ("end", None)
    reader.close()


def test_thousands_of_idle_streams_cost_memory_only(fair: Fair, tmp_path: Path, settings: Settings, capsys):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * _MANY + 500
    if hard < needed:
        pytest.skip(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    database = Database(str(tmp_path / "index.db"))
    app = build(Settings(secret_file=settings.secret_file, limits=Limits(0, 1, _MANY, 0)), database)
    with served(app) as port, fair.undone():
        live = Live(fair, database, app, port)
        before = _memory()
        readers = asyncio.run(_open(port))
        streams = app.state.streams
        eventually(lambda: sum(map(len, streams._streams.values())) == _MANY, 60)
        each = (_memory() - before) // _MANY
        looks = _count(streams)
        eventually(lambda: len(looks) >= 3)
        live.transfers(1)
        # All of them hear of it.
        eventually(lambda: streams.sent >= 3 * _MANY, 60)
        for one in readers:
            one.close()
        eventually(lambda: streams.open == 0, 60)
    database.close()
    with capsys.disabled():
        print(f"\n{_MANY:,} idle streams: {each:,} bytes each, both ends in one process")
    assert each < 100_000


async def _open(port: int) -> list:
    """Raw sockets that asked for a stream."""
    import socket

    readers = []
    for _ in range(_MANY):
        one = socket.create_connection(("127.0.0.1", port), timeout=30)
        one.sendall(b"GET /api/v1/stream HTTP/1.0\r\nHost: x\r\n\r\n")
        readers.append(one)
    return readers


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _count(streams: Streams) -> list[None]:
    """Notes every look at the index."""
    looks: list[None] = []
    usual = streams._look
    streams._look = lambda: (looks.append(None), usual())[1]
    return looks


def test_what_came_while_a_stream_began_comes_once_and_again_when_it_was_undone(live: Live, fair: Fair):
    streams, got = Streams(live.database, Limits()), []

    async def send(message):
        got.append(message["body"])

    def look() -> None:
        streams._tell(streams._look())

    def names(parts: list[bytes]) -> list[str]:
        lines = b"".join(parts).decode().splitlines()
        told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
        return [one.get("name", "rollback") for one in told]

    look()
    newest, before = streams._newest.decode(), fair.ask("evm_snapshot")
    live.transfers(2)
    late = Stream("somebody", Which())
    asyncio.run(streams.begin(late, Resumed.at(newest), send))
    assert names(got) == ["Transfer", "Minted", "Transfer", "Transfer"]
    look()
    assert late.waiting == []
    assert fair.ask("evm_revert", before)
    fair.park.blocks = fair.blocks = type(fair.blocks)(fair.chain)
    fair.blocks.mine([], fair.blocks.now + 44)
    live.transfers(1)
    look()
    assert names(late.waiting) == ["rollback", "Transfer", "Minted", "Transfer"]


def test_a_block_in_the_place_of_one_that_told_nothing_is_told_of(live: Live, fair: Fair):
    streams, got = Streams(live.database, Limits()), []

    async def send(message):
        got.append(message["body"])

    def look() -> None:
        if seen := streams._look():
            streams._tell(seen)

    look()
    reader = Stream("somebody", Which())
    asyncio.run(streams.begin(reader, None, send))
    before = fair.ask("evm_snapshot")
    for wait in (21, 22, 23):
        fair.blocks.mine([], fair.blocks.now + wait)
    live.index()
    look()
    assert reader.waiting == []
    assert fair.ask("evm_revert", before)
    fair.park.blocks = fair.blocks = type(fair.blocks)(fair.chain)
    live.transfers(1)
    for wait in (24, 25, 26):
        fair.blocks.mine([], fair.blocks.now + wait)
    live.index()
    look()
    lines = b"".join(reader.waiting).decode().splitlines()
    told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert [one.get("name", "rollback") for one in told] == ["rollback", "Transfer", "Minted", "Transfer"]
