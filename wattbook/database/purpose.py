"""What a database is for, beside which there may be others."""

from dataclasses import dataclass

from sqlalchemy import MetaData

from wattbook.errors import WattbookError


@dataclass(frozen=True)
class Purpose:
    """`name` as in "an outbox", `secrets` what others must not read in its file, `steps` the package with the
    migrations, `right` what only one process at a time has, `reading_seconds` how long a server may take for a
    question."""

    article: str
    name: str
    secrets: str
    right: str
    error: type[WattbookError]
    tables: tuple[MetaData, ...]
    steps: str
    version_table: str
    reading_seconds: int | None = None

    @property
    def table_names(self) -> set[str]:
        return {name for some in self.tables for name in some.tables}
