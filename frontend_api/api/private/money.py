"""Balances, and what changed points."""

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import func, select, union_all

from frontend_api.api.moment import Moment
from frontend_api.api.private.lists import Names, before, both_pages, both_values, place_of_event
from frontend_api.api.shapes.words import address
from frontend_api.database.tables import blocks, holdings

_KINDS = {"token": "token_upt", "points": "points", "free": "free_upt", "locked": "locked_upt", "owed": "owed_upt"}


class Balance(BaseModel):
    """What one account has: PT in its own hands, points, and in the Vault what is free, locked by the market, owed."""

    account: str
    token_upt: str
    points: str = Field(description="With 18 decimals.")
    free_upt: str
    locked_upt: str
    owed_upt: str


class Balances(BaseModel):
    """The account's first, then those of accounts whose place it took."""

    items: list[Balance]


class PointChange(BaseModel):
    account: str
    change: str
    after: str
    block: int
    log: int
    time: int


class PointChanges(BaseModel):
    items: list[PointChange]
    next: str | None


@both_values("balances", "Balances", Balances)
def balances(moment: Moment, names: Names) -> dict[str, Any]:
    amounts = {(row.account, row.kind): row.after for row in newest_of_kinds(moment, names, tuple(_KINDS))}
    items = [
        {"account": address(name), **{field: str(amounts.get((name, kind), 0)) for kind, field in _KINDS.items()}}
        for name in names
    ]
    return {"items": items}


@both_pages("points", "Points, change by change, the newest first", PointChanges)
def points(moment: Moment, names: Names, cursor: str | None, limit: int) -> dict[str, Any]:
    columns = holdings.c
    order = (columns.block, columns.log, columns.part)
    question = select(holdings, blocks.c.time).join(blocks, blocks.c.number == columns.block)
    question = question.where(columns.account.in_(names), columns.kind == "points")
    beyond = before(order, moment.place(cursor, int, int, int))
    if beyond is not None:
        question = question.where(beyond)
    rows = moment.rows(question.order_by(*(column.desc() for column in order)).limit(limit + 1))

    def item(row: Any) -> dict[str, Any]:
        amounts = {"change": str(row.change), "after": str(row.after)}
        return {"account": address(row.account), **amounts, "block": row.block, "log": row.log, "time": row.time}

    return moment.page(rows, limit, item, lambda row: (*place_of_event(row), row.part))


def newest_of_kinds(moment: Moment, names: Names, kinds: tuple[str, ...]) -> Any:
    """The newest row of each account and kind, of kinds of which an account has one balance: one row is read of each,
    however often it changed."""
    columns = holdings.c
    newest_first = (columns.block.desc(), columns.log.desc(), columns.part.desc())
    parts = [
        select(columns.account, columns.kind, columns.after)
        .where(columns.account == name, columns.kind == kind, columns.item == 0)
        .order_by(*newest_first)
        .limit(1)
        .subquery()
        for name in names
        for kind in kinds
    ]
    return moment.rows(union_all(*(select(part) for part in parts))) if parts else []


def newest(moment: Moment, names: Names, kinds: tuple[str, ...]) -> Any:
    """The newest row of each account, kind and item."""
    columns = holdings.c
    newest_first = (columns.block.desc(), columns.log.desc(), columns.part.desc())
    rank = func.row_number().over(partition_by=(columns.account, columns.kind, columns.item), order_by=newest_first)
    ranked = select(holdings, rank.label("rank")).where(columns.account.in_(names), columns.kind.in_(kinds)).subquery()
    return moment.rows(select(ranked).where(ranked.c.rank == 1))
