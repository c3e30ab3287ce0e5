"""Clearing is linear but for a sort, so it is measured by what sorting and walking the same orders takes here."""

from random import Random
from time import perf_counter

import pytest

from wattbook.market import trade_reduction, uniform
from wattbook.market.orders import Order, Side

LARGEST_RATIO = 6


def market(size):
    random = Random(size)
    return [
        Order(number, random.choice([Side.BUY, Side.SELL]), random.randint(100, 10**6), random.randint(0, 65_535))
        for number in range(size)
    ]


def merit_order(orders):
    """The plainest walk there is: sort both sides, take from the best until quotes no longer cross."""
    bids = sorted((order for order in orders if order.side is Side.BUY), key=lambda order: -order.price)
    asks = sorted((order for order in orders if order.side is Side.SELL), key=lambda order: order.price)
    volume = 0
    bought = sold = bid = ask = 0
    while bid < len(bids) and ask < len(asks) and bids[bid].price >= asks[ask].price:
        traded = min(bids[bid].qty - bought, asks[ask].qty - sold)
        volume, bought, sold = volume + traded, bought + traded, sold + traded
        if bought == bids[bid].qty:
            bid, bought = bid + 1, 0
        if sold == asks[ask].qty:
            ask, sold = ask + 1, 0
    return volume


def quickest(work, orders):
    taken = []
    for _ in range(7):
        began = perf_counter()
        work(orders)
        taken.append(perf_counter() - began)
    return min(taken)


@pytest.mark.parametrize("size", [10_000, 100_000])
@pytest.mark.parametrize("clear", [uniform.clear, trade_reduction.clear])
def test_clearing_takes_little_more_than_a_walk(clear, size):
    orders = market(size)
    assert uniform.clear(orders).volume == merit_order(orders) > 0
    assert quickest(clear, orders) < LARGEST_RATIO * quickest(merit_order, orders)
