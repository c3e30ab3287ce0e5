"""A database in a file, for the programs of one machine."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from wattbook.database.purpose import Purpose
from wattbook.locks import held

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A commit is on disk when it returns, also through a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)
# As many threads can read at once.
_READERS = 32


class SqliteFile:
    """Readable by its owner only."""

    def __init__(self, path: Path, purpose: Purpose) -> None:
        self.path = path
        self.name = str(path)
        self._purpose = purpose
        self._make_private()
        url = URL.create("sqlite", database=str(path))
        self.engine = create_engine(url)
        # What threads read with is kept: the one used last, whose pages are in memory, is the next.
        self.reader = create_engine(url, pool_size=_READERS, max_overflow=0, pool_use_lifo=True)
        for engine, begin in ((self.engine, "BEGIN IMMEDIATE"), (self.reader, "BEGIN")):
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", partial(_begin, begin))
        event.listen(self.reader, "connect", _keep_from_writing)

    def claim(self, connection: Connection) -> None:
        """Keeps others from changing the tables meanwhile; here every writer keeps all others out."""

    def strangers(self, tables: set[str], ours: set[str]) -> set[str]:
        """Tables that show that this is somebody else's: a file is for one purpose only."""
        return tables

    @contextmanager
    def sole(self, name: str, refusal: str) -> Iterator["FileLock"]:
        """Holds a right that one process at a time has. It ends with the process."""
        path = Path(f"{self.path}.{name}.lock")
        with ExitStack() as stack:
            try:
                stack.enter_context(held(path))
            except BlockingIOError:
                raise self._purpose.error(refusal) from None
            except OSError as error:
                raise self._purpose.error(f"{path} cannot be opened: {error.strerror}") from None
            yield FileLock()

    def _make_private(self) -> None:
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            mode = self.path.stat().st_mode
        except OSError as error:
            raise self._purpose.error(f"{self.name} cannot be used: {error.strerror}") from None
        if stat.S_IMODE(mode) & 0o077:
            raise self._purpose.error(f"{self.name} holds {self._purpose.secrets} and others can read it: chmod 600")


class FileLock:
    """A right that nothing but the end of the process takes away."""

    def check(self) -> None:
        """Raises if it is lost, which it cannot be."""


def _prepare(raw: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver's own way begins a transaction at the first change only, so that what was read before it may be old.
    raw.isolation_level = None
    for pragma in _PRAGMAS:
        raw.execute(pragma)


def _keep_from_writing(raw: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    raw.execute("PRAGMA query_only = ON")


def _begin(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)
