"""Books of the auction in every phase at once, so that each of its functions has something to act on.

Phases last for days here, so that no test outlasts one.
"""

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import pass_time
from tests.devices import QUARTER, SLOT, facts
from wattbook import Market
from wattbook.contracts.structs import Carrier, Purse, Schedule, SizeClass, Terms
from wattbook.deployment.plan import Call, purse_account
from wattbook.market.words import Book, Quote, seal

DAY = 24 * 3600
SCHEDULE = Schedule(2 * DAY, 2 * DAY, 2 * DAY, validators=1, block_seconds=1)
SALT = keccak(text="a salt")
BID = 500
WH = 1000


def decisions(market: Market, zone: bytes) -> list[Call]:
    """Long phases, and a carrier for each kind of terms, in the first zone; electricity is traded there already."""
    at = market.deployment.address
    given = facts(purse_account(Purse.GRID))
    rules = {Carrier.ELECTRICITY: terms(at("Uniform")), Carrier.HEATING: terms(at("Uniform"), pool=True)}
    rules[Carrier.HOT_WATER] = terms(at("Muda"))
    calls = [Call("Rulebook", "setSchedule", (tuple(SCHEDULE),))]
    for carrier, wanted in rules.items():
        if carrier != Carrier.ELECTRICITY:
            calls.append(Call("Zones", "openCarrier", (1, int(carrier), SLOT, QUARTER, tuple(given))))
        calls.append(Call("Rulebook", "setTerms", (int(carrier), zone, 0, tuple(wanted))))
    return calls


def terms(rule: str, *, pool: bool = False) -> Terms:
    return Terms(rule, 5000, 20, 0, 0, whole=False, by_unit=False, pool=pool)


@dataclass
class Trading:
    """What the trader has begun: orders that he committed to and did not reveal, and units that he offers."""

    market: Market
    trader: LocalAccount
    device: int

    def __post_init__(self) -> None:
        self.start = self.market.chain.now
        self._opened: set[Book] = set()
        self.unvoided, self.void, self.withholding = self._open(5), self._open(5), self._open(6)
        self.market.pool.offer(self.void.key, self.device, 600, 100, sender=self.trader)
        for book in (self.void, self.withholding):
            self._commit(book)
        pass_time(DAY)
        self.uncleared, self.cleared = self._open(7), self._open(7)
        self.half_cleared = self._open(7, Carrier.HEATING)
        self.seedless, self.fixed = self._open(7, Carrier.HOT_WATER), self._open(7, Carrier.HOT_WATER)
        pass_time(2 * DAY)
        self.revealing = self._open(8.5)
        self._commit(self.revealing)
        pass_time(2 * DAY + DAY // 2)
        self.committing, self.unopened = self._open(10.5), self._next(10.5, Carrier.ELECTRICITY)
        self.market.auction.void_book(self.void.key, sender=self.trader)
        for book in (self.withholding, self.cleared, self.half_cleared):
            self.market.clearing.clear(book.key, [0, 0], [], sender=self.trader)
        self.market.clearing.fix_seed(self.fixed.key, sender=self.trader)
        pass_time(1)
        pass_time(1)

    def seal_of(self, book: Book, trader: str) -> bytes:
        auction = self.market.auction
        return seal(self.market.chain.chain_id, auction.address, book, Quote(trader, False, WH, BID), SALT)

    def opening(self) -> tuple[bytes, list[tuple[int, bytes]]]:
        """Reveals the trader's order."""
        return self.revealing.key, [(Quote(self.trader.address, False, WH, BID).word(), SALT)]

    def withheld(self, book: Book) -> tuple[bytes, list[tuple[str, int]]]:
        """The trader's order in a book, as slash and refund name it."""
        return book.key, [(self.trader.address, 0)]

    def _open(self, days: float, carrier: Carrier = Carrier.ELECTRICITY) -> Book:
        """Opens the next book whose delivery begins so many days after the start."""
        book = self._next(days, carrier)
        self._opened.add(book)
        self.market.auction.open_book(book.carrier, book.zone, book.slot_start, sender=self.trader)
        return book

    def _next(self, days: float, carrier: Carrier) -> Book:
        slot = int(self.start + days * DAY) // SLOT * SLOT
        while (book := Book(carrier, self.market.zones.zone_of(1), 1, slot)) in self._opened:
            slot += SLOT
        return book

    def _commit(self, book: Book) -> None:
        order = self.seal_of(book, self.trader.address)
        self.market.auction.commit(book.key, SizeClass.SMALL, 0, order, sender=self.trader)
