"""What blocks earn, and what their voters get of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.governance.bookkeeping import divided, missed_half, rewards
from wattbook.governance.refusals import GovernanceError

blocks = st.lists(st.integers(0, 10_000), max_size=21)


@given(blocks, st.integers(0, 1_000), st.integers(0, 10**7))
def test_the_budget_holds_and_is_used_up(counts, per_block, budget):
    found = rewards(counts, per_block, budget)
    asked = sum(counts) * per_block
    assert sum(found) == min(asked, budget)
    for reward, count in zip(found, counts, strict=True):
        assert reward <= count * per_block
        if asked > budget:
            assert abs(reward * asked - count * per_block * budget) < asked


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**9), max_size=20))
def test_a_reward_is_divided_to_the_unit(reward, weights):
    found = divided(reward, weights)
    part = reward * 3 // 10
    assert found.delegate + sum(found.voters) + found.returned == reward
    assert found.delegate == reward - part
    assert found.returned == (0 if weights else part)
    for voter, weight in zip(found.voters, weights, strict=True):
        assert abs(voter * sum(weights) - weight * part) < sum(weights)


@pytest.mark.parametrize(
    ("expected", "proposed", "missed"),
    [
        (0, 0, False),
        (1, 1, False),
        (1, 0, True),
        (2, 1, True),
        (3, 2, False),
        (10, 5, True),
        (10, 6, False),
        (4, 9, False),
    ],
)
def test_half_of_the_turns(expected, proposed, missed):
    assert missed_half(expected, proposed) is missed


@pytest.mark.parametrize(
    "call",
    [
        lambda: rewards([-1], 1, 1),
        lambda: rewards([1], -1, 1),
        lambda: rewards([1], 1, -1),
        lambda: divided(-1, []),
        lambda: divided(1, [0]),
        lambda: missed_half(-1, 0),
        lambda: missed_half(1, -1),
    ],
)
def test_refused(call):
    with pytest.raises(GovernanceError) as error:
        call()
    assert error.value.name == "OutOfBounds"
