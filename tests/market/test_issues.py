"""What other markets got wrong, each test named after the report."""

from wattbook.market import uniform
from wattbook.market.orders import Side

from .books import book, total


def test_lemlab_drops_one_of_two_equal_positions():
    orders = book(("B", 100, 30), ("B", 200, 30), ("S", 1_000, 10))
    outcome = uniform.clear(orders)
    assert outcome.volume == 300
    assert outcome.fills == (100, 200, 300)


def test_hamlet_sells_25_of_20():
    for sellers in ([("S", 20, 10)], [("S", 15, 10), ("S", 5, 10)], [("S", 10, 10), ("S", 5, 9), ("S", 5, 11)]):
        for buyers in ([("B", 20, 30)], [("B", 5, 30), ("B", 15, 30)]):
            orders = book(*buyers, *sellers)
            outcome = uniform.clear(orders)
            assert outcome.volume == 20
            assert total(orders, outcome.fills, Side.BUY) == total(orders, outcome.fills, Side.SELL) == 20


def test_gsy_clears_nothing_when_the_dearer_bid_is_smaller_than_the_offer():
    orders = book(("B", 1, 30), ("B", 20, 25), ("S", 10, 10))
    outcome = uniform.clear(orders)
    assert outcome.volume == 10
    assert outcome.fills == (1, 9, 10)


def test_assume_843_a_residual_sets_the_price():
    """Quantities that would leave 1e-14 of the cheap ask over in floating point leave nothing here."""
    assert 0.1 + 0.2 - 0.3 != 0
    orders = book(("B", 300, 50), ("S", 100, 20), ("S", 200, 20), ("S", 1_000, 90))
    outcome = uniform.clear(orders)
    assert (outcome.lower, outcome.upper, outcome.price) == (20, 50, 35)
    assert outcome.fills == (300, 100, 200, 0)
