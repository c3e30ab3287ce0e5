"""Books to test with: written down in short, and drawn at random."""

from hypothesis import strategies as st

from wattbook.market.orders import Order, Side


def book(*quotes):
    """Orders with ids from 0, written as ("B" or "S", Wh, mPT/kWh)."""
    return [Order(number, Side(side), qty, price) for number, (side, qty, price) in enumerate(quotes)]


def total(orders, fills, side):
    return sum(fill for order, fill in zip(orders, fills, strict=True) if order.side is side)


def requoted(orders, position, price):
    """The same book with one order at another price."""
    order = orders[position]
    return [*orders[:position], Order(order.id, order.side, order.qty, price), *orders[position + 1 :]]


def gain(order, fill, price):
    """What a fill at a price is worth to somebody whose true price is the order's."""
    return fill * (order.price - price) if order.side is Side.BUY else fill * (price - order.price)


def random_books(most=12, prices=12, quantities=5_000):
    """Few prices, so that many tie; now and then an order of nothing."""
    quotes = st.tuples(st.sampled_from("BS"), st.integers(0, quantities), st.integers(0, prices))
    return st.lists(quotes, max_size=most).map(lambda drawn: book(*drawn))
