"""Opens the park's books, clears them by the engines' proposals, and settles them: what anyone may do, done in time."""

from wattbook.contracts.structs import BookState
from wattbook.market import proposals, uniform
from wattbook.market.words import slices
from wattbook.park.books import Books, Watched, order_of, slot_of
from wattbook.park.chain import Call, Relay, call, market_of
from wattbook.park.people import relay_account
from wattbook.park.settings import AHEAD, SLOT_SECONDS, ZONE, Folder

SETTLED_AT_ONCE = 300
_WH = 2**40 - 1
_OPENED_AHEAD = AHEAD + 2 * SLOT_SECONDS
_OPEN_GAS, _GAS, _ORDER_GAS, _SETTLE_GAS = 600_000, 1_500_000, 12_000, 60_000


class Keeper:
    """Looks at each book of the last and the next minutes, and does what is due for it."""

    def __init__(self, folder: Folder) -> None:
        self._market = market_of(folder)
        self._carriers = [trading.carrier for trading in folder.scenario().tradings]
        self._books = Books(self._market)
        self._relay = Relay(self._market, relay_account("keeper"))

    def step(self) -> None:
        """What is due now."""
        self._relay.follow()
        if not self._books.follow():
            return
        now = self._books.now
        known = {(one.book.carrier, one.book.slot_start): one for one in self._books.all()}
        for slot in range(slot_of(now) + SLOT_SECONDS, now + _OPENED_AHEAD + 1, SLOT_SECONDS):
            for carrier in self._carriers:
                known.setdefault((carrier, slot), self._books.of(carrier, slot))
        for its in known.values():
            calls = self._due(its, now)
            if calls and not self._relay.under_way & {one.what for one in calls}:
                self._relay.send(calls)

    def _due(self, its: Watched, now: int) -> list[Call]:
        name = f"{int(its.book.carrier)} {its.book.slot_start}"
        if its.state is BookState.NONE:
            return [self._opening(its, name)] if now < its.reveals_at - 3 else []
        if its.state is BookState.OPEN and now >= its.book.slot_start:
            return [call(f"void {name}", self._market.auction, "voidBook", _OPEN_GAS, its.book.key)]
        if its.state is BookState.OPEN and its.clears_at <= now < its.book.slot_start - 1:
            return self._clearing(its, name)
        if its.state is BookState.CLEARED and not its.pool_is_clear and now < its.book.slot_start - 1:
            return [self._pool(its, name), *self._settling(its, name)]
        if its.state is BookState.CLEARED:
            return self._settling(its, name)
        return self._giving_back(its, name) if its.state is BookState.VOID else []

    def _opening(self, its: Watched, name: str) -> Call:
        values = (its.book.carrier, ZONE, its.book.slot_start)
        return call(f"open {name}", self._market.auction, "openBook", _OPEN_GAS, *values)

    def _clearing(self, its: Watched, name: str) -> list[Call]:
        """All at once: what comes next follows from what is revealed, so that nothing need be waited for."""
        words = its.in_order
        outcome = uniform.clear([order_of(word) for word in words])
        gas = _GAS + _ORDER_GAS * len(words)
        proposal = proposals.for_uniform(outcome)
        clear = call(f"clear {name}", self._market.clearing, "clear", gas, its.book.key, proposal, words)
        return [clear, self._pool(its, name), *self._settling(its, name)]

    def _pool(self, its: Watched, name: str) -> Call:
        key, words = its.book.key, its.in_order
        orders = [order_of(word) for word in words]
        packed = self._market.clearing.outcome_of(key)[2] or self._market.pool.stock_of(key)
        stock = [(item & _WH, item >> 40) for item in packed]
        wanted, _ = proposals.for_pool(orders, uniform.clear(orders).fills, stock)
        gas = _GAS + _ORDER_GAS * len(words)
        return call(f"clear {name}", self._market.clearing, "clearPool", gas, key, wanted, (words, []))

    def _giving_back(self, its: Watched, name: str) -> list[Call]:
        """Of a book that came to nothing: what was locked for revealed orders, and the bonds of the others."""
        revealed = its.revealed
        sealed = [order for index, order in sorted(its.owners.items()) if index not in revealed]
        bonds = [order for order in sealed if order not in its.refunded]
        calls = self._settling(its, name) if its.words and not its.paid_back else []
        if bonds:
            gas = _GAS + _SETTLE_GAS * len(bonds)
            calls.append(call(f"refund {name}", self._market.auction, "refund", gas, its.book.key, bonds))
        return calls

    def _settling(self, its: Watched, name: str) -> list[Call]:
        return [
            call(
                f"settle {name}",
                self._market.auction,
                "settle",
                _GAS + _SETTLE_GAS * len(words),
                its.book.key,
                (words, []),
            )
            for words in slices(its.in_order, SETTLED_AT_ONCE)
        ]
