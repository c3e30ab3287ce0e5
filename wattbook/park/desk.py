"""One process that trades for all members: each order is signed by its member, sent with others' in one transaction."""

from collections.abc import Sequence

from wattbook.contracts.structs import BookState, Opening, SealedOrder, SignedCommit
from wattbook.eip712 import short_form, sign
from wattbook.market.words import Quote, class_of, new_salt, seal
from wattbook.park.books import Books, Watched, slot_of
from wattbook.park.chain import Call, Relay, call, market_of
from wattbook.park.journal import DeskJournal, Placed
from wattbook.park.meters import Holdings
from wattbook.park.people import member_account, read_registers, relay_account
from wattbook.park.settings import AHEAD, PARK_SECONDS, SLOT_SECONDS, Folder, Time
from wattbook.scenario.strategies import Outlook, quotes

COMMITTED_AT_ONCE, REVEALED_AT_ONCE = 50, 100
# Of a transaction, and of each order in it.
_GAS, _COMMIT_GAS, _REVEAL_GAS = 200_000, 110_000, 160_000
# Slots that can be under way at once.
_SLOTS = AHEAD // SLOT_SECONDS + 2
_DAY_SLOTS = 96


class Desk:
    """Looks at the chain, and does what is due for each order in the journal that the chain does not show done."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._market = market_of(folder)
        self._scenario = folder.scenario()
        settings = folder.settings()
        self._since = settings.since
        self._time = Time(settings, self._scenario)
        self._registers = read_registers(folder.registers)
        self._sellers = {one.name: one.number for one in self._registers if one.injects}
        self._accounts = [member_account(place) for place in range(len(self._scenario.members))]
        self._journal = DeskJournal(folder.journal)
        self._holdings = Holdings(folder, self._scenario, self._journal)
        self._books = Books(self._market)
        self._relay = Relay(self._market, relay_account("desk"))
        self._known_prices: set[bytes] = set()

    def step(self) -> None:
        """What is due now."""
        self._relay.follow()
        if not self._books.follow():
            return
        now = self._books.now
        first = slot_of(now) + SLOT_SECONDS
        for slot in range(first, first + _SLOTS * SLOT_SECONDS, SLOT_SECONDS):
            if now + 1 >= slot - AHEAD:
                self._tend(slot, now)
        self._learn(first - SLOT_SECONDS)

    def _tend(self, slot: int, now: int) -> None:
        books = [self._books.of(trading.carrier, slot) for trading in self._scenario.tradings]
        placed = self._journal.of_slot(slot)
        one = books[0]
        if now + 1 < one.reveals_at:
            if not placed and slot >= self._since and not self._folder.is_closing:
                placed = self._place(slot)
            for book in books:
                if book.state is BookState.OPEN:
                    self._send("commit", book, [order for order in placed if order.carrier == book.book.carrier])
        elif one.reveals_at <= now < one.clears_at - 1:
            for book in books:
                self._send("reveal", book, [order for order in placed if order.carrier == book.book.carrier])

    # -------------------------------------------------------------------------------------------------------- quoting

    def _place(self, slot: int) -> list[Placed]:
        """What all members quote for a slot, sealed and on disk."""
        placed = []
        selling, buying = self._holdings.foreseen(slot)
        for trading in self._scenario.tradings:
            paid = self._journal.prices(trading.carrier, slot, _DAY_SLOTS)
            outlook = Outlook(
                self._scenario.place, trading.carrier, self._time.in_park(slot), PARK_SECONDS, trading.prices, paid
            )
            for place, member in enumerate(self._scenario.members):
                # Who sells cannot count on what he may buy before, who buys not on the room that he may make.
                sells = [bid for bid in quotes(member, outlook, selling) if bid.sell]
                buys = [bid for bid in quotes(member, outlook, buying) if not bid.sell]
                for number, bid in enumerate((*sells, *buys)):
                    device = self._sellers[bid.device] if bid.sell else 0
                    trader = str(self._accounts[place].address)
                    quote = Quote(trader, bid.sell, bid.wh, bid.price, device, number)
                    placed.append(self._sealed(quote, place, int(trading.carrier), slot, bid.device))
        self._journal.add(placed)
        return placed

    def _sealed(self, quote: Quote, member: int, carrier: int, slot: int, name: str) -> Placed:
        salt, facts = new_salt(), (quote.number, quote.sell, quote.wh, quote.price, quote.device, name)
        unsealed = Placed(b"", carrier, slot, member, quote.trader, *facts, salt)
        sealed = seal(self._market.chain.chain_id, self._market.auction.address, unsealed.book, quote, salt)
        return Placed(sealed, carrier, slot, member, quote.trader, *facts, salt)

    def _learn(self, slot: int) -> None:
        """Writes prices down, by which stores decide."""
        for one in (*self._books.of_slot(slot), *self._books.of_slot(slot - SLOT_SECONDS)):
            if one.state in (BookState.CLEARED, BookState.SETTLED) and one.book.key not in self._known_prices:
                self._journal.paid(one.book.carrier, one.book.slot_start, one.price)
                self._known_prices.add(one.book.key)

    # -------------------------------------------------------------------------------------------------------- sending

    def _send(self, what: str, book: Watched, placed: Sequence[Placed]) -> None:
        """Sends what the chain does not show, in batches, and none of what is under way."""
        if what == "commit":
            missing = [one for one in placed if one.seal not in book.sealed]
            most, make = COMMITTED_AT_ONCE, self._commit
        else:
            revealed = book.revealed
            committed = [one for one in placed if one.seal in book.sealed and book.sealed[one.seal] not in revealed]
            missing = sorted(committed, key=lambda one: book.sealed[one.seal])
            most, make = REVEALED_AT_ONCE, self._reveal
        name = f"{what} {int(book.book.carrier)} {book.book.slot_start}"
        if missing and name not in self._relay.under_way:
            self._relay.send([make(name, missing[start : start + most]) for start in range(0, len(missing), most)])

    def _commit(self, name: str, orders: Sequence[Placed]) -> Call:
        auction, book = self._market.auction, orders[0].book.key
        signed = []
        for one in orders:
            size = class_of(one.wh)
            fields = {"trader": one.trader, "book": book, "sizeClass": int(size), "number": one.number}
            signature = sign(auction, "Commit", self._accounts[one.member], {**fields, "seal": one.seal})
            signed.append(SignedCommit(SealedOrder(one.trader, size, one.number, one.seal), *short_form(signature)))
        return call(name, auction, "commitFor", _GAS + _COMMIT_GAS * len(orders), book, signed)

    def _reveal(self, name: str, orders: Sequence[Placed]) -> Call:
        openings = [Opening(one.quote.word(), one.salt) for one in orders]
        gas = _GAS + _REVEAL_GAS * len(orders)
        return call(name, self._market.auction, "reveal", gas, orders[0].book.key, openings)
