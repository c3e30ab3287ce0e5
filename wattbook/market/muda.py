"""MUDA: each half of the book trades at the price of the other, which nobody in it can move.

Multi-unit double auction by random halves (Segal-Halevi, Hassidim, Aumann 2018). The seed must be unknown until all
commitments are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from wattbook.market import uniform
from wattbook.market.bounds import MAX_SEED, bounded
from wattbook.market.orders import Order, check_book
from wattbook.market.shares import ShortSideTrade, short_side_trades


@dataclass(frozen=True)
class Half:
    """One half: the price that it makes, None without trade among its own, and what it trades at the other's price."""

    own: uniform.Outcome
    price: int | None
    buy_total: int
    sell_total: int
    volume: int


@dataclass(frozen=True)
class Outcome:
    """A cleared book. `halves` (0 left, 1 right), `fills` and `prices` follow the sequence of the orders.

    An order's price is the one at which its half trades; 0 where it does not.
    """

    halves: tuple[int, ...]
    left: Half
    right: Half
    fills: tuple[int, ...]
    prices: tuple[int, ...]

    @property
    def volume(self) -> int:
        """What both halves trade, before dust."""
        return self.left.volume + self.right.volume


def half_of(seed: int, order_id: int) -> int:
    """The half in which an order lies: the lowest bit of keccak256(abi.encode(uint256 seed, uint256 id))."""
    return keccak(seed.to_bytes(32, "big") + order_id.to_bytes(32, "big"))[-1] & 1


def clear(orders: Sequence[Order], seed: int) -> Outcome:
    """Clears both halves into which the seed splits a book."""
    check_book(orders)
    bounded("seed", seed, MAX_SEED)
    halves = tuple(half_of(seed, order.id) for order in orders)
    books = [[order for order, half in zip(orders, halves, strict=True) if half == side] for side in (0, 1)]
    own = [uniform.clear(book) for book in books]
    made = [outcome.price if outcome.volume else None for outcome in own]
    trades = [_trade(books[side], made[1 - side]) for side in (0, 1)]
    left, right = (
        Half(own[side], made[side], trades[side].buy_total, trades[side].sell_total, trades[side].volume)
        for side in (0, 1)
    )
    fills = [iter(trade.fills) for trade in trades]
    return Outcome(
        halves=halves,
        left=left,
        right=right,
        fills=tuple(next(fills[half]) for half in halves),
        prices=tuple(made[1 - half] or 0 for half in halves),
    )


def _trade(book: Sequence[Order], price: int | None) -> ShortSideTrade:
    if price is None:
        return ShortSideTrade(0, 0, 0, (0,) * len(book))
    return short_side_trades(book, price, price)
