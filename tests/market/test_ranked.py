"""PAPER: its examples, its limits, and that filling seller by seller gives the same trades as buyer by buyer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattbook.market import ranked
from wattbook.market.bounds import MarketError
from wattbook.market.orders import Side
from wattbook.market.ranked import Fee, PoolUnit, Rank
from wattbook.market.welfare import efficient, welfare

from .books import book, random_books, total

MODES = pytest.mark.parametrize(("rank", "whole"), [(rank, whole) for rank in Rank for whole in (True, False)])
STORAGE, GRID = PoolUnit("storage1", 2_000, 435), PoolUnit("grid", 100_000, 600)


def pairs(outcome):
    return {(trade.buyer, trade.seller, trade.qty) for trade in outcome.trades}


def seller_by_seller(orders, outcome, whole):
    """First fit from the other side: each seller, best first, serves the buyers in their ranking."""
    left = [order.qty for order in orders]
    found = set()
    for seller in outcome.sellers:
        for buyer in outcome.buyers:
            qty = min(left[seller], left[buyer])
            if whole and left[buyer] > left[seller]:
                continue
            if qty and orders[buyer].price >= orders[seller].price:
                left[seller] -= qty
                left[buyer] -= qty
                found.add((orders[buyer].id, orders[seller].id, qty))
    return found


@MODES
@given(orders=random_books(most=16))
@settings(max_examples=100)
def test_it_does_not_matter_which_side_moves_first(rank, whole, orders):
    outcome = ranked.clear(orders, rank, whole)
    assert pairs(outcome) == seller_by_seller(orders, outcome, whole)


@MODES
@given(orders=random_books(most=16, prices=900), k_bps=st.integers(0, 10_000))
@settings(max_examples=100)
def test_trades_between_quotes_that_balance(rank, whole, orders, k_bps):
    outcome = ranked.clear(orders, rank, whole, k_bps)
    by_id = {order.id: order for order in orders}
    assert total(orders, outcome.fills, Side.BUY) == total(orders, outcome.fills, Side.SELL) == outcome.volume
    assert all(0 <= fill <= order.qty for order, fill in zip(orders, outcome.fills, strict=True))
    assert welfare(orders, outcome.fills) <= efficient(orders)
    for index, trade in enumerate(outcome.trades):
        bid, ask = by_id[trade.buyer], by_id[trade.seller]
        assert trade.qty > 0 and ask.price <= trade.price <= bid.price
        assert trade.price == ask.price + (bid.price - ask.price) * k_bps // 10_000
        assert trade.buyer_fee == trade.seller_fee == trade.amount * min(60, 20 + 5 * index) // 10_000
        assert not whole or trade.qty == bid.qty
    assert outcome.commission == sum(2 * trade.buyer_fee for trade in outcome.trades)


@given(random_books(most=16))
@settings(max_examples=150)
def test_ranked_by_unit_and_divisible_is_efficient(orders):
    assert welfare(orders, ranked.clear(orders, Rank.UNIT, whole=False).fills) == efficient(orders)


def test_a_large_cheap_buyer_is_served_before_two_dear_ones():
    orders = book(("B", 10_000, 400), ("B", 5_000, 700), ("B", 5_000, 650), ("S", 10_000, 300))
    assert welfare(orders, ranked.clear(orders).fills) == 1_000_000
    assert efficient(orders) == 3_750_000


def test_whole_orders_strand_what_no_single_seller_holds():
    orders = book(("B", 9_000, 600), ("S", 5_000, 300), ("S", 5_000, 310))
    assert ranked.clear(orders).trades == ()
    assert ranked.clear(orders, whole=False).volume == 9_000


def test_equal_ranks_fall_back_to_price_and_then_id():
    orders = book(("B", 200, 300), ("B", 300, 200), ("B", 300, 200), ("S", 100, 60), ("S", 60, 100), ("S", 60, 100))
    outcome = ranked.clear(orders)
    assert (outcome.buyers, outcome.sellers) == ((0, 1, 2), (3, 4, 5))


def test_units_of_equal_rank_go_by_price_and_then_as_they_came():
    cheap, dear, last = PoolUnit("cheap", 100, 60), PoolUnit("dear", 60, 100), PoolUnit("last", 60, 100)
    orders = book(("S", 60, 99))
    for rank in Rank:
        units = ranked.clear(orders, rank, pool_price=100, pool_units=[dear, last, cheap]).units
        assert [unit.name for unit in units] == ["cheap", "seller:0", "dear", "last"]


def test_the_commission_rises_to_its_cap():
    fee = Fee(10, 20, 45)
    assert [fee.of(10_000, index) for index in range(4)] == [10, 30, 45, 45]
    assert fee.of(9_999, 0) == 9


def test_the_pool_takes_in_and_sells():
    orders = book(("B", 6_000, 620), ("B", 4_000, 460), ("S", 7_000, 420), ("S", 4_000, 440), ("S", 4_000, 640))
    outcome = ranked.clear(orders, pool_price=430, pool_units=[GRID, STORAGE])
    assert pairs(outcome) == {(0, 2, 6_000), (1, 3, 4_000)}
    outcome = ranked.clear(orders[:-2], pool_price=430, pool_units=[GRID, STORAGE])
    assert [unit.name for unit in outcome.units] == ["seller:2", "storage1", "grid"]
    assert [(trade.unit, trade.qty, trade.price) for trade in outcome.pool_trades] == [
        ("seller:2", 1_000, 430),
        ("storage1", 2_000, 435),
    ]
    assert outcome.unserved == (0, 1_000, 0)
    assert (outcome.intake[0].qty, outcome.consumed("seller:2"), outcome.pool_volume) == (1_000, 1_000, 3_000)
    assert outcome.fills == (6_000, 0, 6_000)


def test_a_unit_that_is_too_dear_is_passed_over():
    orders = book(("B", 5_000, 500))
    dear_but_small, cheap = PoolUnit("a", 100, 501), PoolUnit("b", 9_000, 500)
    outcome = ranked.clear(orders, pool_units=[dear_but_small, cheap])
    assert [unit.name for unit in outcome.units] == ["a", "b"]
    assert [(trade.unit, trade.qty) for trade in outcome.pool_trades] == [("b", 5_000)]


def test_a_seller_who_asks_more_than_the_pool_pays_keeps_his_energy():
    orders = book(("S", 100, 430), ("S", 100, 431))
    assert [unit.seller for unit in ranked.clear(orders, pool_price=430).intake] == [0]
    assert ranked.clear(orders).intake == ()


@MODES
@given(orders=random_books(most=16), pool_price=st.integers(0, 12))
@settings(max_examples=60)
def test_the_pool_sells_what_it_has_to_those_who_can_pay(rank, whole, orders, pool_price):
    units = [PoolUnit("a", 900, 5), PoolUnit("b", 700, 9)]
    outcome = ranked.clear(orders, rank, whole, pool_price=pool_price, pool_units=units)
    by_id = {order.id: order for order in orders}
    assert len(outcome.units) == len(outcome.intake) + 2
    for unit in outcome.units:
        assert outcome.consumed(unit.name) <= unit.qty
    for unit in outcome.intake:
        assert unit.qty + outcome.fills[unit.seller] == by_id[unit.seller].qty
        assert by_id[unit.seller].price <= pool_price == unit.price
    for trade in outcome.pool_trades:
        assert trade.qty > 0 and trade.price <= by_id[trade.buyer].price
    for position, order in enumerate(orders):
        if order.side is Side.BUY:
            from_pool = sum(trade.qty for trade in outcome.pool_trades if trade.buyer == order.id)
            assert outcome.fills[position] + from_pool + outcome.unserved[position] == order.qty


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"k_bps": 10_001}, "kBps must be from 0 to 10000, not 10001"),
        ({"pool_price": 65_536}, "poolPrice must be from 0 to 65535, not 65536"),
        ({"pool_units": [GRID, GRID]}, "pool unit grid: the name is given twice"),
        (
            {"pool_units": [PoolUnit("seller:1", 1, 1)]},
            "pool unit seller:1: names of this form belong to what sellers leave over",
        ),
    ],
)
def test_parameters_that_are_none(arguments, complaint):
    with pytest.raises(MarketError) as caught:
        ranked.clear([], **arguments)
    assert str(caught.value) == complaint


def test_a_unit_and_a_fee_that_are_none():
    with pytest.raises(MarketError, match=r"^pool unit a: qty must be from 0"):
        PoolUnit("a", -1, 0)
    with pytest.raises(MarketError, match=r"^pool unit a: price must be a whole number, not 0.43$"):
        PoolUnit("a", 1, 0.43)
    with pytest.raises(MarketError, match=r"^fee: stepBps must be a whole number"):
        Fee(1, None, 2)
