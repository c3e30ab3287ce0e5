"""A database in a file: for one bridge on one machine."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from wattbook.bridge.outbox.records import OutboxError
from wattbook.locks import held

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A commit is on disk when it returns, also through a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)


class SqliteFile:
    """Readable by its owner only: it holds households' loads, and the salts that hide them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self._make_private()
        self.engine = create_engine(URL.create("sqlite", database=str(path)))
        self.reader = self.engine.execution_options(reading=True)
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)

    def claim(self, connection: Connection) -> None:
        """Keeps others from changing the tables meanwhile; here every writer keeps all others out."""

    def strangers(self, tables: set[str], ours: set[str]) -> set[str]:
        """Tables that show that this is somebody else's: a file is for one purpose only."""
        return tables

    @contextmanager
    def sole(self, sender: str) -> Iterator["FileLock"]:
        """Holds the right to send with a key. It ends with the process."""
        path = Path(f"{self.path}.{sender.lower()}.lock")
        with ExitStack() as stack:
            try:
                stack.enter_context(held(path))
            except BlockingIOError:
                raise OutboxError(f"{sender} sends from {self.name} in another process; one at a time can") from None
            except OSError as error:
                raise OutboxError(f"{path} cannot be opened: {error.strerror}") from None
            yield FileLock()

    def _make_private(self) -> None:
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            mode = self.path.stat().st_mode
        except OSError as error:
            raise OutboxError(f"{self.name} cannot be used: {error.strerror}") from None
        if stat.S_IMODE(mode) & 0o077:
            raise OutboxError(f"{self.name} holds what meters showed and others can read it: chmod 600")


class FileLock:
    """The right to send, which nothing but the end of the process takes away."""

    def check(self) -> None:
        """Raises if it is lost, which it cannot be."""


def _prepare(raw: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver's own way begins a transaction at the first change only, so that what was read before it may be old.
    raw.isolation_level = None
    for pragma in _PRAGMAS:
        raw.execute(pragma)


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
