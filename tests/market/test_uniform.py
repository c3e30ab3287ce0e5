"""UNIFORM against its properties, against a linear program, and against trying everything."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wattbook.market import uniform
from wattbook.market.bounds import MAX_PRICE, MAX_WH, MarketError
from wattbook.market.orders import Order, Side
from wattbook.market.uniform import Ration
from wattbook.market.welfare import efficient, welfare

from .books import book, gain, random_books, requoted, total

SHARES = st.integers(0, 10_000)


def test_the_worked_example():
    orders = book(("B", 10_000, 600), ("B", 5_000, 500), ("S", 8_000, 300), ("S", 10_000, 450))
    outcome = uniform.clear(orders)
    assert (outcome.lower, outcome.upper, outcome.price, outcome.volume) == (450, 450, 450, 15_000)
    assert (outcome.demand_above, outcome.demand_at) == (15_000, 0)
    assert (outcome.supply_below, outcome.supply_at) == (8_000, 10_000)
    assert outcome.fills == (10_000, 5_000, 8_000, 7_000)


@pytest.mark.parametrize(("k_bps", "price"), [(0, 440), (2_500, 470), (5_000, 500), (9_999, 560), (10_000, 561)])
def test_k_chooses_among_the_prices_that_clear(k_bps, price):
    orders = book(("B", 5, 800), ("B", 5, 650), ("B", 5, 440), ("S", 5, 200), ("S", 5, 350), ("S", 5, 561))
    outcome = uniform.clear(orders, k_bps)
    assert (outcome.lower, outcome.upper, outcome.price, outcome.volume) == (440, 561, price, 10)


@pytest.mark.parametrize("quotes", [[], [("B", 5, 9)], [("S", 5, 9)], [("B", 5, 9), ("S", 0, 1)], [("B", 0, 9)]])
def test_a_side_that_is_empty(quotes):
    outcome = uniform.clear(book(*quotes))
    assert outcome == uniform.Outcome(None, None, 0, 0, 0, 0, 0, 0, (0,) * len(quotes))


def test_quotes_that_do_not_cross_leave_only_the_bounds():
    outcome = uniform.clear(book(("B", 5_000, 399), ("S", 5_000, 400)))
    assert outcome == uniform.Outcome(399, 400, 0, 0, 0, 0, 0, 0, (0, 0))


def test_price_0_is_a_price():
    outcome = uniform.clear(book(("B", 200, 0), ("S", 300, 0)))
    assert (outcome.lower, outcome.upper, outcome.price, outcome.volume) == (0, 0, 0, 200)
    assert outcome.fills == (200, 200)


def test_the_largest_book():
    outcome = uniform.clear(book(("B", MAX_WH, MAX_PRICE), ("S", MAX_WH, MAX_PRICE)))
    assert (outcome.price, outcome.volume) == (MAX_PRICE, MAX_WH)


def test_time_fills_the_margin_whole_by_id():
    orders = book(("B", 300, 50), ("B", 300, 50), ("B", 301, 50), ("S", 499, 50))
    assert uniform.clear(orders, ration=Ration.TIME).fills == (300, 199, 0, 499)
    assert uniform.clear(orders[::-1], ration=Ration.TIME).fills == (499, 0, 199, 300)
    assert uniform.clear(orders).fills == (166, 166, 167, 499)


@pytest.mark.parametrize(("k_bps", "complaint"), [(10_001, "from 0 to 10000"), (-1, "from 0"), (0.5, "whole number")])
def test_a_k_that_is_none(k_bps, complaint):
    with pytest.raises(MarketError, match=f"^kBps must be (a )?{complaint}"):
        uniform.clear([], k_bps)


@given(random_books(), SHARES, st.sampled_from(Ration))
@settings(max_examples=400)
def test_the_properties_of_the_rule(orders, k_bps, ration):
    outcome = uniform.clear(orders, k_bps, ration)
    assert total(orders, outcome.fills, Side.BUY) == total(orders, outcome.fills, Side.SELL) == outcome.volume
    assert welfare(orders, outcome.fills) == efficient(orders)
    for order, fill in zip(orders, outcome.fills, strict=True):
        assert 0 <= fill <= order.qty
        worth = gain(order, 1, outcome.price)
        assert fill == 0 or worth >= 0
        assert outcome.volume == 0 or worth <= 0 or fill == order.qty
    if outcome.volume:
        above, below = outcome.demand_above, outcome.supply_below
        assert outcome.volume == min(above + outcome.demand_at, below + outcome.supply_at) >= max(above, below)


@given(random_books(most=8))
@settings(max_examples=200)
def test_the_bounds_hold_just_the_prices_that_clear(orders):
    outcome = uniform.clear(orders)
    assume(outcome.lower is not None)

    def quoted(side, counts):
        return sum(order.qty for order in orders if order.side is side and counts(order.price))

    def clears(price):
        return quoted(Side.BUY, lambda p: p > price) <= quoted(Side.SELL, lambda p: p <= price) and quoted(
            Side.SELL, lambda p: p < price
        ) <= quoted(Side.BUY, lambda p: p >= price)

    assert [price for price in range(14) if clears(price)] == list(range(outcome.lower, outcome.upper + 1))


@given(random_books(), SHARES, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_sequence_moves_at_most_one_wh(orders, k_bps, random):
    outcome = uniform.clear(orders, k_bps)
    fills = {order.id: fill for order, fill in zip(orders, outcome.fills, strict=True)}
    mixed = random.sample(orders, len(orders))
    other = uniform.clear(mixed, k_bps)
    assert (other.price, other.volume) == (outcome.price, outcome.volume)
    for order, fill in zip(mixed, other.fills, strict=True):
        assert abs(fill - fills[order.id]) <= 1


@given(random_books(), SHARES)
@settings(max_examples=100)
def test_a_better_quote_never_gets_less(orders, k_bps):
    fills = uniform.clear(orders, k_bps).fills
    for position, order in enumerate(orders):
        better = order.price + 1 if order.side is Side.BUY else order.price - 1
        if better >= 0:
            assert uniform.clear(requoted(orders, position, better), k_bps).fills[position] >= fills[position]


@given(random_books(most=20, prices=900))
@settings(max_examples=150)
def test_a_linear_program_finds_no_more_welfare(orders):
    assume(orders)
    sign = np.array([1 if order.side is Side.BUY else -1 for order in orders])
    worth = sign * np.array([order.price for order in orders])
    bounds = [(0, order.qty) for order in orders]
    best = linprog(-worth, A_eq=[sign], b_eq=[0], bounds=bounds, method="highs")
    assert best.success
    assert welfare(orders, uniform.clear(orders).fills) == round(-best.fun)


@given(random_books(most=5, prices=4, quantities=3))
@settings(max_examples=150)
def test_no_fills_at_all_reach_more_welfare(orders):
    balanced = (
        fills
        for fills in product(*(range(order.qty + 1) for order in orders))
        if total(orders, fills, Side.BUY) == total(orders, fills, Side.SELL)
    )
    best = max(welfare(orders, fills) for fills in balanced)
    assert welfare(orders, uniform.clear(orders).fills) == best


def test_ids_need_not_start_at_0_nor_follow_the_sequence():
    orders = [Order(9, Side.SELL, 100, 10), Order(4, Side.BUY, 70, 30)]
    assert uniform.clear(orders).fills == (70, 70)
