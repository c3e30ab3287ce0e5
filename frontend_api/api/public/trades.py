"""Trades, the newest first."""

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from heapq import merge
from typing import Any

from fastapi import Request
from sqlalchemy import ColumnElement, Integer, Row, Select, bindparam, or_, select, tuple_
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem
from frontend_api.api.routing import router
from frontend_api.api.shapes import trades as shape
from frontend_api.api.shapes.base import AddressFilter, CarrierFilter, From, Key, To, ZoneFilter, answers, paged
from frontend_api.database.tables import blocks, books, orders, sales

routes = router(prefix="/api/v1", tags=["market"])

_LIMIT = bindparam("limit", type_=Integer)
_FILLED = (orders.c.traded_block, orders.c.traded_log)
_SOLD = (sales.c.block, sales.c.log)


@routes.get("/trades", operation_id="list_trades", summary="Trades, the newest first", responses=paged(shape.Trade))
def list_trades(
    request: Request,
    account: AddressFilter = None,
    zone: ZoneFilter = None,
    carrier: CarrierFilter = None,
    since: From = None,
    until: To = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Of the auction, and between members directly. `from` and `to` are of the time at which it was traded."""

    def work(moment: Moment) -> Any:
        directory = directory_of(moment)
        pairs = None
        if zone is not None or carrier is not None:
            pairs = directory.pairs(moment, zone, None if carrier is None else carrier.number)
            if not pairs:
                return {"items": [], "next": None}
        values = _values(moment, account, moment.place(cursor, int, int), since, until)
        given = frozenset(values)
        for number, (place, kind) in enumerate(pairs or ()):
            values[f"zone{number}"], values[f"carrier{number}"] = place, kind
        values["limit"] = limit + 1
        wanted = (_Kind.FILL, _Kind.SALE) if account is None else (_Kind.FILL, _Kind.SOLD, _Kind.BOUGHT)
        found = [_keyed(moment.rows(_trades(one, given, len(pairs or ())), values), one) for one in wanted]
        rows = list(merge(*found, key=lambda one: one[0], reverse=True))[: limit + 1]
        names = directory.zone_names(moment)
        return moment.page(rows, limit, lambda one: shown_trade(one[1], names), lambda one: one[0])

    return answer(request, work)


@routes.get("/trades/{trade}", operation_id="trade", summary="One trade", responses=answers(shape.Trade, "not-found"))
def show_trade(request: Request, trade: Key) -> Response:
    """By its id, which is unique to the market (003 II.D)."""
    return answer(
        request, lambda moment: shown_trade(found_trade(moment, trade), directory_of(moment).zone_names(moment))
    )


def found_trade(moment: Moment, trade: str) -> Row[Any]:
    """A trade of either kind."""
    row = moment.row(shape.FILLS.where(orders.c.trade == trade)) or moment.row(
        shape.SALES.where(sales.c.trade == trade)
    )
    if row is None:
        raise Problem("not-found", f"there is no trade {trade}")
    return row


def shown_trade(row: Row[Any], names: dict[int, str]) -> dict[str, Any]:
    return shape.sale(row, names) if hasattr(row, "seller") else shape.fill(row, names)


class _Kind(Enum):
    """Trades that are read along an index."""

    FILL = "of the auction"
    SALE = "direct sales"
    SOLD = "direct sales of a seller"
    BOUGHT = "direct sales to a buyer"


def _values(
    moment: Moment, account: str | None, place: list[int] | None, since: int | None, until: int | None
) -> dict[str, Any]:
    first, last = _span(moment, since, until)
    block, log = place or (None, None)
    given = {"account": account, "block": block, "log": log, "first": first, "last": last}
    return {name: value for name, value in given.items() if value is not None}


@lru_cache(maxsize=512)
def _trades(kind: _Kind, given: frozenset[str], pairs: int) -> Select[Any]:
    """The question of a form."""
    fills = kind is _Kind.FILL
    question, columns, table = (shape.FILLS, _FILLED, books) if fills else (shape.SALES, _SOLD, sales)
    conditions: list[ColumnElement[bool]] = [orders.c.traded_block.is_not(None)] if fills else []
    if "account" in given:
        who = {_Kind.FILL: orders.c.trader, _Kind.SOLD: sales.c.seller, _Kind.BOUGHT: sales.c.buyer}[kind]
        conditions.append(who == bindparam("account"))
    if "block" in given:
        conditions.append(tuple_(*columns) < tuple_(bindparam("block"), bindparam("log")))
    if "first" in given:
        conditions.append(columns[0] >= bindparam("first"))
    if "last" in given:
        conditions.append(columns[0] <= bindparam("last"))
    if pairs:
        its = (
            (table.c.zone == bindparam(f"zone{number}")) & (table.c.carrier == bindparam(f"carrier{number}"))
            for number in range(pairs)
        )
        conditions.append(or_(*its))
    return question.where(*conditions).order_by(*(one.desc() for one in columns)).limit(_LIMIT)


def _keyed(rows: Sequence[Row[Any]], kind: _Kind) -> list[tuple[tuple[int, int], Row[Any]]]:
    """Rows with where they stand in the list."""
    if kind is _Kind.FILL:
        return [((row.traded_block, row.traded_log), row) for row in rows]
    return [((row.block, row.log), row) for row in rows]


def _span(moment: Moment, since: int | None, until: int | None) -> tuple[int | None, int | None]:
    """The first and last block of a time."""
    first = last = None
    if since is not None:
        question = select(blocks.c.number).where(blocks.c.time >= since).order_by(blocks.c.time)
        first = moment.connection.execute(question.limit(1)).scalar()
        # After the last block there is nothing.
        first = moment.block + 1 if first is None else first
    if until is not None:
        question = select(blocks.c.number).where(blocks.c.time < until).order_by(blocks.c.time.desc())
        last = moment.connection.execute(question.limit(1)).scalar()
        last = -1 if last is None else last
    return first, last
