"""The front end's database: what the chain told, and what is not on the chain."""

from contextlib import AbstractContextManager

from frontend_api.database.tables import dealings, facts
from wattbook.database import database
from wattbook.database.database import Lock as Lock
from wattbook.database.purpose import Purpose
from wattbook.errors import WattbookError


class DatabaseError(WattbookError):
    """The index's database cannot be read or written, is none, or is another market's."""


_INDEX = Purpose(
    article="an",
    name="index",
    secrets="who is signed in",
    right="the right to write what the chain tells",
    error=DatabaseError,
    tables=(facts, dealings),
    steps="frontend_api.database:migrations",
    version_table="index_version",
    reading_seconds=10,
)


class Database(database.Database):
    """An open index with today's tables, in a file or at a PostgreSQL URL."""

    def __init__(self, where: str) -> None:
        super().__init__(where, _INDEX)

    def sole(self) -> AbstractContextManager[Lock]:
        """Holds the right to write what the chain tells; refused while another process has it."""
        return self._sole("follower", f"another process follows the chain into {self.name}; one at a time can")

    def sole_caller(self) -> AbstractContextManager[Lock]:
        """Holds the right to call webhooks; refused while another process has it."""
        return self._sole("caller", f"another process calls the webhooks of {self.name}; one at a time can")

    def _sole(self, right: str, refusal: str) -> AbstractContextManager[Lock]:
        with self.reading() as connection:
            # A server's locks are of all its schemas.
            server = connection.dialect.name == "postgresql"
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one() if server else ""
        return self._backend.sole(f"{schema} {right}" if server else right, refusal)
