"""TRADE_REDUCTION: the marginal price level is given up, which makes quoting one's true price the best one can do.

McAfee's auction (1992) for many units, with price levels for ranks, so that ties need no order.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from wattbook.market import uniform
from wattbook.market.orders import Order, Side, levels
from wattbook.market.shares import short_side_trades


class Branch(StrEnum):
    """No trade; everything at the middle of the next quotes; or all but the marginal levels, each side at its own."""

    NONE = "none"
    MIDDLE = "p0"
    REDUCED = "reduced"


@dataclass(frozen=True)
class Outcome:
    """A cleared book; `fills` follow the sequence of the orders.

    `efficient` is the same book under UNIFORM: its bounds and its volume. The marginal and next levels are None where
    there are none; without trade the prices are 0. `buy_total` and `sell_total` are what those who trade quote.
    """

    branch: Branch
    efficient: uniform.Outcome
    marginal_bid: int | None
    marginal_ask: int | None
    next_bid: int | None
    next_ask: int | None
    buy_total: int
    sell_total: int
    volume: int
    buy_price: int
    sell_price: int
    fills: tuple[int, ...]


@dataclass(frozen=True)
class _Margin:
    """The price level in which a side's volume ends, what is quoted down to it, and the level that follows."""

    price: int
    up_to: int
    following: int | None


def clear(orders: Sequence[Order]) -> Outcome:
    """Clears a book without its marginal levels, or at the middle price where that harms nobody."""
    efficient = uniform.clear(orders)
    if efficient.volume == 0:
        return _no_trade(orders, efficient)
    bids, asks = levels(orders, Side.BUY), levels(orders, Side.SELL)
    bid = _margin(bids, sorted(bids, reverse=True), efficient.volume)
    ask = _margin(asks, sorted(asks), efficient.volume)
    middle = _middle(bid, ask, efficient.volume)
    if middle is None:
        branch, trade = Branch.REDUCED, short_side_trades(orders, bid.price + 1, ask.price - 1)
        buy_price, sell_price = (bid.price, ask.price) if trade.volume else (0, 0)
    else:
        branch, trade = Branch.MIDDLE, short_side_trades(orders, bid.price, ask.price)
        buy_price = sell_price = middle
    return Outcome(
        branch=branch,
        efficient=efficient,
        marginal_bid=bid.price,
        marginal_ask=ask.price,
        next_bid=bid.following,
        next_ask=ask.following,
        buy_total=trade.buy_total,
        sell_total=trade.sell_total,
        volume=trade.volume,
        buy_price=buy_price,
        sell_price=sell_price,
        fills=trade.fills,
    )


def _no_trade(orders: Sequence[Order], efficient: uniform.Outcome) -> Outcome:
    return Outcome(Branch.NONE, efficient, None, None, None, None, 0, 0, 0, 0, 0, (0,) * len(orders))


def _margin(quantities: dict[int, int], best_first: list[int], volume: int) -> _Margin:
    up_to = [*accumulate(quantities[price] for price in best_first)]
    place = bisect_left(up_to, volume)
    return _Margin(best_first[place], up_to[place], next(iter(best_first[place + 1 :]), None))


def _middle(bid: _Margin, ask: _Margin, volume: int) -> int | None:
    if not bid.up_to == ask.up_to == volume or bid.following is None or ask.following is None:
        return None
    middle = (bid.following + ask.following) // 2
    return middle if ask.price <= middle <= bid.price else None
