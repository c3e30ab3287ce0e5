from hypothesis import given, settings
from hypothesis import strategies as st

from wattbook.market.shares import cumfloor, floor_shares, short_side_trades

from .books import book

WEIGHTS = st.lists(st.integers(0, 50), max_size=12)


@given(WEIGHTS, st.integers(0, 400))
@settings(max_examples=300)
def test_cumfloor_shares_everything_and_nearly_exactly(weights, total):
    shares = cumfloor(weights, total)
    assert len(shares) == len(weights)
    if sum(weights) == 0:
        assert sum(shares) == 0
        return
    assert sum(shares) == total
    for weight, share in zip(weights, shares, strict=True):
        assert abs(share * sum(weights) - weight * total) < sum(weights)
        if total <= sum(weights):
            assert 0 <= share <= weight


def test_cumfloor_follows_the_sequence():
    assert cumfloor([2, 1, 1], 2) == [1, 0, 1]
    assert cumfloor([1, 1, 2], 2) == [0, 1, 1]


def test_no_weights_leave_the_total_where_it_is():
    assert cumfloor([], 7) == []
    assert cumfloor([0, 0], 7) == [0, 0]
    assert floor_shares([0, 0], 7) == [0, 0]


@given(WEIGHTS, st.integers(0, 400))
@settings(max_examples=300)
def test_floored_shares_lose_less_than_one_each(weights, total):
    shares = floor_shares(weights, total)
    if sum(weights):
        assert 0 <= total - sum(shares) < max(1, sum(1 for weight in weights if weight))
        assert all(
            0 <= weight * total - share * sum(weights) < sum(weights)
            for weight, share in zip(weights, shares, strict=True)
        )


def test_the_shorter_side_is_filled_and_the_longer_one_floored():
    orders = book(("B", 1000, 50), ("B", 2000, 40), ("B", 500, 39), ("S", 1000, 30), ("S", 700, 41))
    trade = short_side_trades(orders, 40, 40)
    assert (trade.buy_total, trade.sell_total, trade.volume) == (3000, 1000, 1000)
    assert trade.fills == (333, 666, 0, 1000, 0)
