"""The money that fills at given prices move."""

from collections.abc import Sequence
from dataclasses import dataclass

from wattbook.market.orders import Order, Side


@dataclass(frozen=True)
class Amounts:
    """Money in uPT by order id, of filled orders only. What sellers delivered beyond what buyers took is `dust_wh`."""

    payments: dict[int, int]
    receipts: dict[int, int]
    dust_wh: int

    @property
    def surplus(self) -> int:
        """What buyers pay beyond what sellers receive; negative when the pool account has to pay for dust."""
        return sum(self.payments.values()) - sum(self.receipts.values())


def amounts(orders: Sequence[Order], fills: Sequence[int], prices: Sequence[int]) -> Amounts:
    """What each order pays or receives for its fill at its price, neither before fees."""
    payments: dict[int, int] = {}
    receipts: dict[int, int] = {}
    dust_wh = 0
    for order, fill, price in zip(orders, fills, prices, strict=True):
        if fill == 0:
            continue
        if order.side is Side.BUY:
            payments[order.id] = fill * price
            dust_wh -= fill
        else:
            receipts[order.id] = fill * price
            dust_wh += fill
    return Amounts(payments, receipts, dust_wh)
