from hypothesis import given, settings
from hypothesis import strategies as st

from wattbook.market import pool, uniform
from wattbook.market.orders import Side
from wattbook.market.pool import Intake, Purchase, Supply

from .books import book, random_books

ORDERS = book(("B", 3_000, 500), ("B", 2_000, 500), ("B", 400, 434), ("S", 5_000, 430), ("S", 2_000, 200))
UNTRADED = [0] * len(ORDERS)


def test_sellers_share_what_the_pool_takes():
    outcome = pool.trade(ORDERS, UNTRADED, Intake(430, 6_000), [])
    assert outcome.to_pool == {3: 4_285, 4: 1_714}
    assert outcome.pays == 5_999 * 430


def test_buyers_share_the_cheapest_unit_first():
    outcome = pool.trade(ORDERS, UNTRADED, Intake(0, 0), [Supply(500, 1_001), Supply(435, 2_001)])
    assert outcome.from_pool == (
        Purchase(0, 1_200, 435),
        Purchase(1, 800, 435),
        Purchase(0, 600, 500),
        Purchase(1, 400, 500),
    )
    assert outcome.receives == 2_000 * 435 + 1_000 * 500
    assert outcome.unserved == {0: 1_200, 1: 800, 2: 400}


def test_peers_come_first():
    fills = uniform.clear(ORDERS).fills
    outcome = pool.trade(ORDERS, fills, Intake(430, 10**9), [Supply(430, 10**9)])
    assert outcome.to_pool == {3: 1_600}
    assert (outcome.from_pool, outcome.unserved) == ((), {})


def test_the_pool_buys_no_more_than_it_can_pay():
    assert Intake(430, 6_000).affordable(430 * 99 + 429) == Intake(430, 99)
    assert Intake(430, 6_000).affordable(10**12) == Intake(430, 6_000)
    assert Intake(0, 6_000).affordable(0) == Intake(0, 6_000)


@given(random_books(), st.integers(0, 12), st.integers(0, 9_000), st.integers(0, 9_000))
@settings(max_examples=200)
def test_nobody_pays_more_or_gets_less_than_he_quoted(orders, price, taken, offered):
    fills = uniform.clear(orders).fills
    outcome = pool.trade(orders, fills, Intake(price, taken), [Supply(price, offered), Supply(price + 3, offered)])
    by_id = {order.id: order for order in orders}
    left = {order.id: order.qty - fill for order, fill in zip(orders, fills, strict=True)}
    assert sum(outcome.to_pool.values()) <= taken
    for seller, qty in outcome.to_pool.items():
        assert 0 < qty <= left[seller] and by_id[seller].price <= price
    for purchase in outcome.from_pool:
        assert purchase.qty > 0 and purchase.price <= by_id[purchase.buyer].price
    for unit in (price, price + 3):
        assert sum(purchase.qty for purchase in outcome.from_pool if purchase.price == unit) <= offered
    for order in orders:
        if order.side is Side.BUY:
            taken_out = sum(purchase.qty for purchase in outcome.from_pool if purchase.buyer == order.id)
            assert taken_out + outcome.unserved.get(order.id, 0) == left[order.id]
