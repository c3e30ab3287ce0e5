"""Orders of the auction, sealed and opened."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Row, and_, or_, select

from frontend_api.api.shapes.base import Address, Time, Upt, Word
from frontend_api.api.shapes.words import CARRIERS, Carrier, address
from frontend_api.database.tables import blocks, books, orders

State = Literal["sealed", "revealed", "traded", "untraded", "void", "refunded", "slashed"]
Side = Literal["buy", "sell"]

ORDERS = (
    select(
        orders,
        books.c.zone,
        books.c.carrier,
        books.c.slot_start,
        books.c.ended,
        books.c.settled_block,
        blocks.c.time,
    )
    .join(books, books.c.key == orders.c.book)
    .join(blocks, blocks.c.number == orders.c.block)
)


class Opened(BaseModel):
    """What an order asks, once it was opened."""

    side: Side
    wh: int
    price_mpt: int
    device: int | None = Field(description="The device that delivers; null of who buys.")
    block: int


class Traded(BaseModel):
    """What an order got."""

    trade: Word
    wh: int
    amount_upt: Upt
    commission_upt: Upt
    block: int


class Bond(BaseModel):
    """What became of a bond that was not simply given back."""

    fate: Literal["refunded", "slashed"]
    amount_upt: Upt
    keeper: Address | None = Field(description="Who slashed it, and got it.")
    block: int


class Order(BaseModel):
    """- sealed: nobody knows what it asks
    - revealed: opened, and not cleared yet
    - traded: it got something
    - untraded: its book was settled without it
    - void: its book was
    - refunded: its bond was given back, as its book was void or excused
    - slashed: it was not opened in time, and its bond went to who showed it
    """

    book: Word
    place: int = Field(description="Its index among the book's orders.")
    number: int = Field(description="Its number among the trader's orders of this book.")
    trader: Address
    zone: str
    zone_number: int
    carrier: Carrier
    slot_start: Time
    state: State
    most_wh: int = Field(description="What an order of its class can have; all that is known of its size while sealed.")
    seal: Word
    block: int
    time: Time
    opened: Opened | None
    traded: Traded | None
    bond: Bond | None


def state_of(row: Row[Any]) -> State:
    if row.bond_block is not None:
        return "slashed" if row.bond_fate == "slashed" else "refunded"
    if row.traded_block is not None:
        return "traded"
    if row.ended == "voided":
        return "void"
    if row.revealed_block is None:
        return "sealed"
    return "revealed" if row.settled_block is None else "untraded"


def in_state(state: State) -> ColumnElement[bool]:
    """The same as a condition."""
    fateless = orders.c.bond_block.is_(None)
    if state in ("slashed", "refunded"):
        slashed = orders.c.bond_fate == "slashed"
        return and_(orders.c.bond_block.is_not(None), slashed if state == "slashed" else ~slashed)
    if state == "traded":
        return and_(fateless, orders.c.traded_block.is_not(None))
    idle = and_(fateless, orders.c.traded_block.is_(None))
    if state == "void":
        return and_(idle, books.c.ended == "voided")
    going = and_(idle, or_(books.c.ended.is_(None), books.c.ended != "voided"))
    if state == "sealed":
        return and_(going, orders.c.revealed_block.is_(None))
    settled = books.c.settled_block.is_not(None)
    return and_(going, orders.c.revealed_block.is_not(None), settled if state == "untraded" else ~settled)


def order(row: Row[Any], zones: dict[int, str]) -> dict[str, Any]:
    opened = traded = bond = None
    if row.revealed_block is not None:
        opened = {
            "side": "sell" if row.sell else "buy",
            "wh": row.wh,
            "price_mpt": row.price,
            "device": row.device or None,
            "block": row.revealed_block,
        }
    if row.traded_block is not None:
        traded = {
            "trade": row.trade,
            "wh": row.traded_wh,
            "amount_upt": str(row.amount),
            "commission_upt": str(row.commission),
            "block": row.traded_block,
        }
    if row.bond_block is not None:
        bond = {
            "fate": row.bond_fate,
            "amount_upt": str(row.bond),
            "keeper": address(row.keeper) if row.keeper else None,
            "block": row.bond_block,
        }
    return {
        "book": row.book,
        "place": row.place,
        "number": row.number,
        "trader": address(row.trader),
        "zone": zones.get(row.zone, ""),
        "zone_number": row.zone,
        "carrier": CARRIERS[row.carrier],
        "slot_start": row.slot_start,
        "state": state_of(row),
        "most_wh": row.most_wh,
        "seal": row.seal,
        "block": row.block,
        "time": row.time,
        "opened": opened,
        "traded": traded,
        "bond": bond,
    }
