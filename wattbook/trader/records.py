"""What a journal holds: orders, and the transactions sent for them."""

from dataclasses import dataclass
from enum import StrEnum

from wattbook.contracts.structs import Carrier, SizeClass
from wattbook.market.words import Book, Quote


class State(StrEnum):
    """How far an order is. Those of `FINAL` change no more."""

    SEALED = "sealed"
    COMMITTING = "committing"
    COMMITTED = "committed"
    REVEALING = "revealing"
    REVEALED = "revealed"
    SETTLED = "settled"
    VOID = "void"
    EXPIRED = "expired"
    MISSED = "missed"
    SLASHED = "slashed"
    REFUNDED = "refunded"


# Committed, so that a bond is lost if they are not revealed.
UNREVEALED = frozenset({State.COMMITTED, State.REVEALING})
FINAL = frozenset({State.SETTLED, State.VOID, State.EXPIRED, State.SLASHED, State.REFUNDED})


class Purpose(StrEnum):
    """What a transaction is for."""

    OPEN = "open"
    COMMIT = "commit"
    REVEAL = "reveal"
    REFUND = "refund"
    KEEP = "keep"


class Fate(StrEnum):
    """What became of a transaction. Dead: another one has its nonce."""

    MINED = "mined"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True)
class Owner:
    """Whose orders a journal holds: one account in the auction of one chain."""

    chain_id: int
    genesis: str
    auction: str
    trader: str


@dataclass(frozen=True)
class Entry:
    """An order. `block` is one before it was sent, `phases` the seconds in which revealing begins and ends."""

    id: int
    name: str | None
    carrier: int
    zone: bytes
    zone_number: int
    slot_start: int
    sell: bool
    wh: int
    price: int
    device: int
    size_class: int
    salt: bytes
    seal: bytes
    block: int
    state: State = State.SEALED
    number: int | None = None
    signature: bytes | None = None
    reveals_at: int | None = None
    clears_at: int | None = None
    filled_wh: int | None = None
    amount: int | None = None
    fee: int | None = None
    margin: int | None = None

    @property
    def book(self) -> Book:
        return Book(Carrier(self.carrier), self.zone, self.zone_number, self.slot_start)

    @property
    def size(self) -> SizeClass:
        return SizeClass(self.size_class)

    def quote(self, trader: str) -> Quote:
        return Quote(trader, self.sell, self.wh, self.price, self.device, self.number or 0)


@dataclass(frozen=True)
class Sent:
    """A signed transaction, sent or about to be, for the order with the id `entry`."""

    hash: bytes
    raw: bytes
    nonce: int
    purpose: Purpose
    entry: int
