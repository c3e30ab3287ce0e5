"""Books: what they are, how far they are, and what came of them."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Row, and_, select

from frontend_api.api.shapes.base import Address, Time, Upt, Word
from frontend_api.api.shapes.words import CARRIERS, Carrier, address, decimal
from frontend_api.database.tables import books

State = Literal["upcoming", "committing", "revealing", "clearing", "cleared", "settled", "void"]
UNDER_WAY = ("committing", "revealing", "clearing")

BOOKS = select(
    books.c.key,
    books.c.carrier,
    books.c.zone,
    books.c.slot_start,
    books.c.opens_at,
    books.c.reveals_at,
    books.c.clears_at,
    books.c.cap,
    books.c.ended,
    books.c.price,
    books.c.traded_wh,
    books.c.excused_block,
    books.c.settled_block,
)


class Book(BaseModel):
    """All orders for a carrier in a zone in one slot of delivery. Its phases follow each other: orders are sealed from
    opens_at, opened from reveals_at, cleared from clears_at on."""

    key: Word
    zone: str
    zone_number: int
    carrier: Carrier
    slot_start: Time
    slot_seconds: int | None
    opens_at: Time
    reveals_at: Time
    clears_at: Time
    state: State
    excused: bool = Field(description="Whether an operator excused those who could not open their orders.")
    price_mpt: int | None = Field(description="mPT per kWh, when all traded at one price.")
    traded_wh: int | None = Field(description="Null until it is cleared.")
    cap: int = Field(description="How many orders it can hold.")


class BookNow(Book):
    """A book with a phase under way."""

    phase: Literal["committing", "revealing", "clearing"]
    phase_ends_at: Time | None = Field(description="Null of clearing, which ends when somebody does it.")


class BooksNow(BaseModel):
    """What can be done now, the nearest delivery first."""

    now: Time = Field(description="The index's time, by which phases are told.")
    items: list[BookNow]


class Counts(BaseModel):
    """Orders."""

    committed: int
    revealed: int
    traded: int


class Terms(BaseModel):
    """By what the book is cleared; fixed when it is opened for good."""

    rule: Address
    rule_name: str | None = Field(examples=["Uniform"])
    k_bps: int = Field(description="Where between the lowest and highest possible price the price lies.")
    fee_bps: int = Field(description="Commission of each side.")


class Excuse(BaseModel):
    """By whom and why."""

    by: Address
    reason: str


class BookDetail(Book):
    """A book with all that is known of it."""

    dearest_mpt: int = Field(description="What an undelivered kWh may cost its seller.")
    counts: Counts
    terms: Terms | None
    excuse: Excuse | None


class Settled(BaseModel):
    """The book's money."""

    paid_upt: Upt
    received_upt: Upt
    pool_share_upt: Upt
    pool_spent_upt: Upt
    to_common_fund_upt: Upt


class Result(BaseModel):
    """What came of a book. Proposal and outcome are words as the rule's contract takes and gives them."""

    book: Word
    state: State
    price_mpt: int | None
    traded_wh: int | None
    pool_locked_upt: Upt | None
    settled: Settled | None
    proposal: list[str] | None
    outcome: list[str] | None


class Curve(BaseModel):
    """The orders that were opened, as steps: how many Wh in all are offered or wanted at a price or a better one."""

    book: Word
    state: State
    supply: list[tuple[int, int]] = Field(description="[Wh in all, mPT per kWh], the cheapest first.")
    demand: list[tuple[int, int]] = Field(description="[Wh in all, mPT per kWh], the dearest first.")
    price_mpt: int | None
    traded_wh: int | None


class Price(BaseModel):
    """What energy of a slot cost."""

    book: Word
    slot_start: Time
    price_mpt: int
    traded_wh: int


def state_of(row: Row[Any], now: int) -> State:
    if row.ended == "voided":
        return "void"
    if row.settled_block is not None:
        return "settled"
    if row.ended is not None:
        return "cleared"
    if now < row.opens_at:
        return "upcoming"
    if now < row.reveals_at:
        return "committing"
    return "revealing" if now < row.clears_at else "clearing"


def in_state(state: State, now: Any) -> ColumnElement[bool]:
    """The same as a condition."""
    going = books.c.ended.is_(None) & books.c.settled_block.is_(None)
    match state:
        case "void":
            return books.c.ended == "voided"
        case "settled":
            return and_(books.c.settled_block.is_not(None), books.c.ended == "cleared")
        case "cleared":
            return and_(books.c.ended == "cleared", books.c.settled_block.is_(None))
        case "upcoming":
            return and_(going, books.c.opens_at > now)
        case "committing":
            return and_(going, books.c.opens_at <= now, books.c.reveals_at > now)
        case "revealing":
            return and_(going, books.c.reveals_at <= now, books.c.clears_at > now)
    return and_(going, books.c.clears_at <= now)


def book(row: Row[Any], now: int, zones: dict[int, Any]) -> dict[str, Any]:
    zone = zones.get(row.zone)
    carried = zone.carriers.get(row.carrier) if zone else None
    return {
        "key": row.key,
        "zone": zone.name if zone else "",
        "zone_number": row.zone,
        "carrier": CARRIERS[row.carrier],
        "slot_start": row.slot_start,
        "slot_seconds": carried[0] if carried else None,
        "opens_at": row.opens_at,
        "reveals_at": row.reveals_at,
        "clears_at": row.clears_at,
        "state": state_of(row, now),
        "excused": row.excused_block is not None,
        "price_mpt": row.price,
        "traded_wh": row.traded_wh,
        "cap": row.cap,
    }


def book_now(row: Row[Any], now: int, zones: dict[int, Any]) -> dict[str, Any]:
    shown = book(row, now, zones)
    phase = shown["state"]
    ends = {"committing": row.reveals_at, "revealing": row.clears_at}
    return {**shown, "phase": phase, "phase_ends_at": ends.get(phase)}


def result(row: Row[Any], now: int) -> dict[str, Any]:
    settled = None
    if row.settled_block is not None:
        settled = {
            "paid_upt": str(row.paid),
            "received_upt": str(row.received),
            "pool_share_upt": str(row.pool_share),
            "pool_spent_upt": str(row.pool_spent),
            "to_common_fund_upt": str(row.to_common_fund),
        }
    return {
        "book": row.key,
        "state": state_of(row, now),
        "price_mpt": row.price,
        "traded_wh": row.traded_wh,
        "pool_locked_upt": decimal(row.pool_locked),
        "settled": settled,
        "proposal": _words(row.proposal),
        "outcome": _words(row.outcome),
    }


def terms(row: Row[Any], contracts: dict[str, str]) -> dict[str, Any] | None:
    if row.fixed_block is None:
        return None
    name = next((name for name, at in contracts.items() if at.lower() == row.rule), None)
    return {"rule": address(row.rule), "rule_name": name, "k_bps": row.k_bps, "fee_bps": row.fee_bps}


def excuse(row: Row[Any]) -> dict[str, Any] | None:
    return None if row.excused_block is None else {"by": address(row.excused_by), "reason": row.excuse}


def _words(words: list[Any] | None) -> list[str] | None:
    return None if words is None else [str(word) for word in words]
