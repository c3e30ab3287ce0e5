"""When a pool's servicer may be replaced, and who votes on it (docs/finance.md)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.finance.refusals import WHOLE_BPS, FinanceError
from wattbook.finance.waterfall import State

LEAST_COMPLETE_BPS = 9_500
MOST_MISSED = 1
MOST_UNCOVERED = 1


class Cause(StrEnum):
    """Why investors may replace a servicer, in the order in which that is looked for."""

    INCOMPLETE = "Incomplete"
    MISSED = "Missed"
    UNCOVERED = "Uncovered"


@dataclass(frozen=True)
class Served:
    """A period under a servicer: how complete its plants' readings were, whether nothing at all was collected in it,
    and its coverage."""

    complete_bps: int
    missed: bool
    dscr_bps: int


class Tranche(StrEnum):
    SENIOR = "senior"
    MEZZ = "mezz"
    JUNIOR = "junior"


def cause(periods: Sequence[Served]) -> Cause | None:
    """What the periods since a servicer was appointed give cause for."""
    if any(one.complete_bps < LEAST_COMPLETE_BPS for one in periods):
        return Cause.INCOMPLETE
    if sum(one.missed for one in periods) > MOST_MISSED:
        return Cause.MISSED
    if sum(one.dscr_bps < WHOLE_BPS for one in periods) > MOST_UNCOVERED:
        return Cause.UNCOVERED
    return None


def voting(state: State) -> Tranche:
    """Whose holders vote: the first tranche that is still owed something."""
    if state.senior or state.senior_arrears:
        return Tranche.SENIOR
    return Tranche.MEZZ if state.mezz or state.mezz_arrears else Tranche.JUNIOR


def replaced(units: Mapping[str, int], votes: Collection[str], periods: Sequence[Served]) -> bool:
    """Whether holders of more than half of a tranche, as of the vote's record date, replace a servicer."""
    if cause(periods) is None:
        raise FinanceError("NoCause", "nothing that the servicer did gives cause to replace it")
    if len(set(votes)) != len(votes):
        raise FinanceError("VotedAlready", "somebody voted twice")
    for voter in votes:
        if not units.get(voter):
            raise FinanceError("NoUnitsToVote", f"{voter} held nothing on the record date")
    return 2 * sum(units[voter] for voter in votes) > sum(units.values())
