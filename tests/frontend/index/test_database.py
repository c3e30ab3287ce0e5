"""The database of the front end: its tables, and who may write them."""

import stat
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select, text

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import dealings, facts, nonces
from tests.frontend.databases import where as where
from tests.postgres import postgres as postgres


@pytest.fixture
def database(where):
    database = Database(where)
    yield database
    database.close()


def nonces_of(connection) -> list[str]:
    return list(connection.execute(select(nonces.c.nonce)).scalars())


def test_the_steps_lead_to_the_tables(database):
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "index_version"})
        assert compare_metadata(context, [facts, dealings]) == []


def test_what_is_read_is_of_one_moment(database):
    """Also while another writes, and after the first thing was read."""
    with database.reading() as connection:
        assert nonces_of(connection) == []
        with database.writing() as other:
            other.execute(insert(nonces).values(nonce="a", expires_at=1))
        assert nonces_of(connection) == []
    with database.reading() as connection:
        assert nonces_of(connection) == ["a"]


def test_what_fails_is_not_written(database):
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(insert(nonces).values(nonce="a", expires_at=1))
        _ = 1 / 0
    with database.reading() as connection:
        assert nonces_of(connection) == []


def test_who_reads_cannot_write(database):
    refused = "cannot be read: (attempt to write a readonly|cannot execute INSERT in a read-only)"
    with pytest.raises(DatabaseError, match=refused), database.reading() as connection:
        connection.execute(insert(nonces).values(nonce="a", expires_at=1))


def test_threads_read_at_once(database):
    def read() -> None:
        with database.reading() as connection:
            found.append(nonces_of(connection))

    found: list[list[str]] = []
    with database.reading() as connection:
        nonces_of(connection)
        threads = [Thread(target=read) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [[]] * 20


def test_a_server_does_not_ponder_for_ever(postgres):
    where = postgres.new_url()
    database = Database(where)
    with database.reading() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "10s"
    database.close()


def test_nobody_else_can_read_the_file(tmp_path):
    path = tmp_path / "index.db"
    Database(str(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(DatabaseError, match="holds who is signed in and others can read it: chmod 600"):
        Database(str(path))


def test_a_database_of_another_program(tmp_path: Path):
    path = tmp_path / "index.db"
    path.write_text("not a database " * 1_000)
    path.chmod(0o600)
    with pytest.raises(DatabaseError, match="is damaged or no index"):
        Database(str(path))
    with pytest.raises(DatabaseError, match="an index is a file or at postgresql://"):
        Database("mysql://somewhere")


def test_one_follower_at_a_time(where, database):
    other = Database(where)
    with database.sole() as lock:
        lock.check()
        with pytest.raises(DatabaseError, match=r"another process follows the chain into .*; one at a time can"):
            other.sole().__enter__()
    with other.sole() as lock:
        lock.check()
    other.close()


def test_two_indexes_in_one_server(postgres):
    one, other = Database(postgres.new_url()), Database(postgres.new_url())
    with one.sole(), other.sole():
        pass
    one.close()
    other.close()
