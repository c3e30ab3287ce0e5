"""Runs one book through the contracts: opened, committed, revealed, cleared, settled, and read back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.contracts.rule import Rule
from wattbook.contracts.structs import SealedOrder, Setting, SignedCommit, Stage, Terms
from wattbook.deployment.bytecode import storage_slot
from wattbook.eip712 import short_form, sign
from wattbook.market import proposals
from wattbook.market.orders import Order, Side
from wattbook.market.words import Book, Quote, class_of, in_groups, index_of, seal, slices, unpacked_fill
from wattbook.trial.blocks import Log, Message, Mined, message
from wattbook.trial.park import Park

# Orders of one transaction that settles: about 14 million gas.
SETTLED_AT_ONCE = 512
RELAYED_AT_ONCE = 50
REVEALED_AT_ONCE = 200
CLEARED_AT_ONCE = 12_000

_WH = 2**40 - 1

Propose = Callable[[list[Order], list[tuple[int, int]]], tuple[list[int], list[int]]]


@dataclass(frozen=True)
class Given:
    """A book to be run. Intake and offers are the pool's, (Wh, price) each; `propose` makes proposal and evidence."""

    orders: Sequence[Order]
    terms: Terms
    propose: Propose
    seed: int | None = None
    intake: tuple[int, int] = (0, 0)
    offers: tuple[tuple[int, int], ...] = ()
    pool_out: int = 0


@dataclass
class Run:
    """What the chain said of a book, by the places of its orders, and the gas of every step."""

    book: Book
    words: list[int] = field(default_factory=list)
    stock: list[tuple[int, int]] = field(default_factory=list)
    proposal: list[int] = field(default_factory=list)
    evidence: list[int] = field(default_factory=list)
    outcome: tuple[int, ...] = ()
    fills: dict[int, int] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)
    fees: dict[int, int] = field(default_factory=dict)
    member_fills: dict[int, int] = field(default_factory=dict)
    pool_parts: dict[int, list[int]] = field(default_factory=dict)
    settled: tuple[Any, ...] = ()
    commit_gas: list[int] = field(default_factory=list)
    reveal_gas: list[int] = field(default_factory=list)
    clear_gas: int = 0
    pool_gas: int = 0
    settle_gas: int = 0

    @property
    def outcome_price(self) -> int:
        """The price of all under Uniform."""
        return self.outcome[0] & 0xFFFF if self.outcome else 0


def run(
    park: Park, given: Given, *, alone: bool = False, relayed: bool = False, cleared_at_once: int = CLEARED_AT_ONCE
) -> Run:
    """Runs a book. With `alone` each reveal is a transaction of its own; `relayed` commitments come in batches."""
    done = Running(park, given, Run(park.next_book()))
    done.prepare()
    if relayed:
        done.commit_relayed()
    else:
        done.commit()
    done.reveal(1 if alone else REVEALED_AT_ONCE)
    done.clear(cleared_at_once)
    done.settle()
    return done.run


class Course:
    """Quotes of members on their way through the contracts."""

    def __init__(self, park: Park, run: Run, quotes: Sequence[Quote], terms: Terms, propose: Propose) -> None:
        self.park, self.run, self.quotes, self.terms = park, run, quotes, terms
        self.market, self.book, self.key = park.market, run.book, run.book.key
        self._keeper, self._propose = park.market.authority.address, propose
        self.salts = [keccak(self.key + place.to_bytes(4)) for place in range(len(quotes))]

    def open(self, time: int) -> None:
        """Opens the book, by the rule and the facts that were decided for it."""
        book = (self.book.carrier, self.book.zone, self.book.slot_start)
        self._mine([message(self.market.auction, "openBook", self._keeper, *book)], time)
        self.facts = self.market.auction.book_of(self.key)

    def commit(self) -> None:
        """Every order by a member of its own, in the sequence given, all in one block."""
        commits = [
            message(self.market.auction, "commit", order.trader, self.key, *order[1:])
            for order in self._sealed_orders()
        ]
        self.run.commit_gas = [mined.gas for mined in self._mine(commits)]

    def commit_relayed(self) -> None:
        """The same, signed by each and sent by a relayer in batches."""
        signed = [SignedCommit(order, *short_form(self._signature(order))) for order in self._sealed_orders()]
        batches = [signed[start : start + RELAYED_AT_ONCE] for start in range(0, len(signed), RELAYED_AT_ONCE)]
        relays = [message(self.market.auction, "commitFor", self._keeper, self.key, batch) for batch in batches]
        self.run.commit_gas = [mined.gas for mined in self._mine(relays)]

    def reveal(self, at_once: int, withheld: Collection[int] = ()) -> None:
        """All orders in the sequence given, but for those at places that are withheld."""
        pairs = enumerate(zip(self.quotes, self.salts, strict=True))
        openings = [(quote.word(), salt) for place, (quote, salt) in pairs if place not in withheld]
        batches = [openings[start : start + at_once] for start in range(0, len(openings), at_once)]
        reveals = [message(self.market.auction, "reveal", self._keeper, self.key, batch) for batch in batches]
        mined = self._mine(reveals, self.facts.reveals_at)
        self.run.reveal_gas = [one.gas for one in mined]
        words = [word for log in _named(mined, "OrdersRevealed") for word in log.args[1]]
        self.run.words = in_groups([word for word in words if Quote.of_word(word).wh])

    def clear(self, at_once: int = CLEARED_AT_ONCE) -> None:
        """By the proposal of an engine that knows what the chain has revealed."""
        if self.terms.pool:
            self.run.stock = [(item & _WH, item >> 40) for item in self.market.pool.stock_of(self.key)]
        orders = [_order(word) for word in self.run.words]
        self.run.proposal, self.run.evidence = self._propose(orders, self.run.stock)
        mined = self._by_anyone("clear", at_once, self.facts.clears_at)
        self.run.clear_gas = sum(one.gas for one in mined)
        self.run.outcome = next(log.args[2] for log in _named(mined, "OutcomeFound"))
        self.run.stock = [(item & _WH, item >> 40) for item in self.market.clearing.outcome_of(self.key)[2]]
        if self.market.clearing.stage_of(self.key) == Stage.MEMBERS:
            self._clear_pool(orders)

    def settle(self) -> None:
        """Slice by slice."""
        for words in slices(self.run.words, SETTLED_AT_ONCE):
            part = (words, self.run.evidence)
            mined = self._mine([message(self.market.auction, "settle", self._keeper, self.key, part)])
            self.run.settle_gas += mined[0].gas
            for log in _named(mined, "Traded"):
                index, (wh, amount, fee) = index_of(log.args[1]), unpacked_fill(log.args[2])
                self.run.fills[index], self.run.amounts[index], self.run.fees[index] = wh, amount, fee
            for log in _named(mined, "BookSettled"):
                self.run.settled = log.args

    def _clear_pool(self, orders: list[Order]) -> None:
        setting = Setting(self.terms, bytes(32), [wh | price << 40 for wh, price in self.run.stock])
        rule = Rule(self.market.chain, self.terms.rule)
        packed, _ = rule.fills(setting, list(self.run.outcome), [], self.run.words, self.run.evidence)
        fills = [fill & _WH for fill in packed]
        self.run.member_fills = {order.id: fill for order, fill in zip(orders, fills, strict=True)}
        wanted, self.run.pool_parts = proposals.for_pool(orders, fills, self.run.stock)
        part = (self.run.words, self.run.evidence)
        call = message(self.market.clearing, "clearPool", self._keeper, self.key, wanted, part)
        self.run.pool_gas = self._mine([call])[0].gas

    def _by_anyone(self, function: str, at_once: int, time: int) -> list[Mined]:
        mined: list[Mined] = []
        for words in slices(self.run.words, at_once):
            call = message(self.market.clearing, function, self._keeper, self.key, self.run.proposal, words)
            mined += self._mine([call], None if mined else time)
        return mined

    def _sealed_orders(self) -> list[SealedOrder]:
        chain_id, auction = self.market.chain.chain_id, self.market.auction.address
        sealed = []
        for quote, salt in zip(self.quotes, self.salts, strict=True):
            seal_ = seal(chain_id, auction, self.book, quote, salt)
            sealed.append(SealedOrder(quote.trader, class_of(quote.wh), quote.number, seal_))
        return sealed

    def _signature(self, order: SealedOrder) -> bytes:
        values = {
            "trader": order.trader,
            "book": self.key,
            "sizeClass": int(order.size_class),
            "number": order.number,
            "seal": order.seal,
        }
        return sign(self.market.auction, "Commit", self.park.keys[order.trader], values)

    def _mine(self, messages: list[Message], time: int | None = None) -> list[Mined]:
        return self.park.blocks.mine(messages, time)


class Running(Course):
    """A book that is given, by traders of its own."""

    def __init__(self, park: Park, given: Given, run: Run) -> None:
        self.given, orders = given, given.orders
        park.have_traders(len(orders) + len(given.offers))
        self.offerers = park.traders[len(orders) : len(orders) + len(given.offers)]
        sellers = [trader for trader, order in zip(park.traders, orders, strict=False) if order.side is Side.SELL]
        park.have_devices([*sellers, *self.offerers])
        quotes = [_quote(park, trader, order) for trader, order in zip(park.traders, orders, strict=False)]
        super().__init__(park, run, quotes, given.terms, given.propose)

    def prepare(self) -> None:
        """The authority's word, then the book is opened and the pool's units are offered."""
        intake_wh, intake_price = self.given.intake
        self.park.decide(self.book, self.given.terms, intake_price, self.given.pool_out)
        self.park.limit_pool(self.book, intake_wh)
        self.open(self.book.slot_start - self.park.commit_ahead)
        for trader, (wh, price) in zip(self.offerers, self.given.offers, strict=True):
            device = self.park.device_of(trader)
            self._mine([message(self.market.pool, "offer", trader, self.key, device, price, wh)])

    def clear(self, at_once: int = CLEARED_AT_ONCE) -> None:
        """As any book, with the seed that is given."""
        if self.given.seed is not None:
            slot = keccak(encode(["bytes32", "uint256"], [self.key, storage_slot("Clearing", "seedOf")]))
            self.park.blocks.set_storage(self.market.clearing.address, slot, self.given.seed.to_bytes(32))
        super().clear(at_once)


def _quote(park: Park, trader: str, order: Order) -> Quote:
    sell = order.side is Side.SELL
    return Quote(trader, sell, order.qty, order.price, park.device_of(trader) if sell else 0)


def _named(mined: Sequence[Mined], name: str) -> list[Log]:
    return [log for one in mined for log in one.logs if log.name == name]


def _order(word: int) -> Order:
    quote = Quote.of_word(word)
    return Order(index_of(word), Side.SELL if quote.sell else Side.BUY, quote.wh, quote.price)
