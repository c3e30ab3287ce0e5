"""PAPER: buyers and sellers ranked by the value of their orders, who then trade pair by pair, and a pool afterwards.

The rule of the fourth paper, section 5.2, with its gaps filled: a pair trades only if the bid reaches the ask, at a
price between both quotes; every buyer, best first, is served by the sellers in their ranking. Ranking by value is
not merit order: it costs welfare, and quantity moves one's rank. Ranking by unit price repairs that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.market.bounds import MAX_PRICE, MAX_WH, WHOLE_BPS, MarketError, bounded
from wattbook.market.orders import Order, Side, check_book

MIDPOINT_BPS = 5_000


class Rank(StrEnum):
    """What ranks an order: its quantity times its price, or its price."""

    VALUE = "VALUE"
    UNIT = "UNIT"


@dataclass(frozen=True)
class Fee:
    """The commission of the n-th trade, owed by both sides: `base_bps + n * step_bps`, at most `cap_bps`."""

    base_bps: int = 20
    step_bps: int = 5
    cap_bps: int = 60

    def __post_init__(self) -> None:
        for name, value in (("baseBps", self.base_bps), ("stepBps", self.step_bps), ("capBps", self.cap_bps)):
            bounded(f"fee: {name}", value, WHOLE_BPS)

    def of(self, amount: int, index: int) -> int:
        """What each side of the trade with this index owes on its amount, in uPT."""
        return amount * min(self.cap_bps, self.base_bps + self.step_bps * index) // WHOLE_BPS


@dataclass(frozen=True)
class PoolUnit:
    """Energy that the pool sells: storage, the grid, or with a `seller` what it took in from him."""

    name: str
    qty: int
    price: int
    seller: int | None = None

    def __post_init__(self) -> None:
        bounded(f"pool unit {self.name}: qty", self.qty, MAX_WH)
        bounded(f"pool unit {self.name}: price", self.price, MAX_PRICE)


@dataclass(frozen=True)
class Trade:
    """One pair, by order ids; each pays its fee on top, or out of what it receives."""

    buyer: int
    seller: int
    qty: int
    price: int
    buyer_fee: int
    seller_fee: int

    @property
    def amount(self) -> int:
        return self.qty * self.price


@dataclass(frozen=True)
class PoolTrade:
    """What a buyer, by order id, takes from a unit of the pool."""

    buyer: int
    unit: str
    qty: int
    price: int

    @property
    def amount(self) -> int:
        return self.qty * self.price


@dataclass(frozen=True)
class Outcome:
    """A cleared book; `fills` and `unserved` follow the sequence of the orders and count trades among peers and all.

    `buyers` and `sellers` are the rankings, as positions in the sequence of the orders. `units` are the pool's, ranked.
    """

    buyers: tuple[int, ...]
    sellers: tuple[int, ...]
    units: tuple[PoolUnit, ...]
    trades: tuple[Trade, ...]
    pool_trades: tuple[PoolTrade, ...]
    fills: tuple[int, ...]
    unserved: tuple[int, ...]

    @property
    def volume(self) -> int:
        """What peers trade."""
        return sum(trade.qty for trade in self.trades)

    @property
    def pool_volume(self) -> int:
        """What buyers take from the pool."""
        return sum(trade.qty for trade in self.pool_trades)

    @property
    def commission(self) -> int:
        """What both sides of all trades owe the platform, in uPT."""
        return sum(trade.buyer_fee + trade.seller_fee for trade in self.trades)

    @property
    def intake(self) -> tuple[PoolUnit, ...]:
        """The units that the pool took in from sellers, ranked."""
        return tuple(unit for unit in self.units if unit.seller is not None)

    def consumed(self, unit: str) -> int:
        """What buyers took from a unit."""
        return sum(trade.qty for trade in self.pool_trades if trade.unit == unit)


def clear(
    orders: Sequence[Order],
    rank: Rank = Rank.VALUE,
    whole: bool = True,
    k_bps: int = MIDPOINT_BPS,
    fee: Fee | None = None,
    pool_price: int | None = None,
    pool_units: Sequence[PoolUnit] = (),
) -> Outcome:
    """Clears a book pair by pair.

    With `whole` a seller serves only a buyer whose whole demand he can hold. A pair trades `k_bps` of the way from the
    ask to the bid. What is left of asks up to `pool_price` enters the pool at that price; None takes nothing in.
    """
    check_book(orders)
    bounded("kBps", k_bps, WHOLE_BPS)
    if pool_price is not None:
        bounded("poolPrice", pool_price, MAX_PRICE)
    _check_names(pool_units)
    buyers, sellers = _rankings(orders, rank)
    left = [order.qty for order in orders]
    trades = _peer_trades(orders, buyers, sellers, left, whole, k_bps, fee or Fee())
    fills = tuple(order.qty - rest for order, rest in zip(orders, left, strict=True))
    taken_in = [] if pool_price is None else _intake(orders, sellers, left, pool_price)
    units = sorted([*taken_in, *pool_units], key=_unit_key(rank))
    pool_trades = _pool_trades(orders, buyers, left, units)
    unserved = tuple(rest if order.side is Side.BUY else 0 for order, rest in zip(orders, left, strict=True))
    return Outcome(
        buyers=tuple(buyers),
        sellers=tuple(sellers),
        units=tuple(units),
        trades=tuple(trades),
        pool_trades=tuple(pool_trades),
        fills=fills,
        unserved=unserved,
    )


def _check_names(units: Sequence[PoolUnit]) -> None:
    seen: set[str] = set()
    for unit in units:
        if unit.seller is not None or unit.name.startswith("seller:"):
            raise MarketError(f"pool unit {unit.name}: names of this form belong to what sellers leave over")
        if unit.name in seen:
            raise MarketError(f"pool unit {unit.name}: the name is given twice")
        seen.add(unit.name)


def _rankings(orders: Sequence[Order], rank: Rank) -> tuple[list[int], list[int]]:
    def weight(position: int) -> int:
        order = orders[position]
        return order.qty * order.price if rank is Rank.VALUE else order.price

    def buyer_key(position: int) -> tuple[int, int, int]:
        return -weight(position), -orders[position].price, orders[position].id

    def seller_key(position: int) -> tuple[int, int, int]:
        return weight(position), orders[position].price, orders[position].id

    buyers = [position for position, order in enumerate(orders) if order.side is Side.BUY]
    sellers = [position for position, order in enumerate(orders) if order.side is Side.SELL]
    return sorted(buyers, key=buyer_key), sorted(sellers, key=seller_key)


def _unit_key(rank: Rank) -> Callable[[PoolUnit], tuple[int, int]]:
    """Units of equal rank keep their sequence, which is the sellers' ranking and then the configured one."""
    if rank is Rank.VALUE:
        return lambda unit: (unit.qty * unit.price, unit.price)
    return lambda unit: (unit.price, 0)


def _peer_trades(
    orders: Sequence[Order],
    buyers: list[int],
    sellers: list[int],
    left: list[int],
    whole: bool,
    k_bps: int,
    fee: Fee,
) -> list[Trade]:
    """The trades in their sequence; takes their quantities from what is `left` of each order."""
    trades: list[Trade] = []
    offering = [seller for seller in sellers if left[seller]]
    for buyer in buyers:
        bid = orders[buyer]
        sold_out = False
        for seller in offering:
            if left[buyer] == 0:
                break
            ask = orders[seller]
            if bid.price < ask.price or (whole and left[seller] < bid.qty):
                continue
            qty = min(left[buyer], left[seller])
            left[buyer] -= qty
            left[seller] -= qty
            sold_out = sold_out or left[seller] == 0
            price = ask.price + (bid.price - ask.price) * k_bps // WHOLE_BPS
            owed = fee.of(qty * price, len(trades))
            trades.append(Trade(bid.id, ask.id, qty, price, owed, owed))
        if sold_out:
            offering = [seller for seller in offering if left[seller]]
    return trades


def _intake(orders: Sequence[Order], sellers: list[int], left: list[int], price: int) -> list[PoolUnit]:
    return [
        PoolUnit(f"seller:{orders[seller].id}", left[seller], price, orders[seller].id)
        for seller in sellers
        if left[seller] and orders[seller].price <= price
    ]


def _pool_trades(
    orders: Sequence[Order], buyers: list[int], left: list[int], units: Sequence[PoolUnit]
) -> list[PoolTrade]:
    """What each buyer takes, best first, from the units that he can pay; takes it from what is `left` of his order."""
    trades = []
    stock = {unit.name: unit.qty for unit in units}
    for buyer in buyers:
        for unit in units:
            qty = min(left[buyer], stock[unit.name])
            if qty and unit.price <= orders[buyer].price:
                left[buyer] -= qty
                stock[unit.name] -= qty
                trades.append(PoolTrade(orders[buyer].id, unit.name, qty, unit.price))
    return trades
