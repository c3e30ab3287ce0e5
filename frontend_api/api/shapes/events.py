"""Events, as lists and streams show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Connection, Integer, Row, Select, bindparam, select, tuple_, union_all

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
# What an event tells of one account's energy in a slot: a household's load. Only its account and offices are told, by
# the routes that know who asks.
_VEILED = {("Imbalance", "AccountSettled"): "statement"}
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
    args: dict[str, Any] = Field(
        description="By name; integers of more than 48 bits are decimal strings. What an account delivered and took is"
        " left out: `statement` of AccountSettled."
    )


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
    """As anybody may see it."""
    veiled = _VEILED.get((row.contract, row.name))
    return {
        "id": event_id(row.block, row.log, row.hash),
        "block": row.block,
        "log": row.log,
        "time": row.time,
        "transaction": row.transaction,
        "contract": row.contract,
        "name": row.name,
        "args": shown_args({name: value for name, value in row.args.items() if name != veiled}),
    }


def read_events(
    connection: Connection,
    which: Which,
    place: tuple[int, int] | None,
    limit: int,
    *,
    newest_first: bool = False,
    first: int | None = None,
    last: int | None = None,
) -> Sequence[Row[Any]]:
    """The events after a place, by block and log, with the hash and time of their blocks; those of a first to a last
    block only. Whatever is asked for is read along an index: that of a subject, or that of each event that it may
    be."""
    block, log = place or (None, None)
    given: dict[str, Any] = {"first": first, "last": last, "block": block, "log": log}
    values = {name: value for name, value in given.items() if value is not None}
    form = _Form(frozenset(values), newest_first)
    values["limit"] = limit
    if which.kind is None:
        return connection.execute(_named(which.contract, which.name, form), values).all()
    values |= {"kind": which.kind, "subject": which.subject}
    return connection.execute(_about(which.contract, which.name, form), values).all()


@dataclass(frozen=True)
class _Form:
    """What bounds a list of events, and which way it goes."""

    given: frozenset[str]
    newest_first: bool

    def bounded(self, columns: tuple[ColumnElement[Any], ...]) -> list[ColumnElement[bool]]:
        conditions = []
        if "block" in self.given:
            here, place = tuple_(*columns), tuple_(bindparam("block"), bindparam("log"))
            conditions.append(here < place if self.newest_first else here > place)
        if "first" in self.given:
            conditions.append(columns[0] >= bindparam("first"))
        if "last" in self.given:
            conditions.append(columns[0] <= bindparam("last"))
        return conditions

    def along(self, columns: tuple[ColumnElement[Any], ...]) -> list[Any]:
        return [one.desc() if self.newest_first else one.asc() for one in columns]


_LIMIT = bindparam("limit", type_=Integer)


_EVENTS = select(*COLUMNS, blocks.c.hash, blocks.c.time).join(blocks, blocks.c.number == events.c.block)


@lru_cache(maxsize=512)
def _named(contract: str | None, name: str | None, form: _Form) -> Select[Any]:
    conditions, along = form.bounded(_PLACE), form.along(_PLACE)
    if contract is None and name is None:
        return _EVENTS.where(*conditions).order_by(*along).limit(_LIMIT)
    pairs = [pair for pair in _event_names() if contract in (None, pair[0]) and name in (None, pair[1])] or [("", "")]
    wanted = [(events.c.contract == one, events.c.name == its, *conditions) for one, its in pairs]
    if len(wanted) == 1:
        return _EVENTS.where(*wanted[0]).order_by(*along).limit(_LIMIT)
    parts = (select(*_PLACE).where(*one).order_by(*along).limit(_LIMIT).subquery() for one in wanted)
    places = union_all(*(select(part) for part in parts)).subquery()
    joined = _EVENTS.join(places, (places.c.block == events.c.block) & (places.c.log == events.c.log))
    return joined.order_by(*form.along((places.c.block, places.c.log))).limit(_LIMIT)


@lru_cache(maxsize=512)
def _about(contract: str | None, name: str | None, form: _Form) -> Select[Any]:
    columns = (subjects.c.block, subjects.c.log)
    same = (events.c.block == subjects.c.block) & (events.c.log == subjects.c.log)
    its = (subjects.c.kind == bindparam("kind"), subjects.c.subject == bindparam("subject"))
    chosen = _EVENTS.join(subjects, same).where(*its, *form.bounded(columns))
    if contract is not None:
        chosen = chosen.where(events.c.contract == contract)
    if name is not None:
        chosen = chosen.where(events.c.name == name)
    return chosen.order_by(*form.along(columns)).limit(_LIMIT)


@cache
def _event_names() -> tuple[tuple[str, str], ...]:
    """Every event that there can be: by contract and name."""
    return tuple(
        (contract, entry["name"])
        for contract in abi.contract_names()
        for entry in abi.interface(contract).abi
        if entry["type"] == "event"
    )
