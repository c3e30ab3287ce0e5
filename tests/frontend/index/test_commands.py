"""`wattbook index` as people run it, killed as power cuts do."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import holdings, progress
from tests.frontend.index.comparing import assert_same, rows_of

PROGRAM = str(Path(sys.executable).parent / "wattbook")
KILLS = 3


@pytest.fixture
def options(fair, where):
    return ["--rpc", fair.rpc, "--deployment", str(fair.deployment), "--database", where]


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "index", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )


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
    said = run("run", "--until-head", "--json", *command[3:])
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["block"] == newest
    assert_same(rows_of(database), rows_of(indexed))
    database.close()


def test_the_commands(options, fair, where, indexed):
    newest = fair.chain.web3.eth.block_number
    said = run("run", "--until-head", *options)
    count = len(rows_of(indexed)["events"])
    assert said.stdout == f"block {newest} of {newest}, {count} events\n", said.stderr
    assert f"block {newest} of {newest}, {count} events" in said.stderr
    status = json.loads(run("status", "--json", *options[4:]).stdout)
    assert (status["block"], status["head"], status["events"], status["trouble"]) == (newest, newest, count, None)
    assert status["market"] == fair.market.authority.address.lower() and status["chainId"] == 31_337
    assert "block" in run("status", *options[4:]).stdout
    good = run("audit", "--json", *options)
    assert good.returncode == 0 and json.loads(good.stdout)["differences"] == [], good.stderr
    database = Database(where)
    with database.writing() as connection:
        connection.execute(delete(holdings).where(holdings.c.kind == "points"))
    bad = run("audit", *options)
    assert bad.returncode == 1 and bad.stdout.splitlines()[-1].endswith(" 1 differ"), bad.stdout
    assert run("rebuild", *options).stdout == f"{count} events\n"
    assert_same(rows_of(database), rows_of(indexed))
    database.close()


def test_it_stops_when_it_is_told(options):
    process = subprocess.Popen([PROGRAM, "index", "run", "--every", "0.1", "--json", *options], stderr=subprocess.PIPE)
    assert json.loads(process.stderr.readline())["block"] > 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stderr.close()


def test_clear_errors(fair, tmp_path):
    path = str(tmp_path / "index.db")
    said = run("status", "--database", path)
    assert (said.returncode, said.stderr) == (
        1,
        f"wattbook: there is no index at {path} yet; `wattbook index run` makes it\n",
    )
    assert not Path(path).exists()
    said = run("run", "--rpc", "http://127.0.0.1:1", environment={"WATTBOOK_INDEX": path})
    assert said.returncode == 1 and said.stderr.startswith("wattbook: no node answers at http://127.0.0.1:1")
    said = run("status", "--database", "mysql://somewhere")
    assert "an index is a file or at postgresql://" in said.stderr and said.stderr.count("\n") == 1
