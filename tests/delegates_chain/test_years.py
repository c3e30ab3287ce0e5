"""Epochs full of elections, verdicts and blocks: the contracts beside the engine, step by step."""

from random import Random

import pytest

from tests.delegates_chain.twin import HELD, Twin
from tests.depth import DEEP, depth
from wattbook.deployment.anvil import Anvil
from wattbook.governance.committee import Evidence
from wattbook.trial.blocks import OPTIONS

STEPS = depth(120, 500)


@pytest.mark.parametrize("size", [4, 7, 21])
def test_years(size: int) -> None:
    random = Random(size)
    with Anvil(*OPTIONS) as chain:
        twin = Twin(chain, size, random)
        twin.check()
        done = dict.fromkeys(_DEEDS, 0)
        for _ in range(STEPS):
            deed = random.choices(list(_DEEDS), _WEIGHTS)[0]
            done[deed] += 1
            _DEEDS[deed](twin, random)
            twin.check()
        twin.check_blocks()
        twin.check_points()
        assert all(done.values()) and sum(twin.points.values())
        # In few steps a large committee convicts nobody.
        assert twin.committee.slashed or (size == 21 and not DEEP)
        assert len(set(twin.left_in)) >= 3


def _somebody(twin: Twin, random: Random) -> str:
    return random.choice(twin.people)


def _vote(twin: Twin, random: Random) -> None:
    for voter in random.sample(twin.voters, 4):
        standing = list(twin.standing) or twin.people
        twin.vote(voter, random.choice([*standing, *random.sample(twin.people, 1)]), random.randint(1, HELD))


def _evidence(random: Random) -> Evidence:
    return random.choice([Evidence.MISSED, Evidence.EQUIVOCATED])


_DEEDS = {
    "register": lambda twin, random: [twin.register(name) for name in random.sample(twin.people, 5)],
    "resign": lambda twin, random: twin.resign(_somebody(twin, random)),
    "strike": lambda twin, random: twin.strike(_somebody(twin, random)),
    "suspend": lambda twin, random: twin.suspend(_somebody(twin, random)),
    "return": lambda twin, random: twin.return_stake(_somebody(twin, random)),
    "seats": lambda twin, random: twin.set_seats(random.randint(4, 21)),
    "vote": _vote,
    "epoch": lambda twin, random: twin.next_epoch(),
    "suspect": lambda twin, random: twin.suspect(_evidence(random)),
    "decide": lambda twin, random: twin.decide_case(),
    "readmit": lambda twin, random: twin.readmit(_somebody(twin, random)),
    "step": lambda twin, random: twin.step(),
    "propose": lambda twin, random: twin.propose(random.randint(1, 4)),
}
_WEIGHTS = (3, 1, 2, 2, 2, 1, 5, 4, 2, 2, 3, 8, 4)
