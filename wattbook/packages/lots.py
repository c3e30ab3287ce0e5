"""Prepaid lots: money at a price, drawn first in, first out, and what is owed when they are empty."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from wattbook.packages.fields import PackageError, whole

WHOLE_BPS = 10_000
MOST_UPT = 2**96 - 1
GRACE_SECONDS = 3 * 86_400
"""How long a debt may stand before the supply counts as suspended."""
FORBEARANCE_SECONDS = 30 * 86_400
"""How much longer before anyone may end the supply."""


@dataclass(frozen=True)
class Lot:
    """uPT that were paid and those that are left, at a price. Money of a bonus is virtual: nobody paid or gets it."""

    paid: int
    left: int
    price: int
    bonus: bool = False

    @classmethod
    def bought(cls, amount: int, price: int, *, bonus: bool = False) -> "Lot":
        return cls(amount, amount, price, bonus)

    @property
    def units(self) -> int:
        """Units that it still gives."""
        return self.left // self.price

    @property
    def used(self) -> int:
        """Units that it gave."""
        return (self.paid - self.left) // self.price


class Pricing(Protocol):
    """What a prepaid supply costs."""

    @property
    def postpaid(self) -> int:
        """mPT for what no lot covers."""

    @property
    def wh_per_unit(self) -> int:
        """Wh on the meter that make a unit."""

    def lots(self, amount: int) -> tuple[Lot, ...]:
        """What a payment buys."""

    def rerated(self, lot: Lot) -> int:
        """The price at which what a lot gave is charged when the rest is cancelled."""

    def after_term(self, lots: Sequence[Lot]) -> tuple[Lot, ...]:
        """What becomes of lots when the term is over for which they were bought."""


@dataclass(frozen=True)
class Drawdown:
    """What a delivery took.

    - used: units and price by lot; a bonus is not among them
    - charged: uPT of lots for the provider
    - bonus: virtual uPT that were drawn
    - dust: what lots had left that buys no unit; it is in the wallet
    - arrears: what was delivered beyond the lots, paid from the wallet as far as it goes, else a debt
    """

    lots: tuple[Lot, ...]
    used: tuple[tuple[int, int], ...]
    charged: int
    bonus: int
    dust: int
    arrears_units: int
    arrears: int
    paid_from_wallet: int
    debt: int
    wallet: int


def draw(lots: Sequence[Lot], units: int, postpaid: int, wallet: int) -> Drawdown:
    """Serves so many units from lots, those of a bonus last."""
    whole("units", units, 0, MOST_UPT)
    missing = units
    charged = bonus = dust = 0
    kept: list[Lot] = []
    used: list[tuple[int, int]] = []
    for lot in sorted(lots, key=lambda lot: lot.bonus):
        if not missing:
            kept.append(lot)
            continue
        count = min(missing, lot.units)
        amount = count * lot.price
        missing -= count
        rest = replace(lot, left=lot.left - amount)
        if rest.units:
            kept.append(rest)
        if lot.bonus:
            bonus += amount
            continue
        charged += amount
        if count:
            used.append((count, lot.price))
        if not rest.units:
            dust += rest.left
    arrears = missing * postpaid
    paid = min(arrears, wallet + dust)
    return Drawdown(
        tuple(kept), tuple(used), charged, bonus, dust, missing, arrears, paid, arrears - paid, wallet + dust - paid
    )


def bonus_lots(pricing: Pricing, amount: int, bundle_bps: int) -> tuple[Lot, ...]:
    """What a payment in a bundle gets on top, at the price that it reached."""
    extra = amount * bundle_bps // WHOLE_BPS
    return (Lot.bought(extra, pricing.lots(amount)[-1].price, bonus=True),) if extra else ()


def units_between(before_wh: int, after_wh: int, wh_per_unit: int) -> int:
    """Whole units on a meter's counter, so that parts of a unit are carried on."""
    if after_wh < before_wh:
        raise PackageError(f"a counter cannot fall from {before_wh} to {after_wh} Wh")
    return after_wh // wh_per_unit - before_wh // wh_per_unit


def is_suspended(debt_since: int, now: int) -> bool:
    """Whether supply counts as suspended for a debt that stands since then."""
    return now - debt_since >= GRACE_SECONDS


def may_be_ended(debt_since: int, now: int) -> bool:
    """Whether anyone may end a supply that is suspended for a debt that stands since then."""
    return now - debt_since >= GRACE_SECONDS + FORBEARANCE_SECONDS
