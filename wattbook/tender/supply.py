"""What is paid for a supply that a tender was awarded for, once all of it is metered (docs/tender.md)."""

from dataclasses import dataclass
from enum import StrEnum

from wattbook.tender.awards import WHOLE, margin


class Status(StrEnum):
    SETTLED = "SETTLED"
    DEFAULTED = "DEFAULTED"


@dataclass(frozen=True)
class Terms:
    """What a tender's publication fixed; all in 1/10000."""

    owner_margin: int = 2000
    user_margin: int = 2000
    tolerance: int = 300
    owner_penalty: int = 2000
    user_penalty: int = 2000


@dataclass(frozen=True)
class Result:
    """What became of a supply: Wh, and uPT that moved."""

    least: int
    most: int
    billed: int
    due: int
    excess: int
    short: int
    owner_fault: int
    user_fault: int
    owner_penalty: int
    user_penalty: int
    from_escrow: int
    from_funds: int
    from_margin: int
    unpaid: int

    @property
    def paid(self) -> int:
        """What the user paid of what he owes."""
        return self.from_escrow + self.from_funds + self.from_margin

    @property
    def status(self) -> Status:
        return Status.DEFAULTED if self.unpaid else Status.SETTLED

    @property
    def owner_net(self) -> int:
        return self.paid - self.owner_penalty


def least(wh: int, tolerance: int) -> int:
    """Wh below which somebody is at fault."""
    return -(-wh * (WHOLE - tolerance) // WHOLE)


def most(wh: int, tolerance: int) -> int:
    """Wh up to which what is delivered is paid."""
    return wh * (WHOLE + tolerance) // WHOLE


def executed(
    wh: int,
    price: int,
    delivered: int,
    available: int,
    funds: int | None = None,
    terms: Terms = Terms(),
    *,
    escrow: int = 0,
    force_majeure: bool = False,
) -> Result:
    """Executes a supply of `wh` at `price`, of which so much was delivered, where so much was to be had.

    The user pays from what he put aside for it, then from what he has free (None: enough), then from his margin.
    """
    low, high = least(wh, terms.tolerance), most(wh, terms.tolerance)
    billed = min(delivered, high)
    due = billed * price
    short = max(0, low - delivered)
    owner_fault = min(short, max(0, low - available))
    user_fault = short - owner_fault
    owner_penalty = user_penalty = 0
    if not force_majeure:
        owner_penalty = _penalty(owner_fault, price, terms.owner_penalty, margin(wh, price, terms.owner_margin))
        user_penalty = _penalty(user_fault, price, terms.user_penalty, margin(wh, price, terms.user_margin))
    owed = due + user_penalty
    from_escrow = min(owed, escrow)
    left = owed - from_escrow
    from_funds = left if funds is None else min(left, funds)
    left -= from_funds
    from_margin = min(left, margin(wh, price, terms.user_margin))
    return Result(
        least=low,
        most=high,
        billed=billed,
        due=due,
        excess=delivered - billed,
        short=short,
        owner_fault=owner_fault,
        user_fault=user_fault,
        owner_penalty=owner_penalty,
        user_penalty=user_penalty,
        from_escrow=from_escrow,
        from_funds=from_funds,
        from_margin=from_margin,
        unpaid=left - from_margin,
    )


def _penalty(fault: int, price: int, bps: int, most: int) -> int:
    return min(fault * price * bps // WHOLE, most)
