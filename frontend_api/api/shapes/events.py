"""Events, as lists and streams show them."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Row, Select, select, tuple_, union_all

from frontend_api.api.shapes.words import shown_args
from frontend_api.database.tables import blocks, events, subjects
from wattbook import abi

KINDS = (
    "account",
    "member",
    "device",
    "book",
    "tender",
    "supply",
    "subscription",
    "tariff",
    "certificate",
    "slice",
    "zone",
)
Kind = Literal[
    "account",
    "member",
    "device",
    "book",
    "tender",
    "supply",
    "subscription",
    "tariff",
    "certificate",
    "slice",
    "zone",
]
COLUMNS = (events.c.block, events.c.log, events.c.transaction, events.c.contract, events.c.name, events.c.args)
_PLACE = (events.c.block, events.c.log)
# Of a block's hash, as much as tells it from others of its number.
_HASH_DIGITS = 8


class Event(BaseModel):
    """Something that a contract of the market told."""

    id: str = Field(description="block:log:first digits of the block's hash; what a stream is resumed by.")
    block: int
    log: int = Field(description="Its index in the block.")
    time: int
    transaction: str
    contract: str = Field(examples=["Auction"])
    name: str = Field(examples=["Committed"])
    args: dict[str, Any] = Field(description="By name; integers of more than 48 bits are decimal strings.")


@dataclass(frozen=True)
class Which:
    """Which events somebody wants: of a contract, of a name, about a subject; None for any."""

    contract: str | None = None
    name: str | None = None
    kind: str | None = None
    subject: str | None = None


def event_id(block: int, log: int, block_hash: str) -> str:
    return f"{block}:{log}:{block_hash[2 : 2 + _HASH_DIGITS]}"


def event(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": event_id(row.block, row.log, row.hash),
        "block": row.block,
        "log": row.log,
        "time": row.time,
        "transaction": row.transaction,
        "contract": row.contract,
        "name": row.name,
        "args": shown_args(row.args),
    }


def events_after(which: Which, place: tuple[int, int] | None, limit: int, *, newest_first: bool = False) -> Select[Any]:
    """The events after a place, by block and log, with the hash and time of their blocks. Whatever is asked for is
    read along an index: the numbers of a subject, or of each event that it may be."""
    if which.kind is not None:
        return _about(which, place, limit, newest_first)
    if which.contract is None and which.name is None:
        found = select(*_PLACE).where(*_beyond(place, _PLACE, newest_first))
        chosen = found.order_by(*_along(_PLACE, newest_first)).limit(limit)
        return _with_blocks(chosen.subquery(), limit, newest_first)
    pairs = [pair for pair in _event_names() if which.contract in (None, pair[0]) and which.name in (None, pair[1])]
    parts = [
        select(*_PLACE)
        .where(events.c.contract == contract, events.c.name == name, *_beyond(place, _PLACE, newest_first))
        .order_by(*_along(_PLACE, newest_first))
        .limit(limit)
        for contract, name in pairs or [("", "")]
    ]
    if len(parts) == 1:
        return _with_blocks(parts[0].subquery(), limit, newest_first)
    found_in = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return _with_blocks(found_in, limit, newest_first)


def _about(which: Which, place: tuple[int, int] | None, limit: int, newest_first: bool) -> Select[Any]:
    columns = (subjects.c.block, subjects.c.log)
    chosen = select(*columns).where(
        subjects.c.kind == which.kind, subjects.c.subject == which.subject, *_beyond(place, columns, newest_first)
    )
    if which.contract is not None or which.name is not None:
        chosen = chosen.join(events, (events.c.block == subjects.c.block) & (events.c.log == subjects.c.log))
        if which.contract is not None:
            chosen = chosen.where(events.c.contract == which.contract)
        if which.name is not None:
            chosen = chosen.where(events.c.name == which.name)
    chosen = chosen.order_by(*_along(columns, newest_first)).limit(limit)
    return _with_blocks(chosen.subquery(), limit, newest_first)


def _with_blocks(places: Any, limit: int, newest_first: bool) -> Select[Any]:
    return (
        select(*COLUMNS, blocks.c.hash, blocks.c.time)
        .select_from(places)
        .join(events, (events.c.block == places.c.block) & (events.c.log == places.c.log))
        .join(blocks, blocks.c.number == places.c.block)
        .order_by(*_along((places.c.block, places.c.log), newest_first))
        .limit(limit)
    )


def _beyond(
    place: tuple[int, int] | None, columns: tuple[ColumnElement[Any], ...], newest_first: bool
) -> tuple[ColumnElement[bool], ...]:
    if place is None:
        return ()
    here = tuple_(*columns)
    return (here < place,) if newest_first else (here > place,)


def _along(columns: tuple[ColumnElement[Any], ...], newest_first: bool) -> list[Any]:
    return [one.desc() if newest_first else one.asc() for one in columns]


@cache
def _event_names() -> tuple[tuple[str, str], ...]:
    """Every event that there can be: by contract and name."""
    return tuple(
        (contract, entry["name"])
        for contract in abi.contract_names()
        for entry in abi.interface(contract).abi
        if entry["type"] == "event"
    )
