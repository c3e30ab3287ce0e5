"""POOL_AFTER: what a book left over is sold to the pool, or bought from its units, after peers have traded."""

from collections.abc import Sequence
from dataclasses import dataclass

from wattbook.market.bounds import MAX_PRICE, MAX_WH, bounded
from wattbook.market.orders import Order, Side
from wattbook.market.shares import floor_shares


@dataclass(frozen=True)
class Intake:
    """What the pool buys: at most `qty` Wh at `price`."""

    price: int
    qty: int

    def __post_init__(self) -> None:
        bounded("poolIn: price", self.price, MAX_PRICE)
        bounded("poolIn: qty", self.qty, MAX_WH)

    def affordable(self, balance: int) -> "Intake":
        """The same, but no more than the pool's balance in uPT can pay."""
        return self if self.price == 0 else Intake(self.price, min(self.qty, balance // self.price))


@dataclass(frozen=True)
class Supply:
    """One of the pool's units, storage or grid, that sells at most `qty` Wh at `price`."""

    price: int
    qty: int

    def __post_init__(self) -> None:
        bounded("poolOut: price", self.price, MAX_PRICE)
        bounded("poolOut: qty", self.qty, MAX_WH)


@dataclass(frozen=True)
class Purchase:
    """What a buyer, by order id, takes from a unit."""

    buyer: int
    qty: int
    price: int

    @property
    def amount(self) -> int:
        return self.qty * self.price


@dataclass(frozen=True)
class Outcome:
    """What sellers bring to the pool, what buyers take from it and what they miss, in Wh by order id without zeros."""

    price: int
    to_pool: dict[int, int]
    from_pool: tuple[Purchase, ...]
    unserved: dict[int, int]

    @property
    def pays(self) -> int:
        """What the pool pays sellers, in uPT."""
        return sum(self.to_pool.values()) * self.price

    @property
    def receives(self) -> int:
        """What buyers pay the pool, in uPT."""
        return sum(purchase.amount for purchase in self.from_pool)


def trade(orders: Sequence[Order], fills: Sequence[int], intake: Intake, supplies: Sequence[Supply]) -> Outcome:
    """Trades what `fills` left of the orders with the pool.

    Asks up to the intake's price share its quantity; bids share the units they can pay, cheapest unit first. Shares
    are by quantity, floored, and what rounding leaves is not handed out.
    """
    left = {order.id: order.qty - fill for order, fill in zip(orders, fills, strict=True)}
    asks = [order.id for order in orders if order.side is Side.SELL and order.price <= intake.price]
    to_pool = _shared([left[seller] for seller in asks], intake.qty)
    bids = [order for order in orders if order.side is Side.BUY]
    purchases = []
    for supply in sorted(supplies, key=lambda supply: supply.price):
        payable = [order.id for order in bids if order.price >= supply.price]
        shares = _shared([left[buyer] for buyer in payable], supply.qty)
        for buyer, share in zip(payable, shares, strict=True):
            left[buyer] -= share
            if share:
                purchases.append(Purchase(buyer, share, supply.price))
    return Outcome(
        price=intake.price,
        to_pool={seller: share for seller, share in zip(asks, to_pool, strict=True) if share},
        from_pool=tuple(purchases),
        unserved={order.id: left[order.id] for order in bids if left[order.id]},
    )


def _shared(wanted: list[int], available: int) -> list[int]:
    return floor_shares(wanted, min(sum(wanted), available))
