"""A database on a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from wattbook.bridge.outbox.records import OutboxError

SCHEMES = ("postgresql://", "postgres://")
# A process that was just killed may hold its locks for a moment.
_WAIT_FOR_LOCK = "5s"
# So soon a server notices that a machine which held a lock is gone, and not only silent.
_KEEP_ALIVE = ("SET tcp_keepalives_idle = 10", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 3")


class PostgresServer:
    """Many programs can look at it at once; one at a time sends with a key."""

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url).set(drivername="postgresql+psycopg")
        except ArgumentError:
            raise OutboxError("the address of the PostgreSQL server is malformed") from None
        self.name = self._url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self.engine = create_engine(self._url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        self.reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
        event.listen(self.engine, "connect", _prepare)

    def claim(self, connection: Connection) -> None:
        """Keeps others from changing the tables until the transaction ends."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _key("tables")})

    def strangers(self, tables: set[str], ours: set[str]) -> set[str]:
        """Tables that stand where ours would; others may live beside them."""
        return tables & ours

    @contextmanager
    def sole(self, sender: str) -> Iterator["ServerLock"]:
        """Holds the right to send with a key. It ends with the connection."""
        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
        except psycopg.Error as error:
            raise OutboxError(f"{self.name} cannot be reached: {str(error).splitlines()[0]}") from None
        try:
            self._lock(connection, sender)
            yield ServerLock(connection, self.name)
        finally:
            connection.close()

    def _lock(self, connection: psycopg.Connection[Any], sender: str) -> None:
        for setting in _KEEP_ALIVE:
            connection.execute(setting)
        connection.execute(f"SET lock_timeout = '{_WAIT_FOR_LOCK}'")
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [_key(sender.lower())])
        except psycopg.errors.LockNotAvailable:
            raise OutboxError(f"{sender} sends from {self.name} in another process; one at a time can") from None
        except psycopg.Error as error:
            raise OutboxError(f"{self.name} broke off: {str(error).splitlines()[0]}") from None


class ServerLock:
    """The right to send, which is lost with the connection to the server."""

    def __init__(self, connection: psycopg.Connection[Any], name: str) -> None:
        self._connection = connection
        self._name = name

    def check(self) -> None:
        """Raises if it is lost."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            raise OutboxError(f"{self._name} broke off, and with it the right to send; take it anew") from None


def _prepare(raw: psycopg.Connection[Any], _: ConnectionPoolEntry) -> None:
    # Whatever the server's usual way: what is committed is on its disk.
    raw.execute("SET synchronous_commit = on")
    raw.commit()


def _key(name: str) -> int:
    """The number of a lock."""
    return int.from_bytes(sha256(f"wattbook outbox {name}".encode()).digest()[:8], signed=True)
