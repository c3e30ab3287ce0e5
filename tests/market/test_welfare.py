from hypothesis import given, settings

from wattbook.market.welfare import efficient, welfare

from .books import book, random_books


def test_welfare_counts_bids_less_asks():
    assert welfare(book(("B", 10, 50), ("S", 20, 30)), [10, 10]) == 200
    assert welfare(book(("B", 10, 30), ("S", 20, 50)), [10, 10]) == -200


def test_the_best_trades_first():
    orders = book(("B", 5, 70), ("B", 10, 40), ("S", 8, 30), ("S", 100, 45))
    assert efficient(orders) == 5 * 40 + 3 * 10


def test_a_book_without_a_gain():
    assert efficient([]) == efficient(book(("B", 5, 30), ("S", 5, 30))) == efficient(book(("B", 5, 30))) == 0


@given(random_books())
@settings(max_examples=100)
def test_the_sequence_does_not_matter(orders):
    assert efficient(orders) == efficient(orders[::-1]) >= 0
