"""Points for a trade of clean energy, and how a budget is shared that is asked for too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wattbook.market.shares import cumfloor

# A point a kWh, of which each role has its part in 1/10000.
_WH_A_POINT = 1_000 * 10_000


@dataclass
class Counter:
    """All clean Wh of somebody in a role. Points are counted over all of them, so that no part of one is ever lost."""

    bps: int
    wh: int = 0

    def add(self, clean_wh: int) -> int:
        """Points for so many Wh more."""
        before = self.wh * self.bps // _WH_A_POINT
        self.wh += clean_wh
        return self.wh * self.bps // _WH_A_POINT - before


def counters(role_bps: Mapping[str, int]) -> dict[str, Counter]:
    return {role: Counter(bps) for role, bps in role_bps.items()}


def granted(budget: int, asks: Sequence[int]) -> list[int]:
    """What each gets of an epoch's budget: what it asks for, or its share when there is less than all ask for."""
    return list(asks) if sum(asks) <= budget else cumfloor(asks, budget)
