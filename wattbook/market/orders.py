"""Orders, and the books that they make up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.market.bounds import MAX_ID, MAX_PRICE, MAX_WH, MarketError, bounded, shown


class Side(StrEnum):
    BUY = "B"
    SELL = "S"


@dataclass(frozen=True, slots=True)
class Order:
    """A revealed quote: `qty` Wh at `price` mPT/kWh or better. `id` is the index of its commitment in the book."""

    id: int
    side: Side
    qty: int
    price: int

    def __post_init__(self) -> None:
        bounded("an order's id", self.id, MAX_ID)
        if not isinstance(self.side, Side):
            raise MarketError(f"order {self.id}: side must be B or S, not {shown(self.side)}")
        bounded(f"order {self.id}: qty", self.qty, MAX_WH)
        bounded(f"order {self.id}: price", self.price, MAX_PRICE)


def check_book(orders: Sequence[Order]) -> None:
    """Refuses orders that cannot lie in one book: two of the same id, or a side of 2**40 Wh and more."""
    if len({order.id for order in orders}) < len(orders):
        seen: set[int] = set()
        for order in orders:
            if order.id in seen:
                raise MarketError(f"order {order.id}: id is given twice")
            seen.add(order.id)
    for side in Side:
        total = sum([order.qty for order in orders if order.side is side])
        if total > MAX_WH:
            raise MarketError(f"orders: the quantities of side {side} sum to {total} Wh, at most {MAX_WH}")


def levels(orders: Iterable[Order], side: Side) -> dict[int, int]:
    """The Wh that one side quotes at each price, in no particular order; a price with nothing is left out."""
    quantities: defaultdict[int, int] = defaultdict(int)
    for order in orders:
        if order.side is side and order.qty:
            quantities[order.price] += order.qty
    return dict(quantities)
