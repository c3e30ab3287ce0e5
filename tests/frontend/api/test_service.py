"""`wattbook api` as a process: it starts, says what is wrong in a line, and stops when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.request import urlopen

import pytest
from sqlalchemy import update

from frontend_api import service
from frontend_api.database.database import Database
from frontend_api.database.tables import progress
from frontend_api.index.following import Follower
from frontend_api.settings import Settings
from tests.frontend.api.serving import Reader, eventually
from tests.frontend.market import Fair

_COMMAND = (sys.executable, "-c", "from wattbook.cli import main; main()", "api")


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process, and the port on which it listens."""
    command = [*_COMMAND, "--port", "0", "--database", "index.db", *options]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:"), (line, process.stderr.read())
            yield process, int(line.rsplit(":", 1)[1])
        finally:
            process.kill()


def refused(folder: Path, *options: str) -> str:
    """What a process says that does not start."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [*_COMMAND, *options], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("wattbook: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def health(port: int) -> dict:
    with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_follows_the_chain_serves_and_stops(tmp_path: Path, fair: Fair, ending: signal.Signals):
    options = ("--rpc", fair.rpc, "--deployment", str(fair.market.deployment.path))
    with running(tmp_path, *options) as (process, port):
        newest = fair.chain.web3.eth.block_number
        eventually(lambda: health(port)["index"]["block"] == newest, 90)
        assert health(port)["status"] == "ok"
        with urlopen(f"http://127.0.0.1:{port}/api/v1/market", timeout=10) as answer:
            assert json.load(answer)["contracts"]["Auction"] == fair.market.auction.address
        reader = Reader(port)
        process.send_signal(ending)
        assert reader.next() == ("end", None)
        assert process.wait(30) == 0
        reader.close()
    assert (tmp_path / "api.secret").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "index.db").stat().st_mode & 0o777 == 0o600


def test_without_a_node_it_serves_what_it_has_and_says_that_it_is_stale(tmp_path: Path, fair: Fair):
    database = Database(str(tmp_path / "index.db"))
    Follower(fair.market, database).catch_up()
    database.close()
    with running(tmp_path, "--rpc", "http://127.0.0.1:9") as (process, port):
        eventually(lambda: health(port)["status"] == "stale")
        assert "no node answers" in health(port)["node"]["trouble"]
        with urlopen(f"http://127.0.0.1:{port}/api/v1/books", timeout=10) as answer:
            assert json.load(answer)["items"]
        process.terminate()
        assert process.wait(30) == 0


def test_it_leaves_following_to_another_if_told_so(tmp_path: Path, fair: Fair):
    with running(tmp_path, "--rpc", fair.rpc, "--no-follow") as (process, port):
        assert health(port)["index"]["block"] is None
        process.terminate()
        assert process.wait(30) == 0


def test_a_port_that_is_taken(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert (
            refused(tmp_path, "--port", port) == f"wattbook: cannot listen on 127.0.0.1:{port}: Address already in use"
        )


def test_the_index_of_another_market_is_refused(tmp_path: Path, fair: Fair):
    database = Database(str(tmp_path / "index.db"))
    Follower(fair.market, database).catch_up()
    with database.writing() as connection:
        connection.execute(update(progress).values(market="0x" + 40 * "1"))
    database.close()
    options = ("--rpc", fair.rpc, "--deployment", str(fair.market.deployment.path))
    with running(tmp_path, *options) as (process, _):
        assert process.wait(30) == 1
        said = process.stderr.read()
    assert "is the index of another market" in said and "Traceback" not in said


def test_a_file_that_is_no_index(tmp_path: Path):
    other = tmp_path / "other.db"
    other.write_bytes(b"some text " * 100)
    other.chmod(0o600)
    assert "other.db" in refused(tmp_path, "--port", "0", "--database", "other.db")


def test_settings_that_cannot_be_used_are_told_in_a_line(tmp_path: Path):
    (tmp_path / "api.toml").write_text("databse = 'x'")
    assert "databse is not known here" in refused(tmp_path, "api.toml")


def test_work_that_fails_as_nobody_expected_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    begun, stop, interval = [], Event(), sys.getswitchinterval()

    def work(app, stop: Event) -> None:
        begun.append(1)
        if len(begun) < 3:
            raise ZeroDivisionError

    monkeypatch.setattr(service, "_workers", lambda: [work])
    monkeypatch.setattr(service, "_AGAIN", 0.01)
    settings = Settings(database=str(tmp_path / "index.db"), port=0, secret_file=tmp_path / "secret")
    thread = Thread(target=service.Service(settings, {}, follow=False).run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: len(begun) == 3)
    finally:
        stop.set()
        thread.join(30)
        sys.setswitchinterval(interval)
    assert len(begun) == 3 and not thread.is_alive()
