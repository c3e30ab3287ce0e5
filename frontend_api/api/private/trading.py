"""Orders and positions of an account."""

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Text, cast, literal, null, select, union_all

from frontend_api.api.moment import Moment
from frontend_api.api.private.lists import Names, before, both_pages, place_of_event
from frontend_api.api.shapes.words import CARRIERS, address, address_or_none, decimal
from frontend_api.database.tables import books, orders, sales, settlements, zones
from wattbook.settlement.statements import Statement, unpacked


class MyOrder(BaseModel):
    """An order. What it asks for is known once it is revealed."""

    book: str
    place: int
    trader: str
    number: int
    zone: str
    carrier: str
    slot_start: int
    reveals_at: int = Field(description="From when on it can be revealed.")
    clears_at: int = Field(description="Until when it can be.")
    seal: str
    most_wh: int
    state: str = Field(
        json_schema_extra={"enum": ["committed", "revealing", "withheld", "revealed", "traded", "not_traded", "void"]}
    )
    sell: bool | None
    wh: int | None
    price_mpt: int | None
    device: int | None
    trade: str | None
    traded_wh: int | None
    amount_upt: str | None
    commission_upt: str | None
    bond_fate: str | None = Field(description="What became of the bond of an order that was not revealed.")
    bond_upt: str | None
    keeper: str | None
    block: int


class MyOrders(BaseModel):
    items: list[MyOrder]
    next: str | None


class Settled(BaseModel):
    """How the account was settled in the slot: what its meters counted and what it traded, and all that it got."""

    injected_wh: int
    withdrawn_wh: int
    sold_wh: int
    bought_wh: int
    due_upt: str
    cash_upt: str
    unpaid_upt: str


class Position(BaseModel):
    """What was sold or bought."""

    kind: str = Field(json_schema_extra={"enum": ["auction", "direct"]})
    trade: str
    account: str
    side: str = Field(json_schema_extra={"enum": ["sell", "buy"]})
    book: str
    zone: str
    carrier: str
    slot_start: int
    wh: int
    amount_upt: str
    device: int | None
    settled: Settled | None
    block: int
    log: int


class Positions(BaseModel):
    items: list[Position]
    next: str | None


@both_pages("orders", "Orders, the newest first", MyOrders)
def my_orders(moment: Moment, names: Names, cursor: str | None, limit: int) -> dict[str, Any]:
    columns = orders.c
    about = (books.c.zone, books.c.carrier, books.c.slot_start, books.c.reveals_at, books.c.clears_at, books.c.ended)
    question = select(orders, *about, zones.c.name.label("zone_name"))
    question = question.join(books, books.c.key == columns.book).join(zones, zones.c.number == books.c.zone)
    question = question.where(columns.trader.in_(names))
    order = (columns.block, columns.log)
    beyond = before(order, moment.place(cursor, int, int))
    if beyond is not None:
        question = question.where(beyond)
    rows = moment.rows(question.order_by(*(column.desc() for column in order)).limit(limit + 1))
    return moment.page(rows, limit, lambda row: _order(row, moment.now), place_of_event)


def state_of(row: Any, now: int) -> str:
    """Where an order stands, by its own facts and its book's."""
    if row.traded_block is not None:
        return "traded"
    if row.ended == "voided":
        return "void"
    if row.revealed_block is not None:
        return "not_traded" if row.ended else "revealed"
    if now < row.reveals_at:
        return "committed"
    return "revealing" if now < row.clears_at else "withheld"


def _order(row: Any, now: int) -> dict[str, Any]:
    return {
        "book": row.book,
        "place": row.place,
        "trader": address(row.trader),
        "number": row.number,
        "zone": row.zone_name,
        "carrier": CARRIERS[row.carrier],
        "slot_start": row.slot_start,
        "reveals_at": row.reveals_at,
        "clears_at": row.clears_at,
        "seal": row.seal,
        "most_wh": row.most_wh,
        "state": state_of(row, now),
        "sell": row.sell,
        "wh": row.wh,
        "price_mpt": row.price,
        "device": row.device,
        "trade": row.trade,
        "traded_wh": row.traded_wh,
        "amount_upt": decimal(row.amount),
        "commission_upt": decimal(row.commission),
        "bond_fate": row.bond_fate,
        "bond_upt": decimal(row.bond),
        "keeper": address_or_none(row.keeper),
        "block": row.block,
    }


@both_pages("positions", "What was sold and bought, the newest first", Positions)
def positions(moment: Moment, names: Names, cursor: str | None, limit: int) -> dict[str, Any]:
    place = moment.place(cursor, int, int, int)
    parts = [_auctioned(names, place and place[:2], limit)]
    parts += (_sold(names, _sold_before(place, sell=sell), limit, sell) for sell in (True, False))
    found = union_all(*parts).subquery()
    question = select(found, zones.c.name.label("zone_name")).join(zones, zones.c.number == found.c.zone)
    order = (found.c.block.desc(), found.c.log.desc(), found.c.sell.desc())
    rows = moment.rows(question.order_by(*order).limit(limit + 1))
    settled = _settled(moment, names, {row.book for row in rows})

    def item(row: Any) -> dict[str, Any]:
        return {
            "kind": row.kind,
            "trade": row.trade,
            "account": address(row.account),
            "side": "sell" if row.sell else "buy",
            "book": row.book,
            "zone": row.zone_name,
            "carrier": CARRIERS[row.carrier],
            "slot_start": row.slot_start,
            "wh": row.wh,
            "amount_upt": str(row.wh * row.price if row.amount is None else row.amount),
            "device": row.device or None,
            "settled": _of_account(settled.get(row.book, {}), row.account),
            "block": row.block,
            "log": row.log,
        }

    return moment.page(rows, limit, item, lambda row: (*place_of_event(row), int(row.sell)))


def _sold_before(place: Any, *, sell: bool) -> Any:
    """Before which sale a side goes on. Who is both sides of one sees what he sold first."""
    if place is None:
        return None
    block, log, sold = place
    return block, log + 1 if sold and not sell else log


def _auctioned(names: Names, place: Any, limit: int) -> Any:
    columns = orders.c
    question = select(
        literal("auction").label("kind"),
        columns.trade.label("trade"),
        columns.trader.label("account"),
        columns.sell.label("sell"),
        columns.book.label("book"),
        books.c.zone.label("zone"),
        books.c.carrier.label("carrier"),
        books.c.slot_start.label("slot_start"),
        columns.traded_wh.label("wh"),
        columns.price.label("price"),
        columns.amount.label("amount"),
        columns.device.label("device"),
        columns.traded_block.label("block"),
        columns.traded_log.label("log"),
    ).join(books, books.c.key == columns.book)
    question = question.where(columns.trader.in_(names), columns.traded_block.is_not(None))
    beyond = before((columns.traded_block, columns.traded_log), place)
    if beyond is not None:
        question = question.where(beyond)
    newest = question.order_by(columns.traded_block.desc(), columns.traded_log.desc())
    return select(newest.limit(limit + 1).subquery())


def _sold(names: Names, place: Any, limit: int, sell: bool) -> Any:
    columns = sales.c
    account = columns.seller if sell else columns.buyer
    question = select(
        literal("direct").label("kind"),
        columns.trade.label("trade"),
        account.label("account"),
        literal(sell).label("sell"),
        columns.book.label("book"),
        columns.zone.label("zone"),
        columns.carrier.label("carrier"),
        columns.slot_start.label("slot_start"),
        columns.wh.label("wh"),
        columns.price.label("price"),
        cast(null(), Text).label("amount"),
        (columns.device if sell else cast(null(), BigInteger)).label("device"),
        columns.block.label("block"),
        columns.log.label("log"),
    ).where(account.in_(names))
    beyond = before((columns.block, columns.log), place)
    if beyond is not None:
        question = question.where(beyond)
    return select(question.order_by(columns.block.desc(), columns.log.desc()).limit(limit + 1).subquery())


def _settled(moment: Moment, names: Names, keys: set[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """By book and account. Each time all is told that an account did, and what changed of its money."""
    columns = settlements.c
    question = select(columns.book, columns.account, columns.statement)
    question = question.where(columns.account.in_(names), columns.book.in_(keys))
    found: dict[tuple[str, str], Statement] = {}
    for row in moment.rows(question.order_by(columns.block, columns.log)):
        key = row.book, row.account
        said, before = unpacked([int(word) for word in row.statement]), found.get(key)
        if before is not None:
            money = {name: getattr(before, name) + getattr(said, name) for name in ("due", "cash", "unpaid")}
            said = said._replace(**money)
        found[key] = said
    shown: dict[str, dict[str, dict[str, Any]]] = {}
    for (book, account), said in found.items():
        shown.setdefault(book, {})[account] = {
            "injected_wh": said.injected,
            "withdrawn_wh": said.withdrawn,
            "sold_wh": said.sold,
            "bought_wh": said.bought,
            "due_upt": str(said.due),
            "cash_upt": str(said.cash),
            "unpaid_upt": str(said.unpaid),
        }
    return shown


def _of_account(settled: dict[str, dict[str, Any]], account: str) -> dict[str, Any] | None:
    """How an account was settled. One that was replaced before was settled as the one in its place."""
    only = next(iter(settled.values())) if len(settled) == 1 else None
    return settled.get(account, only)
