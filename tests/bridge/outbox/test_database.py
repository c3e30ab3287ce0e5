"""Databases that are another's, newer, broken, full, gone for a while, or in use."""

import os
import resource
import sqlite3
import stat
from dataclasses import replace

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from tests.bridge.outbox.made import NOON, reading, refusal
from tests.postgres import Postgres
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import OutboxError, Owner
from wattbook.bridge.outbox.tables import schema
from wattbook.deployment.local import known_account
from wattbook.trader.journal import Journal

OWNER = Owner(31337, "0x" + "11" * 32, "0x" + "22" * 20)
SENDER = known_account(9).address


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


def execute(where, *statements):
    """Changes a database behind the outbox's back."""
    if where.startswith("postgresql"):
        with psycopg.connect(where, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
    else:
        connection = sqlite3.connect(where, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()


def test_the_steps_lead_to_the_tables(where, outbox):
    engine = create_engine(
        where.replace("postgresql:", "postgresql+psycopg:") if "://" in where else f"sqlite:///{where}"
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "outbox_version"})
        assert compare_metadata(context, schema) == []
    engine.dispose()


def test_opened_again(where, outbox):
    outbox.readings.add([reading()])
    again = Outbox(where)
    assert again.readings.between(1, 0, NOON) == [reading()]
    again.close()


def test_another_market(where, outbox):
    outbox.belong(OWNER)
    outbox.belong(OWNER)
    with pytest.raises(OutboxError, match=r"is for 0x2222.* on chain 31337 \(first block 0x11111111\); this is"):
        outbox.belong(replace(OWNER, genesis="0x" + "33" * 32))


def test_of_a_newer_program(where, outbox):
    execute(where, "UPDATE outbox_version SET version_num = '7'")
    with pytest.raises(OutboxError, match="is of version 7, newer than this program, which knows versions up to 1"):
        Outbox(where)


def test_of_another_program(where):
    if "://" not in where:
        os.close(os.open(where, os.O_CREAT, 0o600))
    execute(where, "CREATE TABLE readings (temperature INTEGER)")
    with pytest.raises(OutboxError, match="is no outbox: it has a table readings of another program"):
        Outbox(where)


def test_beside_another_program_on_a_server(postgres):
    where = postgres.new_url()
    execute(where, "CREATE TABLE weather (temperature INTEGER)")
    Outbox(where).close()


def test_a_traders_journal(path):
    Journal(path, create=True).close()
    with pytest.raises(OutboxError, match="is no outbox: it has a table orders of another program"):
        Outbox(str(path))


def test_a_step_that_fails_changes_nothing(where, monkeypatch):
    """Half of the tables would be worse than none."""
    monkeypatch.setattr("sqlalchemy.schema.CreateIndex.__init__", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Outbox(where)
    monkeypatch.undo()
    Outbox(where).close()


@pytest.mark.parametrize("where", ["mysql://root@127.0.0.1/outbox", "http://127.0.0.1/outbox"])
def test_a_database_of_another_kind(where):
    with pytest.raises(OutboxError, match="an outbox is a file or at postgresql://"):
        Outbox(where)


# --------------------------------------------------------------------------------------------------------- a file


def test_nobody_else_can_read_it(path):
    before = os.umask(0)
    try:
        Outbox(str(path)).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(OutboxError, match="others can read it: chmod 600"):
        Outbox(str(path))


def test_no_folder(tmp_path):
    with pytest.raises(OutboxError, match="cannot be used: No such file or directory"):
        Outbox(str(tmp_path / "nowhere" / "outbox.db"))


def test_something_else(path):
    path.write_text("not a database " * 1_000)
    path.chmod(0o600)
    with pytest.raises(OutboxError, match="is damaged or no outbox"):
        Outbox(str(path))


def test_a_file_that_was_cut_off(path):
    outbox = Outbox(str(path))
    outbox.readings.add([reading(device) for device in range(1_000)])
    outbox.close()
    os.truncate(path, 20_000)
    with pytest.raises(OutboxError, match="is damaged or no outbox"):
        broken = Outbox(str(path))
        broken.readings.add([reading(device, NOON + 1) for device in range(1_000)])


def test_what_is_committed_is_on_disk(path):
    outbox = Outbox(str(path))
    with outbox._database.reading() as connection:
        settings = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {setting}").scalar() for setting in settings]
    outbox.close()
    assert found == ["wal", 2, 1, 10_000]


def test_a_full_disk(path):
    """What cannot be stored is an error and changes nothing; it goes on when there is room."""
    outbox = Outbox(str(path))
    outbox.readings.add([reading()])
    many = [reading(device, raw=bytes(2_000)) for device in range(2, 200)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
    try:
        for _ in range(2):
            with pytest.raises(OutboxError, match=r"outbox\.db cannot be written: .*(full|I/O)"):
                outbox.readings.add(many)
            assert outbox.readings.at_or_before(range(200), NOON) == {1: reading()}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(outbox.readings.add(many).new) == len(many)
    outbox.close()


# ------------------------------------------------------------------------------------------------------- a server


def test_no_server(unused_port):
    where = f"postgresql://somebody:secret@127.0.0.1:{unused_port}/outbox"
    with pytest.raises(OutboxError, match=r"postgresql://somebody:\*\*\*@127\.0\.0\.1:\d+/outbox cannot be ") as caught:
        Outbox(where)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_gone_for_a_while(postgres: Postgres):
    outbox = Outbox(postgres.new_url())
    with outbox.sole(SENDER) as lock:
        outbox.readings.add([reading()])
        lock.check()
        postgres.stop()
        try:
            with pytest.raises(OutboxError, match="cannot be written"):
                outbox.readings.add([reading(2)])
        finally:
            postgres.start()
        assert len(outbox.readings.add([reading(2), reading()]).new) == 1
        for _ in range(2):
            with pytest.raises(OutboxError, match="broke off, and with it the right to send"):
                lock.check()
    with outbox.sole(SENDER) as lock:
        lock.check()
    outbox.close()


def test_what_the_server_commits_is_on_its_disk(postgres):
    outbox = Outbox(postgres.new_url() + "%20-csynchronous_commit%3Doff")
    with outbox._database.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    outbox.close()


# ----------------------------------------------------------------------------------------------- one writer a key


def test_one_at_a_time_sends_with_a_key(where, outbox):
    other = Outbox(where)
    refused = rf"{SENDER} sends from .* in another process; one at a time can"
    with outbox.sole(SENDER) as lock:
        lock.check()
        with pytest.raises(OutboxError, match=refused), other.sole(SENDER):
            pass
        with other.sole(known_account(8).address) as second:
            second.check()
        other.refusals.add([refusal()])
    with other.sole(SENDER):
        pass
    other.close()
