"""UNIFORM: a call auction with one price for all.

Let F(x) be the Wh of all orders, bids and asks, at a price of at most x, D all demand and S all supply. A price clears
the book just when it lies between `lower`, the least with F >= D, and `upper`, the least with F >= D + 1. So clearing
is two order statistics of one histogram, and whoever is given (lower, upper) checks them in one pass.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from wattbook.market.bounds import WHOLE_BPS, bounded
from wattbook.market.orders import Order, Side, check_book, levels
from wattbook.market.shares import cumfloor

MIDPOINT_BPS = 5_000


class Ration(StrEnum):
    """How the orders at the margin share what is left: by quantity, or whole by id. Contracts know the first only."""

    PRORATA = "PRORATA"
    TIME = "TIME"


@dataclass(frozen=True)
class Outcome:
    """A cleared book; `fills` follow the sequence of the orders.

    `lower` and `upper` are None when a side is empty. Without trade the price and all quantities are 0.
    """

    lower: int | None
    upper: int | None
    price: int
    volume: int
    demand_above: int
    demand_at: int
    supply_below: int
    supply_at: int
    fills: tuple[int, ...]


def clear(orders: Sequence[Order], k_bps: int = MIDPOINT_BPS, ration: Ration = Ration.PRORATA) -> Outcome:
    """Clears a book at `k_bps` of the way from the lowest price that clears it to the highest."""
    check_book(orders)
    bounded("kBps", k_bps, WHOLE_BPS)
    bids, asks = levels(orders, Side.BUY), levels(orders, Side.SELL)
    if not bids or not asks:
        return _no_trade(orders, None, None)
    lower, upper = _clearing_prices(bids, asks)
    price = lower + (upper - lower) * k_bps // WHOLE_BPS
    demand_above = sum([qty for level, qty in bids.items() if level > price])
    supply_below = sum([qty for level, qty in asks.items() if level < price])
    demand_at, supply_at = bids.get(price, 0), asks.get(price, 0)
    volume = min(demand_above + demand_at, supply_below + supply_at)
    if volume == 0:
        return _no_trade(orders, lower, upper)
    fills = _fills(orders, price, volume - demand_above, volume - supply_below, ration)
    return Outcome(lower, upper, price, volume, demand_above, demand_at, supply_below, supply_at, fills)


def _clearing_prices(bids: dict[int, int], asks: dict[int, int]) -> tuple[int, int]:
    prices = sorted(bids.keys() | asks.keys())
    up_to = list(accumulate([bids.get(price, 0) + asks.get(price, 0) for price in prices]))
    demand = sum(bids.values())
    return prices[bisect_left(up_to, demand)], prices[bisect_left(up_to, demand + 1)]


def _fills(orders: Sequence[Order], price: int, left_to_buy: int, left_to_sell: int, ration: Ration) -> tuple[int, ...]:
    fills = [0] * len(orders)
    buying, selling = Side.BUY, Side.SELL
    margin: dict[Side, list[int]] = {buying: [], selling: []}
    for position, order in enumerate(orders):
        if order.price == price:
            margin[order.side].append(position)
        elif (order.price > price) is (order.side is buying):
            fills[position] = order.qty
    for side, left in ((buying, left_to_buy), (selling, left_to_sell)):
        for position, share in _rationed(orders, margin[side], left, ration):
            fills[position] = share
    return tuple(fills)


def _rationed(orders: Sequence[Order], positions: list[int], left: int, ration: Ration) -> list[tuple[int, int]]:
    if ration is Ration.PRORATA:
        return list(zip(positions, cumfloor([orders[position].qty for position in positions], left), strict=True))
    shares = []
    for position in sorted(positions, key=lambda position: orders[position].id):
        share = min(left, orders[position].qty)
        shares.append((position, share))
        left -= share
    return shares


def _no_trade(orders: Sequence[Order], lower: int | None, upper: int | None) -> Outcome:
    return Outcome(lower, upper, 0, 0, 0, 0, 0, 0, (0,) * len(orders))
