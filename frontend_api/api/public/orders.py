"""Orders, whosever they are."""

from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import tuple_
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem
from frontend_api.api.routing import router
from frontend_api.api.shapes import orders as shape
from frontend_api.api.shapes.base import AddressFilter, Key, Place, answers, paged
from frontend_api.database.tables import orders

routes = router(prefix="/api/v1", tags=["market"])

_CHAIN = (orders.c.block, orders.c.log)


@routes.get("/orders", operation_id="list_orders", summary="Orders, the newest first", responses=paged(shape.Order))
def list_orders(
    request: Request,
    trader: AddressFilter = None,
    state: Annotated[shape.State | None, Query(description="How far an order has come.")] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """What a trader has sealed, and what came of it. Also those of an address whose place he took are asked for by
    that address."""

    def work(moment: Moment) -> Any:
        question = shape.ORDERS
        if trader is not None:
            question = question.where(orders.c.trader == trader)
        if state is not None:
            question = question.where(shape.in_state(state))
        if place := moment.place(cursor, int, int):
            question = question.where(tuple_(*_CHAIN) < tuple(place))
        rows = moment.rows(question.order_by(*(column.desc() for column in _CHAIN)).limit(limit + 1))
        names = directory_of(moment).zone_names(moment)
        return moment.page(rows, limit, lambda row: shape.order(row, names), lambda row: (row.block, row.log))

    return answer(request, work)


@routes.get(
    "/orders/{book}/{place}", operation_id="order", summary="One order", responses=answers(shape.Order, "not-found")
)
def show_order(request: Request, book: Key, place: Place) -> Response:
    """By its book and its place in it."""

    def work(moment: Moment) -> Any:
        row = moment.row(shape.ORDERS.where(orders.c.book == book, orders.c.place == place))
        if row is None:
            raise Problem("not-found", f"there is no order {place} in a book {book}")
        return shape.order(row, directory_of(moment).zone_names(moment))

    return answer(request, work)
