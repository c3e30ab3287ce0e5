"""One book of a scenario: what members quote goes sealed through the contracts, and comes back as what each traded."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from wattbook.contracts.structs import Carrier, OrderId
from wattbook.market import proposals, uniform
from wattbook.market.escrow import KEEPER_FEE, bond, buyer_lock, margin_rate, size_class
from wattbook.market.orders import Order, Side
from wattbook.market.welfare import welfare
from wattbook.market.words import Book, Quote, index_of
from wattbook.scenario.strategies import Bid, Prices
from wattbook.scenario.village import ZONE, Village
from wattbook.trial.blocks import message
from wattbook.trial.books import REVEALED_AT_ONCE, Course, Run
from wattbook.trial.park import ZONE as ZONE_NAME

# Late enough that the book of the slot before is cleared.
_BEFORE_REVEALS = 100


@dataclass(frozen=True)
class Quoted:
    """A bid of a member."""

    member: str
    bid: Bid


@dataclass
class Cleared:
    """What became of a book: Wh by member and device of the bid, and what the pool took in and served.

    `price` is that of the members' trades, None when they did not trade. `bid_wh` and `asked_wh` is what was quoted.
    """

    carrier: Carrier
    start: int
    orders: int
    bid_wh: int
    asked_wh: int
    refused: int = 0
    withheld: int = 0
    price: int | None = None
    volume: int = 0
    welfare: int = 0
    pool_bought: int = 0
    pool_sold: int = 0
    sold: Counter[tuple[str, str]] = field(default_factory=Counter)
    bought: Counter[tuple[str, str]] = field(default_factory=Counter)

    def sold_by(self, member: str) -> int:
        return sum(wh for (one, _), wh in self.sold.items() if one == member)

    def bought_by(self, member: str) -> int:
        return sum(wh for (one, _), wh in self.bought.items() if one == member)


class Trading:
    """A book on its way. Books of one slot go through each phase together."""

    def __init__(self, village: Village, carrier: Carrier, start: int, quoted: Sequence[Quoted]) -> None:
        self._village = village
        self._quoted: dict[tuple[str, int], Quoted] = {}
        self.quotes: list[Quote] = []
        numbers: Counter[str] = Counter()
        for one in quoted:
            quote = _quote(village, one, numbers[one.member])
            numbers[one.member] += 1
            self._quoted[quote.trader.lower(), quote.number] = one
            self.quotes.append(quote)
        self._run = Run(Book(carrier, ZONE_NAME, ZONE, start))
        self._course = Course(village.park, self._run, self.quotes, village.terms(), _propose)
        self.key = self._course.key
        self.cleared = Cleared(
            carrier,
            start,
            orders=len(quoted),
            bid_wh=sum(one.bid.wh for one in quoted if not one.bid.sell),
            asked_wh=sum(one.bid.wh for one in quoted if one.bid.sell),
        )

    def commit(self) -> None:
        """Signed by each, and relayed in batches."""
        market, book = self._village.market, self._run.book
        terms = (book.carrier, book.zone, book.slot_start, self._course.terms)
        self._village.mine([message(market.rulebook, "setTerms", self._village.authority, *terms)])
        self._course.open(book.slot_start - self._village.reveals_before - _BEFORE_REVEALS)
        self._course.commit_relayed()

    def reveal(self, withholding: Collection[str]) -> list[OrderId]:
        """All but what some members keep to themselves, whose orders are returned."""
        kept = {
            place: OrderId(quote.trader, quote.number)
            for place, quote in enumerate(self.quotes)
            if self._quoted[quote.trader.lower(), quote.number].member in withholding
        }
        if len(kept) < len(self.quotes):
            self._course.reveal(REVEALED_AT_ONCE, kept)
        self.cleared.withheld = len(kept)
        self.cleared.refused = len(self.quotes) - len(kept) - len(self._run.words)
        return list(kept.values())

    def clear(self) -> Cleared:
        """Cleared, served by the pool, and settled; what it came to."""
        self._course.clear()
        self._course.settle()
        run, cleared = self._run, self.cleared
        orders, fills = [], []
        for word in run.words:
            index, quote = index_of(word), Quote.of_word(word)
            one = self._quoted[quote.trader.lower(), quote.number]
            filled, by_members = run.fills.get(index, 0), run.member_fills.get(index, 0)
            orders.append(Order(index, Side.SELL if quote.sell else Side.BUY, quote.wh, quote.price))
            fills.append(by_members)
            if quote.sell:
                cleared.sold[one.member, one.bid.device] += filled
                cleared.pool_bought += filled - by_members
                cleared.volume += by_members
            else:
                cleared.bought[one.member, one.bid.device] += filled
                cleared.pool_sold += filled - by_members
        cleared.welfare = welfare(orders, fills)
        cleared.price = run.outcome_price if cleared.volume else None
        return cleared


def locks(bid: Bid, prices: Prices) -> int:
    """The most uPT that a bid locks from its commitment to its reveal and on."""
    committed = bond(size_class(bid.wh)) + KEEPER_FEE
    revealed = bid.wh * margin_rate(bid.price, prices.pool_out) if bid.sell else buyer_lock(bid.wh, bid.price)
    return max(committed, revealed)


def _quote(village: Village, one: Quoted, number: int) -> Quote:
    meter = village.meters.get(one.bid.device) if one.bid.sell else None
    device = meter.injection.device if meter and meter.injection else 0
    return Quote(village.accounts[one.member], one.bid.sell, one.bid.wh, one.bid.price, device, number)


def _propose(orders: list[Order], stock: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return proposals.for_uniform(uniform.clear(orders)), []
