"""What keeping the books earns: points by blocks proposed, of an epoch's budget (docs/governance.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from wattbook.governance.refusals import whole
from wattbook.market.shares import cumfloor
from wattbook.points.rewards import granted

WHOLE_BPS = 10_000
VOTERS_BPS = 3_000


@dataclass(frozen=True)
class Reward:
    """How what a delegate earned is divided; what no voter is there for returns to the budget."""

    delegate: int
    voters: tuple[int, ...]
    returned: int


def rewards(blocks: Sequence[int], per_block: int, budget: int) -> list[int]:
    """What each delegate's blocks earn, that of its voters included."""
    for number in blocks:
        whole("blocks", number)
    return granted(whole("budget", budget), [number * whole("per block", per_block) for number in blocks])


def divided(reward: int, weights: Sequence[int]) -> Reward:
    """A delegate's reward, of which three tenths are for those who voted for him, by weight, in the order in which
    they did."""
    for weight in weights:
        whole("weight", weight, least=1)
    part = whole("reward", reward) * VOTERS_BPS // WHOLE_BPS
    voters = cumfloor(weights, part)
    return Reward(reward - part, tuple(voters), part - sum(voters))


def missed_half(expected: int, proposed: int) -> bool:
    """Whether a validator missed at least half of the blocks that were its turn to propose, if there were any."""
    whole("proposed", proposed)
    return whole("expected", expected) > 0 and 2 * (expected - min(expected, proposed)) >= expected
