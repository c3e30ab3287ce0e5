"""A price that falls in steps with the amount that is paid at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.packages.fields import whole
from wattbook.packages.lots import MOST_UPT, Lot


class Mode(StrEnum):
    """Whether the step that a payment reaches holds for all of it, or each part has the price of its own step."""

    ALL_UNITS = "ALL_UNITS"
    INCREMENTAL = "INCREMENTAL"


@dataclass(frozen=True)
class Steps:
    """uPT from which a step holds, and its price, by rising amounts from 0 on."""

    steps: tuple[tuple[int, int], ...]
    postpaid: int
    wh_per_unit: int = 1
    mode: Mode = Mode.ALL_UNITS

    def price(self, amount: int) -> int:
        """The price of the highest step that an amount reaches."""
        return next(price for threshold, price in reversed(self.steps) if threshold <= amount)

    def lots(self, amount: int) -> tuple[Lot, ...]:
        whole("amount", amount, 1, MOST_UPT)
        if self.mode is Mode.ALL_UNITS:
            return (Lot.bought(amount, self.price(amount)),)
        ends = [threshold for threshold, _ in self.steps[1:]] + [amount]
        parts = [(min(end, amount) - start, price) for (start, price), end in zip(self.steps, ends, strict=True)]
        return tuple(Lot.bought(part, price) for part, price in parts if part > 0)

    def rerated(self, lot: Lot) -> int:
        """The step that the money used would have reached. Block by block nothing was got in advance."""
        return self.price(lot.paid - lot.left) if self.mode is Mode.ALL_UNITS else lot.price

    def after_term(self, lots: Sequence[Lot]) -> tuple[Lot, ...]:
        """Steps know no term."""
        return tuple(lots)
