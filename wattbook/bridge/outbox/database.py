"""Opens a database, brings its tables up to date, and makes its errors clear."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from wattbook.bridge.outbox.postgres import SCHEMES, PostgresServer
from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.outbox.sqlite import SqliteFile
from wattbook.bridge.outbox.tables import schema

_VERSION_TABLE = "outbox_version"
_DAMAGED = ("file is not a database", "malformed")


class Lock(Protocol):
    """The right to send with a key."""

    def check(self) -> None:
        """Raises if it is lost."""


class _Backend(Protocol):
    name: str
    engine: Engine

    @property
    def reader(self) -> Engine: ...

    def claim(self, connection: Connection) -> None: ...

    def strangers(self, tables: set[str], ours: set[str]) -> set[str]: ...

    def sole(self, sender: str) -> AbstractContextManager[Lock]: ...


class Database:
    """An open database with today's tables, in a file or at a PostgreSQL URL."""

    def __init__(self, where: str) -> None:
        if where.startswith(SCHEMES):
            self._backend: _Backend = PostgresServer(where)
        elif "://" in where:
            raise OutboxError(f"an outbox is a file or at {SCHEMES[0]}..., not at {where.split('://')[0]}://...")
        else:
            self._backend = SqliteFile(Path(where))
        self.name = self._backend.name
        try:
            with self.writing() as connection:
                self._backend.claim(connection)
                self._bring_up_to_date(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._backend.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all that is done inside is on disk afterwards, or nothing is."""
        with self._named("written"), self._backend.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """All that is read inside is of one moment."""
        with self._named("read"), self._backend.reader.begin() as connection:
            yield connection

    def sole(self, sender: str) -> AbstractContextManager[Lock]:
        """Holds the right to send with a key; refused while another process has it."""
        return self._backend.sole(sender)

    def _bring_up_to_date(self, connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "wattbook.bridge.outbox:migrations")
        config.attributes.update(connection=connection, version_table=_VERSION_TABLE)
        steps = ScriptDirectory.from_config(config)
        newest = steps.get_current_head()
        found = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE}).get_current_revision()
        if found is None:
            tables = set(inspect(connection).get_table_names()) - {_VERSION_TABLE}
            if strangers := self._backend.strangers(tables, set(schema.tables)):
                raise OutboxError(f"{self.name} is no outbox: it has a table {min(strangers)} of another program")
        elif found not in {step.revision for step in steps.walk_revisions()}:
            raise OutboxError(
                f"{self.name} is of version {found}, newer than this program, which knows versions up to {newest};"
                " run the newer program"
            )
        if found != newest:
            command.upgrade(config, "head")

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            word = (str(cause).splitlines() or [type(cause).__name__])[0]
            if any(sign in word for sign in _DAMAGED):
                raise OutboxError(f"{self.name} is damaged or no outbox ({word}); restore it from a copy") from None
            raise OutboxError(f"{self.name} cannot be {what}: {word}") from None
