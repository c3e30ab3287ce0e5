"""What an index has, to be held against another's."""

from typing import Any

from sqlalchemy import select

from frontend_api.database.database import Database
from frontend_api.database.tables import facts
from frontend_api.index.following import Follower
from wattbook import Market
from wattbook.chain import Chain


def rows_of(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that hold what the chain told, table by table."""
    with database.reading() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in facts.tables.items()
        }


def fresh(market: Market, path: str) -> dict[str, list[tuple[Any, ...]]]:
    """What an index has that is made now, into a file."""
    database = Database(path)
    try:
        Follower(market, database).catch_up()
        return rows_of(database)
    finally:
        database.close()


def assert_same(found: dict[str, list[tuple[Any, ...]]], expected: dict[str, list[tuple[Any, ...]]]) -> None:
    """Row for row; says of which tables it is not so, and the first rows."""
    for name, rows in expected.items():
        if found[name] != rows:
            more = [row for row in found[name] if row not in rows][:3]
            less = [row for row in rows if row not in found[name]][:3]
            raise AssertionError(f"{name}: {len(found[name])} rows, not {len(rows)}; too many {more}, missing {less}")


def through(market: Market, url: str) -> Market:
    """The market, by another way to its node."""
    return Market(Chain.at(url), market.deployment)
