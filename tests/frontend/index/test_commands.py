"""`wattbook index` as people run it, killed as power cuts do."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import structlog
from sqlalchemy import delete, select

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import holdings, progress
from frontend_api.index.following import Follower
from tests.frontend.index.comparing import assert_same, rows_of
from wattbook.cli import main

PROGRAM = str(Path(sys.executable).parent / "wattbook")
KILLS = 2


@pytest.fixture
def run(capsys, monkeypatch):
    """The program, in this process: its exit status, and what it wrote to either stream."""

    def call(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["wattbook", "index", *arguments])
        handlers = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
        status: object = 0
        try:
            main()
        except SystemExit as error:
            status = error.code
        finally:
            for one, handler in handlers.items():
                signal.signal(one, handler)
            structlog.reset_defaults()
        return status, *capsys.readouterr()

    return call


def indexed_of(database: Database) -> int:
    try:
        with database.reading() as connection:
            return connection.execute(select(progress.c.indexed)).scalar_one_or_none() or 0
    except DatabaseError:
        return 0


def test_killed_while_it_reads_old_blocks(fair, liar, where, indexed):
    """As often as one likes: it goes on where it was, and nothing is there twice or never."""
    liar.delay = 0.05
    database = Database(where)
    begun = []
    command = [PROGRAM, "index", "run", "--rpc", liar.url, "--deployment", str(fair.deployment), "--database", where]
    for _ in range(KILLS):
        before = indexed_of(database)
        begun.append(before)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while indexed_of(database) <= max(before, 1):
            assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
    newest = fair.chain.web3.eth.block_number
    assert begun == sorted(begun) and indexed_of(database) < newest, "it was killed when it had read all"
    liar.delay = 0
    assert Follower(fair.market, database).catch_up().block == newest
    assert_same(rows_of(database), rows_of(indexed))
    database.close()


def test_the_commands(run, fair, path, indexed):
    options = ["--rpc", fair.rpc, "--deployment", str(fair.deployment), "--database", path]
    newest, count = fair.chain.web3.eth.block_number, len(rows_of(indexed)["events"])
    said = f"block {newest} of {newest}, {count} events"
    status, out, err = run("run", "--until-head", *options)
    assert (status, out) == (0, said + "\n") and said in err
    value = json.loads(run("status", "--json", *options[4:])[1])
    assert (value["block"], value["head"], value["events"], value["trouble"]) == (newest, newest, count, None)
    assert value["market"] == fair.market.authority.address.lower() and value["chainId"] == 31_337
    assert f"{newest} of {newest}" in run("status", *options[4:])[1]
    status, out, _ = run("audit", "--json", *options)
    assert status == 0 and json.loads(out)["differences"] == []
    database = Database(path)
    with database.writing() as connection:
        connection.execute(delete(holdings).where(holdings.c.kind == "points"))
    status, out, _ = run("audit", *options)
    assert status == 1 and out.splitlines()[-1].endswith(" 1 differ")
    assert out.startswith("points of all: 0 in the index, ")
    assert run("rebuild", *options)[1] == f"{count} events\n"
    assert_same(rows_of(database), rows_of(indexed))
    database.close()


def test_it_stops_when_it_is_told(fair, path):
    command = [PROGRAM, "index", "run", "--every", "0.1", "--json", "--rpc", fair.rpc, "--database", path]
    process = subprocess.Popen([*command, "--deployment", str(fair.deployment)], stderr=subprocess.PIPE)
    assert json.loads(process.stderr.readline())["block"] > 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stderr.close()


def test_clear_errors(run, path, monkeypatch):
    missing = f"wattbook: there is no index at {path} yet; `wattbook index run` makes it"
    for command in ("status", "audit", "rebuild"):
        assert run(command, "--database", path)[0] == missing
    assert not Path(path).exists()
    monkeypatch.setenv("WATTBOOK_INDEX", path)
    status, _, _ = run("run", "--rpc", "http://127.0.0.1:1")
    assert str(status).startswith("wattbook: no node answers at http://127.0.0.1:1") and Path(path).exists()
    assert "of no market yet" in str(run("status")[0])
    assert "an index is a file or at postgresql://" in str(run("status", "--database", "mysql://somewhere")[0])
