"""What comes back when a package ends before its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wattbook.packages.area import AreaTerm
from wattbook.packages.fields import whole
from wattbook.packages.lots import WHOLE_BPS, Lot, Pricing

GONE_SECONDS = 14 * 86_400
_ENOUGH_OF_TEN_DAYS = 9


@dataclass(frozen=True)
class LotsEnding:
    """uPT for the customer, and for the provider: for what was used at too low a price, and for ending."""

    refund: int
    clawback: int
    fee: int


@dataclass(frozen=True)
class AreaEnding:
    """uPT that were paid, what the months that count cost, and what of the rest is a fee or comes back."""

    paid: int
    used: int
    fee: int
    refund: int


def end_lots(lots: Iterable[Lot], pricing: Pricing, fee_bps: int, *, free: bool = False) -> LotsEnding:
    """Ends a prepaid supply; `free` in the time of cooling off and when the provider does not deliver."""
    paid = [lot for lot in lots if not lot.bonus]
    left = sum(lot.left for lot in paid)
    if free:
        return LotsEnding(left, 0, 0)
    clawback = sum(min(lot.used * (pricing.rerated(lot) - lot.price), lot.left) for lot in paid)
    fee = _fee(left - clawback, fee_bps)
    return LotsEnding(left - clawback - fee, clawback, fee)


def unread_month(read_wh: int, drawn_wh: Sequence[int]) -> int:
    """Wh of a month that was not read in full: no less than those drawn in which the meter was read, on average."""
    return max(read_wh, sum(drawn_wh) // len(drawn_wh)) if drawn_wh else read_wh


def end_area(term: AreaTerm, started: int, fee_bps: int) -> AreaEnding:
    """Ends a term: months that have begun are charged singly, and never less than was earned."""
    used = max(term.singly(started), term.earned(started))
    rest = max(term.paid - used, 0)
    fee = _fee(rest, fee_bps)
    return AreaEnding(term.paid, used, fee, rest - fee)


def end_area_free(term: AreaTerm, ended: int) -> AreaEnding:
    """Ends a term while it cools off, or because the provider does not deliver: what is not earned comes back."""
    used = term.earned(ended)
    return AreaEnding(term.paid, used, 0, term.paid - used)


def is_cooling_off(seconds: int, cooling_off_seconds: int, *, used: bool = False, begun: bool = False) -> bool:
    """Whether so long after buying it all of it comes back: nothing used, supply not begun, in time."""
    return seconds < cooling_off_seconds and not used and not begun


def is_in_default(supplied_days: int, days: int) -> bool:
    """Whether a provider supplied on less than nine of ten days."""
    whole("supplied days", supplied_days, 0, days)
    return supplied_days * 10 < days * _ENOUGH_OF_TEN_DAYS


def is_gone(last_delivery: int, now: int) -> bool:
    """Whether a provider delivered nothing for two weeks."""
    return now - last_delivery >= GONE_SECONDS


def _fee(amount: int, fee_bps: int) -> int:
    return -(-amount * fee_bps // WHOLE_BPS)
