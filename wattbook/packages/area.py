"""Cold and heat by area: the year's price per m2, spread over its months by season, for a term paid in advance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wattbook.months import MONTHS_A_YEAR
from wattbook.packages.fields import PackageError, whole
from wattbook.packages.lots import WHOLE_BPS
from wattbook.units import CENTI_PER_M2

MOST_CENTI_M2 = 2**32 - 1
# Areas are in hundredths of m2, prices in thousandths of PT, weights in ten-thousandths, money in millionths of PT.
_SCALE = 10**7


@dataclass(frozen=True)
class Area:
    """mPT per m2 and year, the weight of each month in ten-thousandths, and what is taken off by term."""

    annual: int
    weights: tuple[int, ...]
    discounts: Mapping[int, int]

    def weight(self, first: int, months: int) -> int:
        """The weight of so many months from `first`, which is counted from any January."""
        return sum(self.weights[month % MONTHS_A_YEAR] for month in range(first, first + months))

    def fee(self, centi_m2: int, first: int, months: int, bundle_bps: int = 0) -> int:
        """uPT for an area and a term."""
        kept_bps = WHOLE_BPS - self.discounts[months]
        fee = centi_m2 * self.annual * self.weight(first, months) * kept_bps // _SCALE
        return fee * (WHOLE_BPS - bundle_bps) // WHOLE_BPS

    def singly(self, centi_m2: int, first: int, months: int) -> int:
        """uPT for months each on its own, without anything off."""
        by_month = (self.weight(month, 1) for month in range(first, first + months))
        return sum(centi_m2 * self.annual * weight * WHOLE_BPS // _SCALE for weight in by_month)


@dataclass(frozen=True)
class AreaTerm:
    """A term that was paid for, and what was added since: from which of its months on, and how many uPT."""

    area: Area
    centi_m2: int
    first: int
    months: int
    bundle_bps: int
    fee: int
    added: tuple[tuple[int, int], ...] = ()

    @classmethod
    def bought(cls, area: Area, centi_m2: int, first: int, months: int, bundle_bps: int = 0) -> "AreaTerm":
        """At least 1 m2, and not only months that cost nothing: they would hold capacity for nothing."""
        whole("an area in hundredths of m2", centi_m2, CENTI_PER_M2, MOST_CENTI_M2)
        fee = area.fee(centi_m2, first, months, bundle_bps)
        if not fee:
            ends = (month % MONTHS_A_YEAR + 1 for month in (first, first + months - 1))
            raise PackageError("the term from month {} to {} costs nothing".format(*ends))
        return cls(area, centi_m2, first, months, bundle_bps, fee)

    @property
    def paid(self) -> int:
        return self.fee + sum(amount for _, amount in self.added)

    def earned(self, ended: int) -> int:
        """What the provider has earned when so many months are over."""
        return sum(self._part(amount, since, ended) for since, amount in ((0, self.fee), *self.added))

    def singly(self, started: int) -> int:
        """What the months that have begun cost each on its own."""
        return self.area.singly(self.centi_m2, self.first, started)

    def rebundled(self, started: int, bundle_bps: int, there: int | None = None) -> "AreaTerm":
        """The term with another discount on the months that have not begun, as when a partner of its bundle ends.

        `there` is what the customer has of what that costs more; the rest is waived. Without it he pays all.
        """
        extra = self._rest(bundle_bps, started) - self._rest(self.bundle_bps, started)
        if there is not None:
            extra = min(extra, there)
        added = (*self.added, (started, extra)) if extra else self.added
        return replace(self, bundle_bps=bundle_bps, added=added)

    def _rest(self, bundle_bps: int, since: int) -> int:
        fee = self.area.fee(self.centi_m2, self.first, self.months, bundle_bps)
        return fee - self._part(fee, 0, since)

    def _part(self, amount: int, since: int, ended: int) -> int:
        """The share of months from `since` up to `ended` in an amount for all from `since` on."""
        if ended <= since:
            return 0
        first = self.first + since
        return amount * self.area.weight(first, ended - since) // self.area.weight(first, self.months - since)
