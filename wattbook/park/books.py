"""What the chain told of the books of the last minutes, rebuilt from its events whenever it turns out to be another."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from eth_utils.address import to_checksum_address

from wattbook.connection import Market
from wattbook.contracts.structs import BookState, Carrier, OrderId
from wattbook.market import welfare
from wattbook.market.orders import Order, Side
from wattbook.market.words import Book, Quote, in_groups, index_of, unpacked_fill
from wattbook.park.chain import DEPTH, Tail, Told
from wattbook.park.settings import AHEAD, CLEAR_SECONDS, REVEAL_SECONDS, SLOT_SECONDS, ZONE, ZONE_NUMBER


@dataclass
class Watched:
    """A book as far as it was told.

    - sealed: the index of each order that is committed, by its seal; owners: whose it is, and its number
    - words: the orders revealed, in the sequence in which they were
    - fills: what each order got, by its index: Wh, uPT, commission
    - price: of all, when it is cleared; 0 when nothing was traded
    - refunded: whose bonds came back, and paid_back: whether the rest did, where the book is void
    - told_at: the last block that told of it
    """

    book: Book
    state: BookState = BookState.NONE
    sealed: dict[bytes, int] = field(default_factory=dict)
    owners: dict[int, OrderId] = field(default_factory=dict)
    words: list[int] = field(default_factory=list)
    fills: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    price: int = 0
    pool_is_clear: bool = False
    from_pool: tuple[int, int, int] = (0, 0, 0)
    refused: int = 0
    refunded: set[OrderId] = field(default_factory=set)
    paid_back: bool = False
    told_at: int = 0

    @property
    def opens_at(self) -> int:
        return self.book.slot_start - AHEAD

    @property
    def reveals_at(self) -> int:
        return self.book.slot_start - CLEAR_SECONDS - REVEAL_SECONDS

    @property
    def clears_at(self) -> int:
        return self.book.slot_start - CLEAR_SECONDS

    @property
    def in_order(self) -> list[int]:
        """The revealed words as the contracts want them; decoys are no part of a book."""
        return in_groups([word for word in self.words if Quote.of_word(word).wh])

    @property
    def revealed(self) -> set[int]:
        """The indexes of what is revealed."""
        return {index_of(word) for word in self.words}

    @property
    def sums(self) -> tuple[int, int]:
        """Wh that were sold and bought, by members and the pool together: as much, unless something is wrong."""
        sells = {index_of(word): Quote.of_word(word).sell for word in self.words}
        bought, sold, _ = self.from_pool
        sold += sum(wh for index, (wh, _, _) in self.fills.items() if sells[index])
        return sold, bought + sum(wh for index, (wh, _, _) in self.fills.items() if not sells[index])

    def welfare(self, pool_in: int, pool_out: int) -> int:
        """What the trade was worth by the members' own quotes, and by the prices at which the pool trades."""
        orders = [order_of(word) for word in self.in_order]
        bought, sold, _ = self.from_pool
        members = welfare.welfare(orders, [self.fills.get(order.id, (0, 0, 0))[0] for order in orders])
        return members + bought * pool_in - sold * pool_out


class Books:
    """The books of a park by key. `follow` takes in what is new."""

    def __init__(self, market: Market) -> None:
        self._tail = Tail(market, [market.auction, market.clearing, market.pool])
        self._known: dict[bytes, Watched] = {}

    @property
    def now(self) -> int:
        """The time of the newest block that was followed."""
        return self._tail.now

    @property
    def block(self) -> int:
        return self._tail.block

    def follow(self) -> bool:
        """Whether there was anything new, be it an empty block."""
        before = self._tail.block, self._tail.now
        told = self._tail.new()
        if self._tail.again:
            self._known.clear()
        self._take(told)
        for key, one in list(self._known.items()):
            if one.told_at < self.block - DEPTH:
                del self._known[key]
        return (self._tail.block, self._tail.now) != before or self._tail.again

    def all(self) -> list[Watched]:
        """All books of which there was something to be told of late."""
        return list(self._known.values())

    def of_slot(self, slot_start: int) -> list[Watched]:
        return [one for one in self._known.values() if one.book.slot_start == slot_start]

    def of(self, carrier: Carrier, slot_start: int) -> Watched:
        """A book, opened or not."""
        book = Book(carrier, ZONE, ZONE_NUMBER, slot_start)
        return self._known.get(book.key, Watched(book))

    def _take(self, told: Iterable[Told]) -> None:
        for one in told:
            args = one.log.args
            if one.log.name == "BookOpened":
                book = Book(Carrier(args[1]), bytes(args[2]), ZONE_NUMBER, args[3])
                self._known[bytes(args[0])] = Watched(book, BookState.OPEN, told_at=one.block)
            elif args and isinstance(args[0], bytes) and args[0] in self._known:
                self._note(self._known[args[0]], one)

    def _note(self, its: Watched, told: Told) -> None:
        args = told.log.args
        its.told_at = told.block
        match told.log.name:
            case "Committed":
                quote = Quote.of_word(args[1])
                its.sealed[bytes(args[2])] = index_of(args[1])
                its.owners[index_of(args[1])] = OrderId(quote.trader, quote.number)
            case "OrdersRevealed":
                its.words += args[1]
            case "OrderRefused":
                its.refused += 1
            case "OutcomeFound":
                its.price = args[2][0] & 0xFFFF if args[2] else 0
            case "PoolOutcomeFound":
                its.pool_is_clear = True
            case "BookCleared":
                its.state = BookState.CLEARED
            case "PoolTraded":
                its.from_pool = tuple(args[1])
            case "Traded":
                its.fills[index_of(args[1])] = unpacked_fill(args[2])
            case "OrderRefunded":
                its.refunded.add(OrderId(to_checksum_address(args[1]), args[2]))
            case "BookSettled":
                its.paid_back = its.state is BookState.VOID
                its.state = its.state if its.paid_back else BookState.SETTLED
            case "BookVoided":
                its.state = BookState.VOID


def order_of(word: int) -> Order:
    """A revealed word as the engines have it."""
    quote = Quote.of_word(word)
    return Order(index_of(word), Side.SELL if quote.sell else Side.BUY, quote.wh, quote.price)


def slot_of(time: int) -> int:
    """The slot in which a time is."""
    return time // SLOT_SECONDS * SLOT_SECONDS
