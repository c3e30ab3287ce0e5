"""TRADE_REDUCTION: its branches, its balance, and that nobody gains by another price than his true one."""

from hypothesis import given, settings

from wattbook.market import trade_reduction, uniform
from wattbook.market.amounts import amounts
from wattbook.market.orders import Side
from wattbook.market.trade_reduction import Branch

from .books import book, gain, random_books, requoted, total


def prices(orders, outcome):
    return [outcome.buy_price if order.side is Side.BUY else outcome.sell_price for order in orders]


def gains_of_deviating(clear, orders, highest_price):
    """What each single trader gains by each other price, on top of what the true one gives him."""
    honest = clear(orders)
    for position, order in enumerate(orders):
        true = gain(order, honest[0][position], honest[1][position])
        for price in range(highest_price + 1):
            fills, unit_prices = clear(requoted(orders, position, price))
            yield gain(order, fills[position], unit_prices[position]) - true


def cleared(orders):
    outcome = trade_reduction.clear(orders)
    return outcome.fills, prices(orders, outcome)


def test_the_marginal_level_is_given_up():
    orders = book(("B", 10_000, 600), ("B", 5_000, 500), ("S", 8_000, 300), ("S", 10_000, 450))
    outcome = trade_reduction.clear(orders)
    assert outcome.branch is Branch.REDUCED
    assert (outcome.marginal_bid, outcome.marginal_ask) == (500, 450)
    assert (outcome.buy_price, outcome.sell_price, outcome.volume) == (500, 450, 8_000)
    assert (outcome.buy_total, outcome.sell_total) == (10_000, 8_000)
    assert (outcome.efficient.lower, outcome.efficient.upper, outcome.efficient.volume) == (450, 450, 15_000)
    assert outcome.fills == (8_000, 0, 8_000, 0)
    assert amounts(orders, outcome.fills, prices(orders, outcome)).surplus == 400_000


def test_the_middle_price_keeps_everything():
    orders = book(("B", 5, 800), ("B", 5, 650), ("B", 5, 440), ("S", 5, 200), ("S", 5, 350), ("S", 5, 561))
    outcome = trade_reduction.clear(orders)
    assert outcome.branch is Branch.MIDDLE
    assert (outcome.next_bid, outcome.next_ask) == (440, 561)
    assert (outcome.buy_price, outcome.sell_price, outcome.volume) == (500, 500, 10)
    assert outcome.fills == (5, 5, 0, 5, 5, 0)


def test_a_middle_beyond_the_margin_is_no_price():
    orders = book(("B", 5, 800), ("B", 5, 650), ("B", 5, 640), ("S", 5, 200), ("S", 5, 350), ("S", 5, 700))
    assert (640 + 700) // 2 > 650
    outcome = trade_reduction.clear(orders)
    assert (outcome.branch, outcome.next_bid, outcome.next_ask) == (Branch.REDUCED, 640, 700)
    assert (outcome.buy_price, outcome.sell_price, outcome.volume) == (650, 350, 5)


def test_without_a_next_level_there_is_no_middle():
    outcome = trade_reduction.clear(book(("B", 5, 800), ("S", 5, 200), ("S", 5, 561)))
    assert (outcome.branch, outcome.next_bid, outcome.next_ask) == (Branch.REDUCED, None, 561)
    assert (outcome.volume, outcome.buy_price, outcome.sell_price) == (0, 0, 0)


def test_no_trade():
    outcome = trade_reduction.clear(book(("B", 5, 399), ("S", 5, 400)))
    assert (outcome.branch, outcome.marginal_bid, outcome.volume, outcome.fills) == (Branch.NONE, None, 0, (0, 0))


@given(random_books(quantities=4))
@settings(max_examples=300)
def test_the_margin_is_the_level_in_which_the_volume_ends(orders):
    outcome = trade_reduction.clear(orders)
    volume = outcome.efficient.volume
    if volume == 0:
        return

    def bid_above(level):
        return sum(order.qty for order in orders if order.side is Side.BUY and order.price > level)

    def asked_below(level):
        return sum(order.qty for order in orders if order.side is Side.SELL and order.price < level)

    bids = {order.price for order in orders if order.side is Side.BUY and order.qty}
    asks = {order.price for order in orders if order.side is Side.SELL and order.qty}
    bid = min(level for level in bids if bid_above(level) < volume)
    ask = max(level for level in asks if asked_below(level) < volume)
    assert (outcome.marginal_bid, outcome.marginal_ask) == (bid, ask)
    assert outcome.next_bid == max((level for level in bids if level < bid), default=None)
    assert outcome.next_ask == min((level for level in asks if level > ask), default=None)


@given(random_books(), random_books(most=40, prices=200))
@settings(max_examples=200)
def test_balance_and_limits(small, deep):
    for orders in (small, deep):
        outcome = trade_reduction.clear(orders)
        unit_prices = prices(orders, outcome)
        money = amounts(orders, outcome.fills, unit_prices)
        bought, sold = (total(orders, outcome.fills, side) for side in (Side.BUY, Side.SELL))
        assert max(bought, sold) == outcome.volume <= uniform.clear(orders).volume
        assert money.dust_wh == sold - bought
        assert abs(money.dust_wh) < max(1, len(orders))
        assert money.surplus >= -abs(money.dust_wh) * max(outcome.buy_price, outcome.sell_price)
        for order, fill, price in zip(orders, outcome.fills, unit_prices, strict=True):
            assert 0 <= fill <= order.qty
            assert gain(order, fill, price) >= 0


@given(random_books())
@settings(max_examples=100)
def test_the_sequence_moves_nothing(orders):
    assert trade_reduction.clear(orders[::-1]).fills == trade_reduction.clear(orders).fills[::-1]


@given(random_books(most=8, prices=9))
@settings(max_examples=150)
def test_no_other_price_than_the_true_one_pays(orders):
    assert all(more <= 0 for more in gains_of_deviating(cleared, orders, 10))


def test_the_search_for_deviations_finds_those_that_uniform_allows():
    def uniformly(orders):
        outcome = uniform.clear(orders)
        return outcome.fills, [outcome.price] * len(orders)

    orders = book(("B", 10, 9), ("S", 10, 2))
    assert max(gains_of_deviating(uniformly, orders, 10)) > 0
    assert max(gains_of_deviating(cleared, orders, 10)) == 0
