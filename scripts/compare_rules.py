"""The mean share of the best possible welfare that each rule reaches on random books of truthful quotes.

`.venv/bin/python scripts/compare_rules.py` prints the table in docs/market/clearing.md.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from random import Random

from wattbook.market import muda, ranked, trade_reduction, uniform
from wattbook.market.orders import Order, Side
from wattbook.market.ranked import Rank
from wattbook.market.welfare import efficient, welfare

BOOKS = 300
SIZES = (4, 8, 16, 32, 64, 128)

RULES: dict[str, Callable[[Sequence[Order]], Sequence[int]]] = {
    "uniform": lambda book: uniform.clear(book).fills,
    "paper, whole": lambda book: ranked.clear(book).fills,
    "paper, divisible": lambda book: ranked.clear(book, whole=False).fills,
    "unit, whole": lambda book: ranked.clear(book, Rank.UNIT).fills,
    "unit, divisible": lambda book: ranked.clear(book, Rank.UNIT, whole=False).fills,
    "trade reduction": lambda book: trade_reduction.clear(book).fills,
    "MUDA": lambda book: muda.clear(book, seed=1).fills,
}


def books(size: int, count: int) -> Iterator[list[Order]]:
    """Books of half bids and half asks in which something can be gained; always the same ones."""
    random = Random(size)
    while count:
        quotes = [(Side.BUY if number % 2 else Side.SELL, random.randint(500, 15_000)) for number in range(size)]
        book = [Order(number, side, qty, random.randint(200, 800)) for number, (side, qty) in enumerate(quotes)]
        if efficient(book):
            count -= 1
            yield book


def mean_shares(size: int, count: int = BOOKS) -> dict[str, Fraction]:
    """Each rule's share of the best welfare, the mean over books of one size."""
    drawn = list(books(size, count))
    best = [efficient(book) for book in drawn]

    def share(fills_of: Callable[[Sequence[Order]], Sequence[int]]) -> Fraction:
        reached = (Fraction(welfare(book, fills_of(book)), most) for book, most in zip(drawn, best, strict=True))
        return sum(reached, Fraction()) / count

    return {name: share(fills_of) for name, fills_of in RULES.items()}


def row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    print(row(["orders", *RULES]))
    print(row(["---"] * (len(RULES) + 1)))
    for size in SIZES:
        shares = mean_shares(size)
        print(row([size, *(f"{round(share * 100)} %" for share in shares.values())]))


if __name__ == "__main__":
    main()
