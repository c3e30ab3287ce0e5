"""Sharing a quantity by weight in whole units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wattbook.market.orders import Order, Side


def cumfloor(weights: Iterable[int], total: int) -> list[int]:
    """Shares that sum to `total`, each within 1 of the exact one and, if `total` allows, none above its weight.

    Item i gets floor((C + w_i) * total / W) - floor(C * total / W), C being the weights before it and W all of them.
    Without any weight nothing is shared.
    """
    given = list(weights)
    everything = sum(given)
    if everything == 0:
        return [0] * len(given)
    shares = []
    before = cumulated = 0
    for weight in given:
        cumulated += weight
        after = cumulated * total // everything
        shares.append(after - before)
        before = after
    return shares


def floor_shares(weights: Iterable[int], total: int) -> list[int]:
    """Each item's exact share, floored: it depends on nobody's place, and less than one unit an item is lost."""
    given = list(weights)
    everything = sum(given)
    return [weight * total // everything for weight in given] if everything else [0] * len(given)


@dataclass(frozen=True)
class ShortSideTrade:
    """What those inside two limits quote and trade; `fills` follow the sequence of the orders."""

    buy_total: int
    sell_total: int
    volume: int
    fills: tuple[int, ...]


def short_side_trades(orders: Sequence[Order], lowest_bid: int, highest_ask: int) -> ShortSideTrade:
    """Fills the shorter side of those inside the limits, and the longer side by floored shares."""
    inside: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}
    for position, order in enumerate(orders):
        if order.price >= lowest_bid if order.side is Side.BUY else order.price <= highest_ask:
            inside[order.side].append(position)
    buy_total, sell_total = (sum(orders[position].qty for position in positions) for positions in inside.values())
    volume = min(buy_total, sell_total)
    fills = [0] * len(orders)
    for positions in inside.values():
        shares = floor_shares((orders[position].qty for position in positions), volume)
        for position, share in zip(positions, shares, strict=True):
            fills[position] = share
    return ShortSideTrade(buy_total, sell_total, volume, tuple(fills))
