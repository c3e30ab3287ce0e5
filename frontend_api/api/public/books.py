"""Books, what came of them, and the prices that they made."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, cast

from fastapi import Query, Request
from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Select, bindparam, func, select, tuple_, union_all
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.node import contracts_of
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem
from frontend_api.api.routing import router
from frontend_api.api.shapes import books as shape
from frontend_api.api.shapes import orders as order_shape
from frontend_api.api.shapes.base import CarrierFilter, From, Key, To, ZoneFilter, answers, paged
from frontend_api.api.shapes.words import Carrier
from frontend_api.database.tables import books, orders

routes = router(prefix="/api/v1", tags=["market"])

# A phase that is under way belongs to a book whose delivery is not long over.
_LONGEST_WAIT = 7 * 86_400
_MOST_NOW = 200
_MOST_PRICES = 1_000

_LIMIT = bindparam("limit", type_=Integer)
_BOOK = select(books).where(books.c.key == bindparam("key"))
_SLOT = (books.c.slot_start, books.c.key)


@routes.get(
    "/books", operation_id="list_books", summary="Books, the latest delivery first", responses=paged(shape.Book)
)
def list_books(
    request: Request,
    zone: ZoneFilter = None,
    carrier: CarrierFilter = None,
    state: Annotated[shape.State | None, Query(description="By the index's time.")] = None,
    since: From = None,
    until: To = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """`from` and `to` are of the start of delivery."""

    def work(moment: Moment) -> Any:
        place = moment.place(cursor, int, str)
        rows = _along_slots(moment, zone, carrier, limit + 1, state=state, since=since, until=until, place=place)
        zones = directory_of(moment).zones(moment)
        return moment.page(
            rows, limit, lambda row: shape.book(row, moment.now, zones), lambda row: (row.slot_start, row.key)
        )

    return answer(request, work)


@routes.get(
    "/books/now", operation_id="books_now", summary="Books with a phase under way", responses=answers(shape.BooksNow)
)
def books_now(request: Request, zone: ZoneFilter = None, carrier: CarrierFilter = None) -> Response:
    """The clock of the market: what can be sealed, opened or cleared now, and until when."""

    def work(moment: Moment) -> Any:
        now = moment.now
        rows = _along_slots(moment, zone, carrier, _MOST_NOW, state="now", since=now - _LONGEST_WAIT)
        zones = directory_of(moment).zones(moment)
        return {"now": now, "items": [shape.book_now(row, now, zones) for row in rows]}

    return answer(request, work)


@routes.get("/books/{key}", operation_id="book", summary="One book", responses=answers(shape.BookDetail, "not-found"))
def show_book(request: Request, key: Key) -> Response:
    """With how many orders it has, its terms, and who was excused why."""

    def work(moment: Moment) -> Any:
        row = _book(moment, key)
        counted = (func.count(), func.count(orders.c.revealed_block), func.count(orders.c.traded_block))
        counts = moment.row(select(*counted).where(orders.c.book == key))
        committed, revealed, traded = tuple(counts or (0, 0, 0))
        return {
            **shape.book(row, moment.now, directory_of(moment).zones(moment)),
            "dearest_mpt": row.dearest_wh,
            "counts": {"committed": committed, "revealed": revealed, "traded": traded},
            "terms": shape.terms(row, contracts_of(moment)),
            "excuse": shape.excuse(row),
        }

    return answer(request, work, beside=contracts_of)


@routes.get(
    "/books/{key}/orders",
    operation_id="list_orders_of_book",
    summary="Orders of a book, by place",
    responses=paged(order_shape.Order, "not-found"),
)
def list_orders_of_book(request: Request, key: Key, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Response:
    """An order shows what it asks once it was opened."""

    def work(moment: Moment) -> Any:
        question = order_shape.ORDERS.where(orders.c.book == key)
        if place := moment.place(cursor, int):
            question = question.where(orders.c.place > place[0])
        rows = moment.rows(question.order_by(orders.c.place).limit(limit + 1))
        if not rows:
            _book(moment, key)
        names = directory_of(moment).zone_names(moment)
        return moment.page(rows, limit, lambda row: order_shape.order(row, names), lambda row: (row.place,))

    return answer(request, work)


@routes.get(
    "/books/{key}/result",
    operation_id="result",
    summary="What came of a book",
    responses=answers(shape.Result, "not-found"),
)
def show_result(request: Request, key: Key) -> Response:
    """Null where the book is not so far."""
    return answer(request, lambda moment: shape.result(_book(moment, key), moment.now))


@routes.get(
    "/books/{key}/curve",
    operation_id="curve",
    summary="Supply and demand of a book",
    responses=answers(shape.Curve, "not-found"),
)
def show_curve(request: Request, key: Key) -> Response:
    """Of the orders that were opened; none are before."""

    def work(moment: Moment) -> Any:
        row = _book(moment, key)
        levels = moment.rows(
            select(orders.c.sell, orders.c.price, func.sum(orders.c.wh).label("wh"))
            .where(orders.c.book == key, orders.c.revealed_block.is_not(None))
            .group_by(orders.c.sell, orders.c.price)
        )
        return {
            "book": key,
            "state": shape.state_of(row, moment.now),
            "supply": _steps(sorted((one.price, int(one.wh)) for one in levels if one.sell)),
            "demand": _steps(sorted(((one.price, int(one.wh)) for one in levels if not one.sell), reverse=True)),
            "price_mpt": row.price,
            "traded_wh": row.traded_wh,
        }

    return answer(request, work)


@routes.get(
    "/prices",
    operation_id="list_prices",
    summary="What energy cost, the latest delivery first",
    responses=paged(shape.Price),
)
def list_prices(
    request: Request,
    zone: Annotated[str, Query(max_length=32, description="A zone's name.")],
    carrier: Annotated[Carrier, Query(description="What is traded.")],
    since: From = None,
    until: To = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_PRICES, description="How many at most.")] = _MOST_PRICES,
    cursor: Cursor = None,
) -> Response:
    """Of the books of a zone and carrier that were cleared with one price. `from` and `to` are of the start of
    delivery."""

    def work(moment: Moment) -> Any:
        place = moment.place(cursor, int, str)
        rows = _along_slots(moment, zone, carrier, limit + 1, state="priced", since=since, until=until, place=place)
        return moment.page(rows, limit, _price, lambda row: (row.slot_start, row.key))

    return answer(request, work)


def _price(row: Any) -> dict[str, Any]:
    return {
        "book": row.key,
        "slot_start": row.slot_start,
        "price_mpt": row.price,
        "traded_wh": row.traded_wh or 0,
    }


def _book(moment: Moment, key: str) -> Any:
    row = moment.row(_BOOK, {"key": key})
    if row is None:
        raise Problem("not-found", f"there is no book {key}")
    return row


def _along_slots(
    moment: Moment,
    zone: str | None,
    carrier: Carrier | None,
    limit: int,
    *,
    state: str | None = None,
    since: int | None = None,
    until: int | None = None,
    place: list[Any] | None = None,
) -> Sequence[Row[Any]]:
    """Books by slot, the latest first; those that go on now, the nearest."""
    given: dict[str, Any] = {"since": since, "until": until, "slot": place and place[0], "key": place and place[1]}
    values = {name: value for name, value in given.items() if value is not None}
    pairs = None
    if zone is not None or carrier is not None:
        pairs = directory_of(moment).pairs(moment, zone, None if carrier is None else carrier.number)
        if not pairs:
            return []
    statement = _books(None if pairs is None else len(pairs), state, frozenset(values))
    for number, (place_of_pair, kind) in enumerate(pairs or ()):
        values[f"zone{number}"], values[f"carrier{number}"] = place_of_pair, kind
    return moment.rows(statement, {**values, "now": moment.now, "limit": limit})


@lru_cache(maxsize=512)
def _books(pairs: int | None, state: str | None, given: frozenset[str]) -> Select[Any]:
    """The question of a form. The books of so many zones and carriers are read along the index of each, where there is
    one a slot."""
    conditions = _conditions(state, given)
    newest_first = state != "now"

    def along(*columns: Any) -> list[Any]:
        return [one.desc() if newest_first else one.asc() for one in columns]

    if pairs is None:
        return shape.BOOKS.where(*conditions).order_by(*along(*_SLOT)).limit(_LIMIT)

    def part(number: int, columns: Select[Any]) -> Select[Any]:
        its = (books.c.zone == bindparam(f"zone{number}"), books.c.carrier == bindparam(f"carrier{number}"))
        return columns.where(*its, *conditions).order_by(*along(books.c.slot_start)).limit(_LIMIT)

    if pairs == 1:
        return part(0, shape.BOOKS)
    keys = union_all(*(select(part(number, select(*_SLOT)).subquery()) for number in range(pairs))).subquery()
    chosen = select(keys).order_by(*along(keys.c.slot_start, keys.c.key)).limit(_LIMIT).subquery()
    joined = shape.BOOKS.join(chosen, chosen.c.key == books.c.key)
    return joined.order_by(*along(chosen.c.slot_start, chosen.c.key))


def _conditions(state: str | None, given: frozenset[str]) -> list[ColumnElement[bool]]:
    now: Any = bindparam("now", type_=BigInteger)
    conditions = []
    if "since" in given:
        conditions.append(books.c.slot_start >= bindparam("since"))
    if "until" in given:
        conditions.append(books.c.slot_start < bindparam("until"))
    if "slot" in given:
        conditions.append(tuple_(*_SLOT) < tuple_(bindparam("slot"), bindparam("key")))
    match state:
        case None:
            pass
        case "now":
            going = (books.c.ended.is_(None), books.c.settled_block.is_(None), books.c.opens_at <= now)
            conditions.extend(going)
        case "priced":
            conditions.extend((books.c.ended == "cleared", books.c.price.is_not(None)))
        case _:
            conditions.append(shape.in_state(cast(shape.State, state), now))
    return conditions


def _steps(levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each price with all Wh up to it."""
    steps, total = [], 0
    for price, wh in levels:
        total += wh
        steps.append((total, price))
    return steps
