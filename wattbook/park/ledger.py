"""What happened: a record of each slot, with the phases that were missed."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from wattbook.contracts.auction import Auction
from wattbook.contracts.structs import BookState, OrderState
from wattbook.market.escrow import KEEPER_FEE, bond
from wattbook.market.words import class_of
from wattbook.park.books import Books, Watched
from wattbook.park.chain import ask, market_of
from wattbook.park.journal import DeskJournal, Placed
from wattbook.park.settings import AHEAD, SLOT_SECONDS, Folder, Time
from wattbook.units import format_pt

# Seconds after the beginning of delivery in which a book has to be settled.
_SETTLED_WITHIN = SLOT_SECONDS


@dataclass(frozen=True)
class Traded:
    """A carrier in a slot: mPT per kWh, Wh, uPT."""

    carrier: str
    price: int
    wh: int
    welfare: int
    orders: int
    balances: bool


@dataclass(frozen=True)
class SlotRecord:
    """A slot, and what was missed in it, in words."""

    slot_start: int
    in_park: int
    books: tuple[Traded, ...]
    missed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"slot": self.slot_start, **asdict(self)}

    def line(self) -> str:
        """For people."""
        clock = time.strftime("%H:%M:%S", time.localtime(self.slot_start))
        orders = sum(book.orders for book in self.books)
        worth = format_pt(sum(book.welfare for book in self.books))
        traded = ", ".join(
            f"{book.carrier} {book.wh // 1_000} kWh at {book.price} mPT" if book.wh else f"{book.carrier} nothing"
            for book in self.books
        )
        missed = "; ".join(self.missed) or "nothing missed"
        return f"{clock} {traded}; welfare {worth}, {orders} orders, {missed}"


@dataclass
class Gas:
    """What blocks took."""

    blocks: int = 0
    total: int = 0
    most: int = 0

    def add(self, used: int) -> None:
        self.blocks += 1
        self.total += used
        self.most = max(self.most, used)


@dataclass
class Sums:
    """What slots were together. `bonds` are of orders that were never revealed, as far as they were not given back."""

    slots: int = 0
    missed: int = 0
    orders: int = 0
    traded_wh: int = 0
    turnover: int = 0
    welfare: int = 0
    unbalanced: int = 0
    bonds: int = 0
    gas: Gas = field(default_factory=Gas)

    def add(self, record: SlotRecord) -> None:
        self.slots += 1
        self.missed += bool(record.missed)
        for book in record.books:
            self.orders += book.orders
            self.traded_wh += book.wh
            self.turnover += book.wh * book.price
            self.welfare += book.welfare
            self.unbalanced += not book.balances

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """For people."""
        per_block = self.gas.total // max(1, self.gas.blocks)
        return [
            f"{self.slots} slots, {self.missed} with something missed; {self.orders} orders,"
            f" {self.traded_wh // 1_000} kWh traded for {format_pt(self.turnover)}, welfare {format_pt(self.welfare)}",
            f"gas {self.gas.total // 10**6} million in {self.gas.blocks} blocks, {per_block // 1_000} thousand a block,"
            f" {self.gas.most // 1_000} thousand in the fullest",
        ]


class Ledger:
    """Follows the chain, and says of each slot what came of it as soon as that is known."""

    def __init__(self, folder: Folder, since: int) -> None:
        self._scenario = folder.scenario()
        self._time = Time(folder.settings(), self._scenario)
        self._market = market_of(folder)
        self._journal = DeskJournal(folder.journal)
        self._books = Books(self._market)
        self._next = since
        self._gas_until: int | None = None
        self._hidden: list[Placed] = []
        self.sums = Sums()

    @property
    def next_slot(self) -> int:
        """The first slot of which nothing is said yet."""
        return self._next

    @property
    def now(self) -> int:
        return self._books.now

    def new(self) -> Iterator[SlotRecord]:
        """The slots of which all is known by now."""
        if not self._books.follow():
            return
        self._count_gas()
        while self._is_over(self._next):
            record = self._record(self._next)
            self._next += SLOT_SECONDS
            self.sums.add(record)
            yield record

    def _is_over(self, slot: int) -> bool:
        states = [book.state for book in self._of(slot)]
        done = all(state in (BookState.SETTLED, BookState.VOID) for state in states)
        return self.now >= slot and (done or self.now >= slot + _SETTLED_WITHIN)

    def _record(self, slot: int) -> SlotRecord:
        placed = self._journal.of_slot(slot)
        books = self._of(slot)
        missed = [said for book in books for said in _missed(book, placed)]
        if not placed:
            missed.append("nobody quoted")
        traded = tuple(self._traded(book) for book in books)
        self._hidden += [one for book in books for one in _hidden(book, placed)]
        return SlotRecord(slot, self._time.in_park(slot), traded, tuple(missed))

    def count_bonds(self) -> None:
        """Of what was never revealed, at the end: a book that came to nothing later gave its bonds back."""
        auction = self._market.auction
        found = [one for one in self._hidden if _state(auction, one) is OrderState.SEALED]
        self.sums.bonds = sum(bond(int(class_of(one.wh))) + KEEPER_FEE for one in found)

    def _traded(self, book: Watched) -> Traded:
        trading = self._scenario.trading(book.book.carrier)
        sold, bought = book.sums
        worth = book.welfare(trading.pool_in, trading.pool_out)
        return Traded(_name(book), book.price, sold, worth, len(book.sealed), sold == bought)

    def _of(self, slot: int) -> list[Watched]:
        return [self._books.of(trading.carrier, slot) for trading in self._scenario.tradings]

    def _count_gas(self) -> None:
        """Of each block since the last one."""
        head = self._books.block
        for number in range(head if self._gas_until is None else self._gas_until + 1, head + 1):
            block = ask(self._market.chain, "eth_getBlockByNumber", hex(number), False)
            if block:
                self.sums.gas.add(int(block["gasUsed"], 16))
        self._gas_until = head


def first_slot(now: int) -> int:
    """The next slot to which there is time to commit from the beginning."""
    return (now + AHEAD) // SLOT_SECONDS * SLOT_SECONDS + 2 * SLOT_SECONDS


def _missed(book: Watched, placed: list[Placed]) -> Iterator[str]:
    """What was not done in time, phase by phase."""
    name = _name(book)
    wanted = [one for one in placed if one.carrier == book.book.carrier]
    if late := sum(one.seal not in book.sealed for one in wanted):
        yield f"{name}: {late} not committed"
    if hidden := len(_hidden(book, wanted)):
        yield f"{name}: {hidden} not revealed"
    if book.state in (BookState.NONE, BookState.OPEN, BookState.VOID) and (wanted or book.sealed):
        yield f"{name}: not cleared"
    elif book.state is BookState.CLEARED:
        yield f"{name}: not settled"
    elif book.state is BookState.SETTLED and not book.pool_is_clear and book.words:
        yield f"{name}: no pool"


def _hidden(book: Watched, placed: list[Placed]) -> list[Placed]:
    """The orders that were committed and never revealed."""
    revealed = book.revealed
    return [one for one in placed if one.seal in book.sealed and book.sealed[one.seal] not in revealed]


def _state(auction: Auction, placed: Placed) -> OrderState:
    return auction.order_of(placed.book.key, placed.trader, placed.number).state


def _name(book: Watched) -> str:
    return book.book.carrier.name.lower()
