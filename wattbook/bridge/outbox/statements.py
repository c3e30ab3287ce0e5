"""Statements that SQLite and PostgreSQL have alike, but SQLAlchemy only for each by itself."""

from typing import TypeVar, cast

from sqlalchemy import JSON, BigInteger, ColumnElement, Connection, Table, func, literal
from sqlalchemy import cast as converted
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

# SQLite takes some 30,000 values in a statement; this many rows of a few columns are fast and far below.
_PORTION = 500


def insert_into(connection: Connection, table: Table) -> postgresql.Insert:
    """An insertion that can say what happens when a row is there already."""
    if connection.dialect.name == "sqlite":
        # Of what is used here both have the same, each as a class of its own.
        return cast(postgresql.Insert, sqlite.insert(table))
    return postgresql.insert(table)


def portions(items: list[T]) -> list[list[T]]:
    """The same in parts that one statement can name."""
    return [items[start : start + _PORTION] for start in range(0, len(items), _PORTION)]


def rows_of(connection: Connection, numbers: list[int]) -> ColumnElement[int]:
    """Numbers as the rows of a table, which can be joined. In one value, because SQLAlchemy would translate a statement
    with one for each row anew every time, which takes longer than to carry it out."""
    opened = func.json_each if connection.dialect.name == "sqlite" else func.json_array_elements_text
    return converted(opened(literal(numbers, JSON)).table_valued("value", name="wanted").c.value, BigInteger)
