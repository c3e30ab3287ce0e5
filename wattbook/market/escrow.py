"""What an order locks in the Vault, and what becomes of it after clearing: bonds, locks, margins, fees. All in uPT."""

from dataclasses import dataclass

from wattbook.market.bounds import MAX_PRICE, MAX_WH, WHOLE_BPS, MarketError, bounded

CEILINGS = (10_000, 100_000, 1_000_000, 10_000_000)
"""The most Wh that an order of each size class may have. The class is public, the quantity sealed."""

BOND_RATE = 20
"""mPT/kWh of the class's ceiling: more than what not revealing could be worth."""

KEEPER_FEE = 50_000
"""Locked with the bond; pays whoever slashes, or returns at the reveal of a real order."""

FEE_CAP_BPS = 60
LEAST_MARGIN_RATE = 120


@dataclass(frozen=True)
class Bought:
    """What becomes of a buyer's lock: `pays` to sellers, `fee` to the platform, the rest `released`."""

    lock: int
    pays: int
    fee: int
    released: int


@dataclass(frozen=True)
class Sold:
    """What a seller has to come, net of `fee`, and what of his margin is `kept` until his delivery is settled."""

    lock: int
    receives_pending: int
    fee: int
    released: int
    kept: int


def size_class(qty: int) -> int:
    """The smallest class that an order of `qty` Wh fits into."""
    for number, ceiling in enumerate(CEILINGS):
        if bounded("qty", qty, MAX_WH) <= ceiling:
            return number
    raise MarketError(f"qty must be at most {CEILINGS[-1]} Wh in one order, not {qty}")


def bond(number: int) -> int:
    """What a commitment of a size class locks, beside the keeper's fee."""
    return CEILINGS[bounded("class", number, len(CEILINGS) - 1)] * BOND_RATE


def buyer_lock(qty: int, price: int) -> int:
    """What a revealed bid locks: its whole amount and the highest fee on it, rounded up."""
    amount = bounded("qty", qty, MAX_WH) * bounded("price", price, MAX_PRICE)
    return amount - (-amount * FEE_CAP_BPS // WHOLE_BPS)


def margin_rate(ask: int, pool_out: int = 0) -> int:
    """The margin of a seller in mPT/kWh: at least what replacing his energy from the pool costs beyond his ask."""
    replacement = -(-11 * bounded("poolOut", pool_out, MAX_PRICE) // 10)
    return max(LEAST_MARGIN_RATE, replacement - bounded("price", ask, MAX_PRICE))


def seller_lock(qty: int, ask: int, pool_out: int = 0) -> int:
    """What a revealed ask locks, beside the energy itself."""
    return bounded("qty", qty, MAX_WH) * margin_rate(ask, pool_out)


def bought(qty: int, price: int, fill: int, clear_price: int, fee_bps: int) -> Bought:
    """A bid's lock after `fill` Wh of it traded at the clearing price."""
    lock = buyer_lock(qty, price)
    _check_trade(qty, fill, clear_price)
    if fill and clear_price > price:
        raise MarketError(f"clearPrice must be at most the bid of {price}, not {clear_price}")
    pays = fill * clear_price
    fee = _fee(pays, fee_bps)
    return Bought(lock, pays, fee, lock - pays - fee)


def sold(qty: int, ask: int, fill: int, clear_price: int, fee_bps: int, pool_out: int = 0) -> Sold:
    """An ask's proceeds and margin after `fill` Wh of it traded at the clearing price."""
    lock = seller_lock(qty, ask, pool_out)
    _check_trade(qty, fill, clear_price)
    if fill and clear_price < ask:
        raise MarketError(f"clearPrice must be at least the ask of {ask}, not {clear_price}")
    proceeds = fill * clear_price
    fee = _fee(proceeds, fee_bps)
    kept = fill * margin_rate(ask, pool_out)
    return Sold(lock, proceeds - fee, fee, lock - kept, kept)


def _check_trade(qty: int, fill: int, clear_price: int) -> None:
    bounded("clearPrice", clear_price, MAX_PRICE)
    bounded("fill", fill, MAX_WH)
    if fill > qty:
        raise MarketError(f"fill must be at most the order's {qty} Wh, not {fill}")


def _fee(amount: int, fee_bps: int) -> int:
    return amount * bounded("feeBps", fee_bps, FEE_CAP_BPS) // WHOLE_BPS
