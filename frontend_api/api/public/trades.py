"""Trades, the newest first."""

from heapq import merge
from typing import Any

from fastapi import Request
from sqlalchemy import ColumnElement, Row, Select, or_, select, tuple_
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
        place = moment.place(cursor, int, int)
        span = _span(moment, since, until)

        def along(question: Select[Any], columns: tuple[Any, Any], table: Any, *who: ColumnElement[bool]) -> Any:
            question = question.where(*who, *_within(columns, place, span))
            if pairs is not None:
                question = question.where(or_(*((table.c.zone == z) & (table.c.carrier == c) for z, c in pairs)))
            return moment.rows(question.order_by(*(one.desc() for one in columns)).limit(limit + 1))

        filled = [] if account is None else [orders.c.trader == account]
        found = [_keyed(along(shape.FILLS, _FILLED, books, orders.c.traded_block.is_not(None), *filled), "traded_")]
        if account is None:
            found.append(_keyed(along(shape.SALES, _SOLD, sales), ""))
        else:
            found.append(_keyed(along(shape.SALES, _SOLD, sales, sales.c.seller == account), ""))
            found.append(_keyed(along(shape.SALES, _SOLD, sales, sales.c.buyer == account), ""))
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


def _keyed(rows: Any, prefix: str) -> list[tuple[tuple[int, int], Any]]:
    return [((getattr(row, f"{prefix}block"), getattr(row, f"{prefix}log")), row) for row in rows]


def _within(columns: tuple[Any, Any], place: list[int] | None, span: tuple[int | None, int | None]) -> list[Any]:
    first, last = span
    conditions = []
    if place is not None:
        conditions.append(tuple_(*columns) < tuple(place))
    if first is not None:
        conditions.append(columns[0] >= first)
    if last is not None:
        conditions.append(columns[0] <= last)
    return conditions


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
