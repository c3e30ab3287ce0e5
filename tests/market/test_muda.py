"""MUDA: halves by the seed, the other half's price, and that nobody gains by another price than his true one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattbook.market import muda, uniform
from wattbook.market.amounts import amounts
from wattbook.market.bounds import MAX_SEED, MarketError
from wattbook.market.orders import Side

from .books import book, gain, random_books, total
from .test_trade_reduction import gains_of_deviating

SEEDS = st.integers(0, MAX_SEED)


@given(random_books(most=30, prices=30), SEEDS)
@settings(max_examples=200)
def test_each_half_trades_at_the_other_s_price(orders, seed):
    outcome = muda.clear(orders, seed)
    halves = (outcome.left, outcome.right)
    for side, half in enumerate(halves):
        inside = [order for order in orders if muda.half_of(seed, order.id) == side]
        own = uniform.clear(inside)
        assert half.own == own
        assert half.price == (own.price if own.volume else None)
        other = halves[1 - side].price
        assert half.volume == min(half.buy_total, half.sell_total)
        if other is None:
            assert half.volume == 0
        else:
            assert half.buy_total == sum(o.qty for o in inside if o.side is Side.BUY and o.price >= other)
            assert half.sell_total == sum(o.qty for o in inside if o.side is Side.SELL and o.price <= other)
    for order, fill, price, half in zip(orders, outcome.fills, outcome.prices, outcome.halves, strict=True):
        assert 0 <= fill <= order.qty
        assert gain(order, fill, price) >= 0
        assert price == (halves[1 - half].price or 0)


@given(random_books(most=30, prices=30), SEEDS)
@settings(max_examples=200)
def test_balanced_but_for_dust(orders, seed):
    outcome = muda.clear(orders, seed)
    money = amounts(orders, outcome.fills, outcome.prices)
    bought, sold = (total(orders, outcome.fills, side) for side in (Side.BUY, Side.SELL))
    assert outcome.volume - len(orders) <= min(bought, sold) <= max(bought, sold) <= outcome.volume
    assert money.dust_wh == sold - bought
    assert abs(money.surplus) <= len(orders) * max(outcome.prices, default=0)


@given(random_books(most=9, prices=9), SEEDS)
@settings(max_examples=150)
def test_no_other_price_than_the_true_one_pays(orders, seed):
    def cleared(book_):
        outcome = muda.clear(book_, seed)
        return outcome.fills, outcome.prices

    assert all(more <= 0 for more in gains_of_deviating(cleared, orders, 10))


def test_the_halves_of_a_known_seed():
    assert [muda.half_of(1, number) for number in range(4)] == [1, 1, 0, 0]
    assert [muda.half_of(3, number) for number in range(4)] == [1, 1, 1, 1]


def test_seeds_split_evenly():
    assert 450 < sum(muda.half_of(seed, 0) for seed in range(1_000)) < 550


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [(-1, f"from 0 to {MAX_SEED}, not -1"), (MAX_SEED + 1, "from 0 to"), ("1", "a whole number, not '1'")],
)
def test_a_seed_that_is_none(seed, complaint):
    with pytest.raises(MarketError, match=f"^seed must be {complaint}"):
        muda.clear(book(("B", 5, 9)), seed)
