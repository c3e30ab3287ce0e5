"""How many are enough, for every number of validators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.governance.quorum import (
    LEAST_VALIDATORS,
    changes_an_epoch,
    faulty_tolerated,
    needed,
    quorum,
    removal,
)
from wattbook.governance.refusals import GovernanceError

numbers = st.integers(4, 10_000)


@given(numbers)
def test_two_quorums_share_an_honest_validator(n):
    """Else two blocks of one height could both be sealed."""
    assert 2 * quorum(n) - n > faulty_tolerated(n)
    assert n - faulty_tolerated(n) >= quorum(n)
    assert 3 * faulty_tolerated(n) < n <= 3 * faulty_tolerated(n) + 3


@given(numbers)
def test_a_removal_takes_more_than_two_thirds_and_can_be_had_without_the_accused(n):
    assert 3 * needed(n) > 2 * n >= 3 * (needed(n) - 1)
    assert quorum(n) <= needed(n) <= n - 1


@given(numbers)
def test_what_changes_in_an_epoch_leaves_a_quorum_of_those_before(n):
    assert 1 <= changes_an_epoch(n) <= faulty_tolerated(n)
    assert n - 2 * changes_an_epoch(n) >= quorum(n) or changes_an_epoch(n) == 1


@given(st.integers(4, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.booleans())
def test_a_removal_needs_votes_and_evidence(given_votes, evidence):
    n, yes = given_votes
    found = removal(n, yes, evidence=evidence)
    assert (found.removed or found.replace_first) == (evidence and yes >= needed(n))
    assert not (found.removed and found.replace_first)
    assert found.replace_first <= (n == LEAST_VALIDATORS) and found.removed <= (n > LEAST_VALIDATORS)


@pytest.mark.parametrize("n, changes", [(4, 1), (7, 1), (12, 1), (13, 2), (21, 3)])
def test_changes_an_epoch(n, changes):
    assert changes_an_epoch(n) == changes


@pytest.mark.parametrize("n, yes", [(3, 3), (7, 8), (7, -1), (7, True), (7.0, 5)])
def test_votes_that_cannot_be(n, yes):
    with pytest.raises(GovernanceError) as error:
        removal(n, yes, evidence=True)
    assert error.value.name == "OutOfBounds"


@pytest.mark.parametrize("function", [quorum, needed, faulty_tolerated, changes_an_epoch])
def test_nobody_is_no_committee(function):
    with pytest.raises(GovernanceError, match="validators must be a whole number from 1 to"):
        function(0)
