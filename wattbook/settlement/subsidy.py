"""What a zone's plants are paid of a subsidy for a period (docs/settlement/subsidy.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.market.shares import cumfloor

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
    """All claims of a zone at once, so that nobody has to be first."""
    accepted = [claim for claim in claims if claim.refusal is None]
    refused = {claim.device: claim.refusal for claim in claims if claim.refusal}
    claimed = sum(claim.wh for claim in accepted)
    if claimed * _WHOLE > feeder_wh * (_WHOLE + pot.tolerance_bps):
        return Payment(True, refused, {claim.device: 0 for claim in accepted})
    amounts = [claim.wh * pot.rate for claim in accepted]
    if sum(amounts) > pot.budget:
        amounts = cumfloor(amounts, pot.budget)
    return Payment(False, refused, {claim.device: part for claim, part in zip(accepted, amounts, strict=True)})


def behind_feeder(exported: int, imported: int, withdrawn: int, loss_bps: int) -> int:
    """Wh that plants must have made for the feeder to see what it saw: what left the zone and what was used in it, less
    what came in, with what got lost on the way."""
    return max(0, exported - imported + withdrawn) * _WHOLE // (_WHOLE - loss_bps)
