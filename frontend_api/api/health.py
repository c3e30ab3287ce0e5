"""How it goes: the node, the index, the database."""

import time
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Row, select

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import progress

# Seconds without a word from the node, and blocks behind it, from which on the index is called stale.
_SILENCE, _BEHIND = 60, 20


class NodeHealth(BaseModel):
    answers: bool
    head: int | None = Field(description="Its newest block, as last heard.")
    since: int | None = Field(description="When it last answered, in Unix seconds.")
    trouble: str | None = Field(description="What went wrong since.")


class IndexHealth(BaseModel):
    block: int | None
    time: int | None
    lag_blocks: int | None
    lag_seconds: int | None = Field(description="Age of the newest block in the index, by this machine's clock.")
    reorganisations: int
    deepest: int


class DatabaseHealth(BaseModel):
    answers: bool


class Health(BaseModel):
    """- ok: the index follows the node
    - stale: everything is answered, as it was at the index's time
    - down: the database does not answer, so nothing is
    """

    status: str = Field(examples=["ok"], json_schema_extra={"enum": ["ok", "stale", "down"]})
    node: NodeHealth
    index: IndexHealth
    database: DatabaseHealth


def health(database: Database, now: float | None = None) -> dict[str, Any]:
    """All of it."""
    now = int(time.time() if now is None else now)
    try:
        with database.reading() as connection:
            found = connection.execute(select(progress)).first()
    except DatabaseError:
        return _health("down", None, now, answers=False)
    if found is None or found.indexed_time is None:
        return _health("stale", found, now)
    silent = found.heard_at is None or now - found.heard_at > _SILENCE
    behind = found.head is not None and found.head - found.indexed > _BEHIND
    return _health("stale" if silent or behind or found.trouble else "ok", found, now)


def _health(status: str, found: Row[Any] | None, now: int, *, answers: bool = True) -> dict[str, Any]:
    heard = found.heard_at if found else None
    lag = found.head - found.indexed if found and found.head is not None else None
    time_of_block = found.indexed_time if found else None
    return {
        "status": status,
        "node": {
            "answers": heard is not None and now - heard <= _SILENCE and not (found and found.trouble),
            "head": found.head if found else None,
            "since": heard,
            "trouble": found.trouble if found else None,
        },
        "index": {
            "block": found.indexed if found else None,
            "time": time_of_block,
            "lag_blocks": None if lag is None else max(0, lag),
            "lag_seconds": None if time_of_block is None else max(0, now - time_of_block),
            "reorganisations": found.reorganisations if found else 0,
            "deepest": found.deepest if found else 0,
        },
        "database": {"answers": answers},
    }
