"""What those who use clean energy are paid a subsidy for (docs/settlement/subsidy.md).

Shares of a pot, what goes back and what is owed are those of `wattbook.settlement.subsidy`.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattbook.months import month_at


class UseRefusal(StrEnum):
    """Why a slice is not counted, in the order in which that is looked for."""

    NOT_RETIRED = "NotRetired"
    ELSEWHERE = "Elsewhere"
    SEVERAL_SLOTS = "SeveralSlots"
    OTHER_MONTH = "OtherMonth"
    ALREADY_COUNTED = "AlreadyCounted"
    NOT_WITHDRAWN = "NotWithdrawn"


@dataclass(frozen=True)
class Retired:
    """Where and when a slice was made, and Wh of it that were retired for a user so far."""

    slice: Hashable
    zone: int
    carrier: int
    since: int
    until: int
    wh: int


class Matching:
    """What users of a carrier in a zone have claimed: each retired and each withdrawn Wh counts once."""

    def __init__(self, zone: int, carrier: int, slot_seconds: int) -> None:
        self.zone, self.carrier, self.slot_seconds = zone, carrier, slot_seconds
        # Wh by user, in the order in which they first claimed.
        self.claims: dict[int, dict[str, int]] = defaultdict(dict)
        self._counted: Counter[tuple[str, Hashable]] = Counter()
        self._matched: Counter[tuple[str, int]] = Counter()

    def claim(
        self, month: int, user: str, slices: Sequence[Retired], withdrawn: Mapping[int, int]
    ) -> list[int | UseRefusal]:
        """Wh of each slice that match what the user's meters took in its slot, by its start; or why none do."""
        found = [self._count(month, user, one, withdrawn.get(one.since, 0)) for one in slices]
        matched = sum(wh for wh in found if isinstance(wh, int))
        if matched:
            self.claims[month][user] = self.claims[month].get(user, 0) + matched
        return found

    def _count(self, month: int, user: str, retired: Retired, withdrawn: int) -> int | UseRefusal:
        if not retired.wh:
            return UseRefusal.NOT_RETIRED
        if (retired.zone, retired.carrier) != (self.zone, self.carrier):
            return UseRefusal.ELSEWHERE
        if retired.until - retired.since != self.slot_seconds:
            return UseRefusal.SEVERAL_SLOTS
        if month_ending(retired.until) != month:
            return UseRefusal.OTHER_MONTH
        left = retired.wh - self._counted[user, retired.slice]
        if not left:
            return UseRefusal.ALREADY_COUNTED
        wh = min(left, withdrawn - self._matched[user, retired.since])
        if not wh:
            return UseRefusal.NOT_WITHDRAWN
        self._counted[user, retired.slice] += wh
        self._matched[user, retired.since] += wh
        return wh


def month_ending(until: int) -> int:
    """The month in which a slot ends, counted from January 1970 in UTC; midnight is counted to the day before."""
    return month_at(until - 1)
