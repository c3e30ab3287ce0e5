"""What is proposed to the contracts to clear a book: the engines' outcomes in the form that each rule checks.

All of them take the orders in the sequence of the words that go with them, with the index for an id.
"""

from collections.abc import Sequence

from wattbook.market import muda, ranked, trade_reduction, uniform
from wattbook.market.orders import Order, Side
from wattbook.market.shares import floor_shares

# A level that there is none of.
_NONE = 2**16
_MEMBER, _BY_POOL, _UNIT = 0, 1, 2
_STOCK = "stock:"


def for_uniform(outcome: uniform.Outcome) -> list[int]:
    """L and U; anything will do for a book that lacks a side."""
    return [outcome.lower or 0, outcome.upper or 0]


def for_trade_reduction(outcome: trade_reduction.Outcome) -> list[int]:
    """L, U and the marginal and next levels of both sides."""
    levels = (outcome.marginal_bid, outcome.marginal_ask, outcome.next_bid, outcome.next_ask)
    return [*for_uniform(outcome.efficient), *(_NONE if level is None else level for level in levels)]


def for_muda(outcome: muda.Outcome) -> list[int]:
    """L and U of both halves."""
    return [*for_uniform(outcome.left.own), *for_uniform(outcome.right.own)]


def for_ranked(outcome: ranked.Outcome) -> list[int]:
    """How many buyers there are, and the rankings of both sides."""
    return [len(outcome.buyers), *outcome.buyers, *outcome.sellers]


def stock_units(stock: Sequence[tuple[int, int]]) -> list[ranked.PoolUnit]:
    """The pool's stock of (Wh, price) as units of the ranked rule, without the intake in the first place."""
    return [ranked.PoolUnit(f"{_STOCK}{place}", *item) for place, item in enumerate(stock) if place and item[0]]


def ranked_trades(outcome: ranked.Outcome) -> list[int]:
    """The trades of the ranked rule as its contract reckons them: the evidence for settling."""
    trades = [_trade(trade.buyer, trade.seller, trade.qty, trade.price, _MEMBER) for trade in outcome.trades]
    sellers = {unit.name: unit.seller for unit in outcome.units}
    for taken in outcome.pool_trades:
        seller = sellers[taken.unit]
        if seller is None:
            place = int(taken.unit.removeprefix(_STOCK))
            trades.append(_trade(taken.buyer, place, taken.qty, taken.price, _UNIT))
        else:
            trades.append(_trade(taken.buyer, seller, taken.qty, taken.price, _BY_POOL))
    return trades


def for_pool(
    orders: Sequence[Order], fills: Sequence[int], stock: Sequence[tuple[int, int]]
) -> tuple[list[int], dict[int, list[int]]]:
    """How much is wanted of the pool's intake and of each unit, given what members traded; and each order's shares."""
    left = {order.id: order.qty - fill for order, fill in zip(orders, fills, strict=True)}
    shares = {order.id: [0] * len(stock) for order in orders}
    wanted = []
    for place, (available, price) in enumerate(stock):
        wanting = [order.id for order in orders if _wants(order, place, price)]
        total = sum(left[one] for one in wanting)
        wanted.append(total)
        for one, share in zip(wanting, floor_shares((left[w] for w in wanting), min(total, available)), strict=True):
            shares[one][place] = share
            left[one] -= share
    return wanted, shares


def _wants(order: Order, place: int, price: int) -> bool:
    """The first of the stock is the intake, for asks; the others are units, for bids."""
    if order.side is Side.SELL:
        return place == 0 and order.price <= price
    return place != 0 and order.price >= price


def _trade(buyer: int, seller: int, wh: int, price: int, kind: int) -> int:
    return buyer | seller << 16 | wh << 32 | price << 72 | kind << 88
