import pytest

from wattbook.errors import WattbookError
from wattbook.market.bounds import MAX_ID, MAX_PRICE, MAX_WH, MarketError, UnsupportedRule
from wattbook.market.orders import Order, Side, check_book, levels

from .books import book


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((True, Side.BUY, 1, 1), "an order's id must be a whole number, not True"),
        (("7", Side.BUY, 1, 1), "an order's id must be a whole number, not '7'"),
        ((-1, Side.BUY, 1, 1), f"an order's id must be from 0 to {MAX_ID}, not -1"),
        ((MAX_ID + 1, Side.BUY, 1, 1), f"an order's id must be from 0 to {MAX_ID}, not {MAX_ID + 1}"),
        ((7, "B", 1, 1), "order 7: side must be B or S, not 'B'"),
        ((7, Side.BUY, 1.0, 1), "order 7: qty must be a whole number, not 1.0"),
        ((7, Side.BUY, None, 1), "order 7: qty must be a whole number, not None"),
        ((7, Side.BUY, -1, 1), f"order 7: qty must be from 0 to {MAX_WH}, not -1"),
        ((7, Side.BUY, MAX_WH + 1, 1), f"order 7: qty must be from 0 to {MAX_WH}, not {MAX_WH + 1}"),
        ((7, Side.BUY, 10**5000, 1), f"order 7: qty must be from 0 to {MAX_WH}, not a number of 16610 bits"),
        ((7, Side.SELL, 1, False), "order 7: price must be a whole number, not False"),
        ((7, Side.SELL, 1, MAX_PRICE + 1), f"order 7: price must be from 0 to {MAX_PRICE}, not {MAX_PRICE + 1}"),
        ((7, Side.SELL, 1, "x" * 99), f"order 7: price must be a whole number, not '{'x' * 59}..."),
        ((7, Side.SELL, 1, [1, 2]), "order 7: price must be a whole number, not a list of 2"),
    ],
)
def test_an_order_that_is_none(arguments, complaint):
    with pytest.raises(MarketError) as caught:
        Order(*arguments)
    assert str(caught.value) == complaint


def test_the_largest_order():
    assert Order(MAX_ID, Side.SELL, MAX_WH, MAX_PRICE).qty == 2**40 - 1


def test_two_orders_of_one_id():
    orders = [*book(("B", 1, 1), ("S", 1, 1)), Order(1, Side.BUY, 2, 2)]
    with pytest.raises(MarketError, match=r"^order 1: id is given twice$"):
        check_book(orders)


@pytest.mark.parametrize("side", "BS")
def test_a_side_that_no_book_holds(side):
    other = "S" if side == "B" else "B"
    check_book(book((side, MAX_WH, 1), (other, MAX_WH, 1)))
    with pytest.raises(MarketError) as caught:
        check_book(book((side, MAX_WH, 1), (other, 1, 1), (side, 1, 1)))
    assert str(caught.value) == f"orders: the quantities of side {side} sum to {MAX_WH + 1} Wh, at most {MAX_WH}"


def test_levels_leave_out_what_is_nothing():
    orders = book(("B", 5, 30), ("B", 7, 30), ("B", 0, 40), ("S", 9, 30))
    assert levels(orders, Side.BUY) == {30: 12}
    assert levels(orders, Side.SELL) == {30: 9}


def test_complaints_are_of_the_package():
    assert issubclass(UnsupportedRule, MarketError) and issubclass(MarketError, WattbookError)
