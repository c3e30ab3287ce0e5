"""Trades: of the auction, where everybody trades with the book, and direct sales of one member to another."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Row, select

from frontend_api.api.shapes.base import Address, Time, Upt, Word
from frontend_api.api.shapes.words import CARRIERS, Carrier, address
from frontend_api.database.tables import blocks, books, orders, sales

FILLS = (
    select(
        orders.c.trade,
        orders.c.book,
        orders.c.place,
        orders.c.trader,
        orders.c.sell,
        orders.c.device,
        orders.c.traded_wh,
        orders.c.amount,
        orders.c.commission,
        orders.c.block,
        orders.c.log,
        orders.c.revealed_block,
        orders.c.revealed_log,
        orders.c.traded_block,
        orders.c.traded_log,
        books.c.zone,
        books.c.carrier,
        books.c.slot_start,
        books.c.price,
        books.c.ended_block,
        books.c.settled_block,
        blocks.c.time,
    )
    .join(books, books.c.key == orders.c.book)
    .join(blocks, blocks.c.number == orders.c.traded_block)
)
SALES = select(sales, blocks.c.time).join(blocks, blocks.c.number == sales.c.block)


class Trade(BaseModel):
    """In the auction everybody trades with the book, so of buyer and seller one is null."""

    trade: Word
    kind: Literal["auction", "direct"]
    book: Word
    place: int | None = Field(description="Of the order that traded; null of a direct sale.")
    zone: str
    zone_number: int
    carrier: Carrier
    slot_start: Time
    seller: Address | None
    buyer: Address | None
    device: int | None = Field(description="What delivers, if that is known.")
    wh: int
    price_mpt: int | None = Field(description="mPT per kWh; null where each of a book paid a price of his own.")
    amount_upt: Upt = Field(description="What the energy costs, or brings.")
    commission_upt: Upt | None
    block: int
    log: int
    time: Time


def fill(row: Row[Any], zones: dict[int, str]) -> dict[str, Any]:
    trader = address(row.trader)
    return {
        "trade": row.trade,
        "kind": "auction",
        "book": row.book,
        "place": row.place,
        "zone": zones.get(row.zone, ""),
        "zone_number": row.zone,
        "carrier": CARRIERS[row.carrier],
        "slot_start": row.slot_start,
        "seller": trader if row.sell else None,
        "buyer": None if row.sell else trader,
        "device": row.device or None,
        "wh": row.traded_wh,
        "price_mpt": row.price,
        "amount_upt": str(row.amount),
        "commission_upt": str(row.commission),
        "block": row.traded_block,
        "log": row.traded_log,
        "time": row.time,
    }


def sale(row: Row[Any], zones: dict[int, str]) -> dict[str, Any]:
    return {
        "trade": row.trade,
        "kind": "direct",
        "book": row.book,
        "place": None,
        "zone": zones.get(row.zone, ""),
        "zone_number": row.zone,
        "carrier": CARRIERS[row.carrier],
        "slot_start": row.slot_start,
        "seller": address(row.seller),
        "buyer": address(row.buyer),
        "device": row.device or None,
        "wh": row.wh,
        "price_mpt": row.price,
        "amount_upt": str(row.wh * row.price),
        "commission_upt": None,
        "block": row.block,
        "log": row.log,
        "time": row.time,
    }
