"""Tenders, quotes and supplies; tariffs; roots of readings."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Row, and_

from frontend_api.api.shapes.base import Address, Time, Upt, Word
from frontend_api.api.shapes.words import CARRIERS, Carrier, address, shown_args
from frontend_api.database.tables import tenders

TenderState = Literal["quoting", "deciding", "overdue", "awarded", "declined", "expired"]
_DECIDED = ("awarded", "declined", "expired")


class Tender(BaseModel):
    """Energy that its owner offers for some time ahead, to those who quote for it, sealed.

    - quoting: quotes are taken
    - deciding: its owner opens them
    - overdue: he did not decide in time
    """

    tender: int
    owner: Address
    zone: str
    zone_number: int
    carrier: Carrier
    device: int
    wh: int
    reserve_mpt: int = Field(description="mPT per kWh below which nothing is awarded.")
    delivery_start: Time
    delivery_end: Time
    quote_end: Time
    decide_end: Time
    bond_upt: Upt
    state: TenderState
    awarded_wh: int | None
    terms: dict[str, Any] = Field(description="All terms, as the contract has them.")
    block: int


class Quote(BaseModel):
    """A quote: sealed, and in the open when it was awarded."""

    tender: int
    quote: int
    trader: Address
    hash: Word
    box: Any = Field(description="The quote, sealed for the tender's owner.")
    state: Literal["firm", "awarded", "withdrawn", "rejected", "voided", "lost"]
    wh: int | None
    price_mpt: int | None
    block: int


class Supply(BaseModel):
    """What came of a quote that was awarded.

    - active: margins are set aside
    - funded: its price too
    """

    supply: int
    tender: int
    user: Address
    wh: int
    price_mpt: int
    owner_margin_upt: Upt
    user_margin_upt: Upt
    state: Literal["active", "funded", "executed", "terminated"]
    outcome: dict[str, Any] | None = Field(description="Wh and uPT, as the contract reckoned them.")
    block: int


class TenderWhole(Tender):
    """With what came of it."""

    supplies: list[Supply]


class Tariff(BaseModel):
    """At what prices a provider sells packages."""

    version: int
    provider: Address
    withdrawn: bool
    tariff: dict[str, Any] = Field(description="All of it, as the contract has it.")
    block: int


class Root(BaseModel):
    """The root over all readings of a zone at a time."""

    zone: str
    zone_number: int
    time: Time
    version: int = Field(description="Later ones correct earlier ones.")
    root: Word
    size: int = Field(description="How many readings it is over.")
    data_hash: Word
    signers: list[Address]
    block: int


def state_of(row: Row[Any], now: int) -> TenderState:
    if row.ended is not None:
        ended: TenderState = row.ended
        return ended
    if now < row.quote_end:
        return "quoting"
    return "deciding" if now < row.decide_end else "overdue"


def in_state(state: TenderState, now: int) -> ColumnElement[bool]:
    """The same as a condition."""
    if state in _DECIDED:
        return tenders.c.ended == state
    going = tenders.c.ended_block.is_(None)
    if state == "quoting":
        return and_(going, tenders.c.quote_end > now)
    past = tenders.c.quote_end <= now
    return and_(going, past, tenders.c.decide_end > now if state == "deciding" else tenders.c.decide_end <= now)


def tender(row: Row[Any], now: int, zones: dict[int, str]) -> dict[str, Any]:
    return {
        "tender": row.tender,
        "owner": address(row.owner),
        "zone": zones.get(row.zone, ""),
        "zone_number": row.zone,
        "carrier": CARRIERS[row.carrier],
        "device": row.device,
        "wh": row.wh,
        "reserve_mpt": row.reserve,
        "delivery_start": row.delivery_start,
        "delivery_end": row.delivery_end,
        "quote_end": row.quote_end,
        "decide_end": row.decide_end,
        "bond_upt": str(row.bond),
        "state": state_of(row, now),
        "awarded_wh": row.awarded_wh,
        "terms": shown_args(row.terms),
        "block": row.block,
    }


def quote(row: Row[Any], tender_ended: str | None) -> dict[str, Any]:
    state = row.ended or ("awarded" if row.awarded_block is not None else "firm" if tender_ended is None else "lost")
    return {
        "tender": row.tender,
        "quote": row.quote,
        "trader": address(row.trader),
        "hash": row.hash,
        "box": row.box,
        "state": state,
        "wh": row.wh,
        "price_mpt": row.price,
        "block": row.block,
    }


def supply(row: Row[Any], *, funded: bool) -> dict[str, Any]:
    return {
        "supply": row.supply,
        "tender": row.tender,
        "user": address(row.user),
        "wh": row.wh,
        "price_mpt": row.price,
        "owner_margin_upt": str(row.owner_margin),
        "user_margin_upt": str(row.user_margin),
        "state": row.ended or ("funded" if funded else "active"),
        "outcome": row.outcome,
        "block": row.block,
    }


def tariff(row: Row[Any]) -> dict[str, Any]:
    return {
        "version": row.version,
        "provider": address(row.provider),
        "withdrawn": row.withdrawn_block is not None,
        "tariff": shown_args(row.tariff),
        "block": row.block,
    }


def root(row: Row[Any], zones: dict[int, str]) -> dict[str, Any]:
    return {
        "zone": zones.get(row.zone, ""),
        "zone_number": row.zone,
        "time": row.time,
        "version": row.version,
        "root": row.root,
        "size": row.size,
        "data_hash": row.data_hash,
        "signers": [address(one) for one in row.signers],
        "block": row.block,
    }
