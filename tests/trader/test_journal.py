"""The journal keeps what it was given, through kills, torn writes, full disks and strange hands."""

import os
import random
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from wattbook.contracts.structs import Carrier
from wattbook.market.words import Book, Quote, new_salt, seal
from wattbook.trader.journal import Journal, JournalError
from wattbook.trader.records import Entry, Fate, Owner, Purpose, Sent, State

TRADER = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
AUCTION = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OWNER = Owner(31337, "0x" + "11" * 32, AUCTION, TRADER)
ZONE = b"park".ljust(32, b"\0")


def entry(wh=1_000, name=None):
    salt, book = new_salt(), Book(Carrier.ELECTRICITY, ZONE, 1, 900_000)
    sealed = seal(OWNER.chain_id, OWNER.auction, book, Quote(TRADER, False, wh, 300), salt)
    return Entry(0, name, 0, ZONE, 1, 900_000, False, wh, 300, 0, 0, salt, sealed, 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trader.journal"


@pytest.fixture
def journal(path):
    journal = Journal(path, create=True)
    journal.belong(OWNER)
    return journal


def test_what_is_written_is_read_again(journal, path):
    added = journal.add(entry(name="one"))
    journal.record(Sent(b"\1" * 32, b"raw", 7, Purpose.COMMIT, added.id), state=State.COMMITTING, number=0)
    journal.close()
    again = Journal(path)
    again.belong(OWNER)
    assert again.entries() == [replace(added, state=State.COMMITTING, number=0)]
    [sent] = again.under_way()
    assert (sent.raw, sent.nonce, sent.entry) == (b"raw", 7, added.id)
    again.fated(sent, Fate.MINED)
    assert again.under_way() == []
    assert again.unfinished() == again.entries()
    again.update(added, state=State.SETTLED)
    assert again.unfinished() == []


def test_nobody_else_can_read_it(path):
    before = os.umask(0)
    try:
        Journal(path, create=True).add(entry())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(JournalError, match="others can read it; make it your own: chmod 600"):
        Journal(path)


def test_a_name_is_placed_once(journal):
    journal.add(entry(name="one"))
    with pytest.raises(JournalError, match="an order called one was placed already"):
        journal.add(entry(name="one"))
    assert len(journal.entries()) == 1


def test_no_journal(path):
    with pytest.raises(JournalError, match=f"there is no journal {path}"):
        Journal(path)


def test_one_at_a_time(journal, path):
    with journal.sole(), pytest.raises(JournalError, match="is in use by another trader"), Journal(path).sole():
        pass
    with Journal(path).sole():
        pass


def test_another_market(journal, path):
    other = replace(OWNER, genesis="0x" + "22" * 32)
    with pytest.raises(JournalError, match=r"is of .* on chain 31337 \(first block 0x11111111"):
        Journal(path).belong(other)


def test_killed_while_writing(path):
    """What was said to be written is there, whenever the power fails."""
    program = (
        "import sys, tests.trader.test_journal as t\nfrom pathlib import Path\n"
        "journal = t.Journal(Path(sys.argv[1]), create=True)\n"
        "journal.belong(t.OWNER)\n"
        "while True:\n"
        "    added = journal.add(t.entry())\n"
        "    print(added.id, added.salt.hex(), flush=True)\n"
    )
    written = {}
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(2)]
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        lines += process.stdout.readlines()
        process.wait()
        written |= dict(line.split() for line in lines if line.endswith("\n"))
    journal = Journal(path)
    journal.belong(OWNER)
    found = {str(found.id): found.salt.hex() for found in journal.entries()}
    assert len(written) > 3
    assert written.items() <= found.items()


@pytest.mark.parametrize("torn", ["database", "rollback"])
def test_a_torn_write(journal, path, tmp_path, torn):
    """A crash in the middle of a change: half of it is in the file, or half of what would undo it is written."""
    before = [journal.add(entry()) for _ in range(40)]
    journal.close()
    untouched = path.read_bytes()
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA cache_size = 1")
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("UPDATE orders SET salt = zeroblob(32), name = hex(randomblob(1000))")
    crashed = tmp_path / "crashed"
    shutil.copy(path, crashed)
    rollback = path.with_name(path.name + "-journal").read_bytes()
    raw.execute("ROLLBACK")
    raw.close()
    assert crashed.read_bytes() != untouched, "the change has begun to reach the file"
    if torn == "rollback":
        crashed.write_bytes(untouched)
        rollback = rollback[: len(rollback) // 2]
    crashed.with_name("crashed-journal").write_bytes(rollback)
    again = Journal(crashed)
    again.belong(OWNER)
    assert again.entries() == before


@pytest.mark.parametrize("size", [100, 5_000, 9_000])
def test_a_file_that_was_cut_off(journal, path, size):
    for _ in range(40):
        journal.add(entry())
    journal.close()
    os.truncate(path, size)
    with pytest.raises(JournalError, match="is damaged or no journal"):
        Journal(path).belong(OWNER)


def test_a_salt_that_was_altered(journal, path):
    added = journal.add(entry())
    journal.close()
    data = path.read_bytes()
    assert data.count(added.salt) == 1
    path.write_bytes(data.replace(added.salt, bytes([added.salt[0] ^ 1]) + added.salt[1:]))
    with pytest.raises(JournalError, match="order 1 is not what was sealed"):
        Journal(path).belong(OWNER)


def test_a_file_that_is_something_else(path):
    path.write_text("not a journal " * 1000)
    path.chmod(0o600)
    with pytest.raises(JournalError, match="is damaged or no journal"):
        Journal(path)


def test_a_full_disk(journal):
    """What cannot be written is an error, and what was there before is there still."""
    added = journal.add(entry())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        with pytest.raises(JournalError, match="cannot be written"):
            journal.add(entry())
        with pytest.raises(JournalError, match="cannot be written"):
            journal.update(added, state=State.COMMITTED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert journal.entries() == [added]
    journal.add(entry())
    assert len(journal.entries()) == 2
