"""What a zone's plants are paid of a subsidy for a period (docs/settlement/subsidy.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.market.shares import cumfloor
from wattbook.settlement.losses import Counted

_WHOLE = 10_000


class ClaimRefusal(StrEnum):
    """Why a claim is not paid, in the order in which that is looked for."""

    NOT_FINAL = "NotFinal"
    ALREADY_PAID = "AlreadyPaid"
    OVER_CAPACITY = "OverCapacity"


@dataclass(frozen=True)
class Claim:
    """Clean Wh of a device in a period, and the most that it could have made."""

    device: str
    wh: int
    capacity_wh: int
    final: bool
    already_paid: bool

    @property
    def refusal(self) -> ClaimRefusal | None:
        if not self.final:
            return ClaimRefusal.NOT_FINAL
        if self.already_paid:
            return ClaimRefusal.ALREADY_PAID
        return ClaimRefusal.OVER_CAPACITY if self.wh > self.capacity_wh else None


@dataclass(frozen=True)
class Pot:
    """What there is for a period: uPT, mPT for each kWh, and by how much the claims may exceed what the feeder saw."""

    budget: int
    rate: int
    tolerance_bps: int

    def shares(self, wh: Sequence[int]) -> list[int]:
        """uPT for each of all claims at once, so that nobody has to be first."""
        amounts = [one * self.rate for one in wh]
        return cumfloor(amounts, self.budget) if sum(amounts) > self.budget else amounts

    def exceeds(self, claimed: int, seen: int) -> bool:
        """Whether more is claimed than can have come through the feeder."""
        return claimed * _WHOLE > seen * (_WHOLE + self.tolerance_bps)


class Hold(StrEnum):
    """Why a zone is held, in the order in which that is looked for."""

    UNMEASURED = "Unmeasured"
    CLAIMS = "Claims"
    LOSSES = "Losses"


@dataclass(frozen=True)
class Payment:
    """uPT by device. A zone is held when its plants claim more than can have come through its feeder."""

    held: bool
    refused: dict[str, ClaimRefusal]
    pay: dict[str, int]

    @property
    def spent(self) -> int:
        return sum(self.pay.values())


def pay(pot: Pot, feeder_wh: int, claims: Sequence[Claim]) -> Payment:
    """All claims of a zone."""
    accepted = [claim for claim in claims if claim.refusal is None]
    refused = {claim.device: claim.refusal for claim in claims if claim.refusal}
    if pot.exceeds(sum(claim.wh for claim in accepted), feeder_wh):
        return Payment(True, refused, {claim.device: 0 for claim in accepted})
    amounts = pot.shares([claim.wh for claim in accepted])
    return Payment(False, refused, {claim.device: part for claim, part in zip(accepted, amounts, strict=True)})


def hold(pot: Pot, counted: Counted, loss_bps: int, claimed: int, *, measured: bool) -> Hold | None:
    """Whether a zone's meters bear its claims out; `measured` says that its feeder counts in both directions."""
    if not measured:
        return Hold.UNMEASURED
    if pot.exceeds(claimed, counted.behind_feeder(loss_bps)):
        return Hold.CLAIMS
    return Hold.LOSSES if counted.is_alarming(loss_bps) else None


def kept(amounts: Sequence[int], owed: Sequence[int]) -> list[int]:
    """What is kept of payments for what devices were paid too much before."""
    return [min(pair) for pair in zip(amounts, owed, strict=True)]


def owed_after(paid: int, wh: int, corrected: int) -> int:
    """What a device was paid too much when its Wh are corrected to less."""
    return paid - paid * corrected // wh


def returned(fundings: Sequence[int], paid: int) -> list[int]:
    """What goes back to those who filled a pot, in proportion, to the last uPT."""
    return cumfloor(fundings, sum(fundings) - paid)
