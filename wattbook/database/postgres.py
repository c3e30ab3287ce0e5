"""A database on a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from wattbook.database.purpose import Purpose

SCHEMES = ("postgresql://", "postgres://")
# As many threads can read at once.
_READERS = 32
# A process that was just killed may hold its locks for a moment.
_WAIT_FOR_LOCK = "5s"
# So soon a server notices that a machine which held a lock is gone, and not only silent.
_KEEP_ALIVE = ("SET tcp_keepalives_idle = 10", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 3")


class PostgresServer:
    """Many programs can look at it at once."""

    def __init__(self, url: str, purpose: Purpose) -> None:
        self._purpose = purpose
        try:
            self._url = make_url(url).set(drivername="postgresql+psycopg")
        except ArgumentError:
            raise purpose.error("the address of the PostgreSQL server is malformed") from None
        self.name = self._url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self.engine = create_engine(self._url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        self.reader = create_engine(
            self._url,
            pool_pre_ping=True,
            pool_size=_READERS,
            max_overflow=0,
            connect_args={"connect_timeout": 10},
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )
        event.listen(self.engine, "connect", _prepare)
        if purpose.reading_seconds:
            event.listen(self.reader, "connect", partial(_hurry, purpose.reading_seconds))

    def claim(self, connection: Connection) -> None:
        """Keeps others from changing the tables until the transaction ends."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._key("tables")})

    def strangers(self, tables: set[str], ours: set[str]) -> set[str]:
        """Tables that stand where ours would; others may live beside them."""
        return tables & ours

    @contextmanager
    def sole(self, name: str, refusal: str) -> Iterator["ServerLock"]:
        """Holds a right that one process at a time has. It ends with the connection."""
        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
        except psycopg.Error as error:
            raise self._purpose.error(f"{self.name} cannot be reached: {str(error).splitlines()[0]}") from None
        try:
            self._lock(connection, name, refusal)
            yield ServerLock(connection, self.name, self._purpose)
        finally:
            connection.close()

    def _lock(self, connection: psycopg.Connection[Any], name: str, refusal: str) -> None:
        for setting in _KEEP_ALIVE:
            connection.execute(setting)
        connection.execute(f"SET lock_timeout = '{_WAIT_FOR_LOCK}'")
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [self._key(name)])
        except psycopg.errors.LockNotAvailable:
            raise self._purpose.error(refusal) from None
        except psycopg.Error as error:
            raise self._purpose.error(f"{self.name} broke off: {str(error).splitlines()[0]}") from None

    def _key(self, name: str) -> int:
        """The number of a lock."""
        return int.from_bytes(sha256(f"wattbook {self._purpose.name} {name}".encode()).digest()[:8], signed=True)


class ServerLock:
    """A right that is lost with the connection to the server."""

    def __init__(self, connection: psycopg.Connection[Any], name: str, purpose: Purpose) -> None:
        self._connection = connection
        self._name = name
        self._purpose = purpose

    def check(self) -> None:
        """Raises if it is lost."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            raise self._purpose.error(
                f"{self._name} broke off, and with it {self._purpose.right}; take it anew"
            ) from None


def _prepare(raw: psycopg.Connection[Any], _: ConnectionPoolEntry) -> None:
    # Whatever the server's usual way: what is committed is on its disk.
    raw.execute("SET synchronous_commit = on")
    raw.commit()


def _hurry(seconds: int, raw: psycopg.Connection[Any], _: ConnectionPoolEntry) -> None:
    raw.execute(f"SET statement_timeout = '{seconds}s'".encode())
    raw.commit()
