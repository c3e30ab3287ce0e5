"""Cold and heat by what flows: a price that is the lower, the longer the term that is paid in advance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wattbook.packages.fields import whole
from wattbook.packages.lots import MOST_UPT, WHOLE_BPS, Lot

TERMS = (1, 3, 12)
"""Months that can be paid in advance."""


@dataclass(frozen=True)
class Flow:
    """mPT per kWh, and what is taken off it by term."""

    price: int
    discounts: Mapping[int, int]

    def price_for(self, months: int) -> int:
        return self.price * (WHOLE_BPS - self.discounts[months]) // WHOLE_BPS

    @property
    def postpaid(self) -> int:
        """A tenth above the price, rounded up."""
        return -(-self.price * 11 // 10)


@dataclass(frozen=True)
class FlowTerm:
    """A supply by flow for a term."""

    flow: Flow
    months: int
    wh_per_unit: int = 1

    @property
    def postpaid(self) -> int:
        return self.flow.postpaid

    def lots(self, amount: int) -> tuple[Lot, ...]:
        whole("amount", amount, 1, MOST_UPT)
        return (Lot.bought(amount, self.flow.price_for(self.months)),)

    def rerated(self, lot: Lot) -> int:
        """The price of a single month: the term was not kept."""
        return self.flow.price_for(1)

    def after_term(self, lots: Sequence[Lot]) -> tuple[Lot, ...]:
        """Money that is left stays, at the price of a single month."""
        return tuple(Lot.bought(lot.left, self.flow.price_for(1), bonus=lot.bonus) for lot in lots)
