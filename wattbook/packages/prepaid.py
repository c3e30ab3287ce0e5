"""A customer's prepaid supply from the first payment to its end, one state after the other."""

from dataclasses import dataclass, replace

from wattbook.packages.cancelling import LotsEnding, end_lots
from wattbook.packages.fields import PackageError
from wattbook.packages.lots import Drawdown, Lot, Pricing, bonus_lots, draw, units_between


@dataclass(frozen=True)
class Prepaid:
    """Free money and lots in uPT, what is owed, what the provider has got, and Wh that were drawn for."""

    pricing: Pricing
    wallet: int = 0
    lots: tuple[Lot, ...] = ()
    debt: int = 0
    earned: int = 0
    drawn_wh: int = 0
    ended: bool = False

    @property
    def left(self) -> int:
        """Money in lots; a bonus is none."""
        return sum(lot.left for lot in self.lots if not lot.bonus)

    @property
    def units(self) -> int:
        """Units that are paid for."""
        return sum(lot.units for lot in self.lots)

    def top_up(self, amount: int) -> "Prepaid":
        """More free money."""
        return replace(self, wallet=self.wallet + amount)

    def pay(self, amount: int, bundle_bps: int = 0) -> "Prepaid":
        """A payment: what is owed comes first, and the rest buys lots."""
        self._check_open()
        if not 0 < amount <= self.wallet:
            raise PackageError(f"a payment must be from 1 to the {self.wallet} uPT in the wallet, not {amount}")
        cleared = min(amount, self.debt)
        rest = amount - cleared
        bought = self.pricing.lots(rest) + bonus_lots(self.pricing, rest, bundle_bps) if rest else ()
        return replace(
            self,
            wallet=self.wallet - amount,
            lots=self.lots + bought,
            debt=self.debt - cleared,
            earned=self.earned + cleared,
        )

    def draw(self, delivered_wh: int) -> tuple["Prepaid", Drawdown]:
        """Charges what the meter's counter says that was delivered in all, so that nothing is charged twice.

        What is paid when a month is over is not for it: who keeps the calendar draws a month before he pays in more.
        """
        self._check_open()
        units = units_between(self.drawn_wh, delivered_wh, self.pricing.wh_per_unit)
        taken = draw(self.lots, units, self.pricing.postpaid, self.wallet)
        after = replace(
            self,
            wallet=taken.wallet,
            lots=taken.lots,
            debt=self.debt + taken.debt,
            earned=self.earned + taken.charged + taken.paid_from_wallet,
            drawn_wh=delivered_wh,
        )
        return after, taken

    def end_term(self) -> "Prepaid":
        """The term is over for which was paid, and no other begins."""
        self._check_open()
        return replace(self, lots=self.pricing.after_term(self.lots))

    def cancel(self, fee_bps: int, *, free: bool = False) -> tuple["Prepaid", LotsEnding]:
        """Ends the supply; a bonus lapses, a debt is paid of what comes back."""
        self._check_open()
        ending = end_lots(self.lots, self.pricing, fee_bps, free=free)
        cleared = min(ending.refund, self.debt)
        after = replace(
            self,
            wallet=self.wallet + ending.refund - cleared,
            lots=(),
            debt=self.debt - cleared,
            earned=self.earned + ending.clawback + ending.fee + cleared,
            ended=True,
        )
        return after, ending

    def _check_open(self) -> None:
        if self.ended:
            raise PackageError("the supply was cancelled")
