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

from wattbook.database.postgres import SCHEMES, PostgresServer
from wattbook.database.purpose import Purpose
from wattbook.database.sqlite import SqliteFile

_DAMAGED = ("file is not a database", "malformed")


class Lock(Protocol):
    """A right that one process at a time has."""

    def check(self) -> None:
        """Raises if it is lost."""


class _Backend(Protocol):
    name: str
    engine: Engine

    @property
    def reader(self) -> Engine: ...

    def claim(self, connection: Connection) -> None: ...

    def strangers(self, tables: set[str], ours: set[str]) -> set[str]: ...

    def sole(self, name: str, refusal: str) -> AbstractContextManager[Lock]: ...


class Database:
    """An open database with today's tables, in a file or at a PostgreSQL URL. Threads may share it."""

    def __init__(self, where: str, purpose: Purpose) -> None:
        self._purpose = purpose
        if where.startswith(SCHEMES):
            self._backend: _Backend = PostgresServer(where, purpose)
        elif "://" in where:
            raise purpose.error(
                f"{purpose.article} {purpose.name} is a file or at {SCHEMES[0]}..., not at"
                f" {where.split('://')[0]}://..."
            )
        else:
            self._backend = SqliteFile(Path(where), purpose)
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
        self._backend.reader.dispose()

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

    def _bring_up_to_date(self, connection: Connection) -> None:
        purpose, config = self._purpose, Config()
        config.set_main_option("script_location", purpose.steps)
        config.attributes.update(connection=connection, version_table=purpose.version_table)
        steps = ScriptDirectory.from_config(config)
        newest = steps.get_current_head()
        options = {"version_table": purpose.version_table}
        found = MigrationContext.configure(connection, opts=options).get_current_revision()
        if found is None:
            tables = set(inspect(connection).get_table_names()) - {purpose.version_table}
            if strangers := self._backend.strangers(tables, purpose.table_names):
                raise purpose.error(
                    f"{self.name} is no {purpose.name}: it has a table {min(strangers)} of another program"
                )
        elif found not in {step.revision for step in steps.walk_revisions()}:
            raise purpose.error(
                f"{self.name} is of version {found}, newer than this program, which knows versions up to {newest};"
                " run the newer program"
            )
        if found != newest:
            command.upgrade(config, "head")

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        error_kind, noun = self._purpose.error, self._purpose.name
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            word = (str(cause).splitlines() or [type(cause).__name__])[0]
            if any(sign in word for sign in _DAMAGED):
                raise error_kind(f"{self.name} is damaged or no {noun} ({word}); restore it from a copy") from None
            raise error_kind(f"{self.name} cannot be {what}: {word}") from None
