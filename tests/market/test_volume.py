"""What is greatest about the volume of a call auction, and what is not."""

from hypothesis import given, settings

from wattbook.market import uniform
from wattbook.market.orders import Side

from .books import book, random_books


@given(random_books())
@settings(max_examples=200)
def test_no_other_price_for_all_trades_more(orders):
    volume = uniform.clear(orders).volume
    for price in range(14):
        bids = sum(order.qty for order in orders if order.side is Side.BUY and order.price >= price)
        asks = sum(order.qty for order in orders if order.side is Side.SELL and order.price <= price)
        assert min(bids, asks) <= volume


def test_pairs_with_prices_of_their_own_can():
    """The dear buyer takes from the dear seller, so that the cheap ones have each other; it is worth no more."""
    orders = book(("B", 10, 10), ("B", 10, 4), ("S", 10, 3), ("S", 10, 8))
    assert uniform.clear(orders).volume == 10
    pairs = [(orders[0], orders[3]), (orders[1], orders[2])]
    assert all(bid.price >= ask.price for bid, ask in pairs)
    worth = sum(10 * (bid.price - ask.price) for bid, ask in pairs)
    assert worth < 10 * (10 - 3)
