"""Elections: the cap, the order, and what is no vote."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.governance.election import Candidate, Vote, elect
from wattbook.governance.refusals import GovernanceError

NAMES = [f"n{number}" for number in range(12)]
CANDIDATES = [Candidate(name, 100 - place) for place, name in enumerate(NAMES)]

votes = st.lists(
    st.builds(Vote, st.integers(0, 40).map(str), st.integers(1, 10**9), st.sampled_from(NAMES)),
    max_size=30,
    unique_by=lambda vote: vote.voter,
)
fields = st.lists(st.sampled_from(CANDIDATES), min_size=1, unique=True)


def among(candidates, cast):
    names = {candidate.name for candidate in candidates}
    return [vote for vote in cast if vote.candidate in names]


@given(votes, fields, st.integers(4, 12))
def test_the_order(cast, candidates, seats):
    cast = among(candidates, cast)
    found = elect(cast, candidates, seats)
    registered = {candidate.name: candidate.registered for candidate in candidates}
    order = found.delegates + found.standby
    assert sorted(order) == sorted(registered)
    assert len(found.delegates) == min(seats, len(candidates))
    for one, next_one in pairwise(order):
        assert found.score[one] > found.score[next_one] or (
            found.score[one] == found.score[next_one] and registered[one] < registered[next_one]
        )
    assert found.holds == (len(candidates) >= 4)


@given(votes, fields, st.integers(0, 10_000))
def test_nobody_counts_for_more_than_the_cap(cast, candidates, cap_bps):
    cast = among(candidates, cast)
    found = elect(cast, candidates, 7, cap_bps)
    assert found.cap == sum(vote.weight for vote in cast) * cap_bps // 10_000
    for name, score in found.score.items():
        weights = [vote.weight for vote in cast if vote.candidate == name]
        assert score == sum(min(weight, found.cap) for weight in weights)
        assert score <= min(sum(weights), found.cap * len(weights))


@given(votes, fields, st.randoms())
def test_neither_votes_nor_candidates_have_to_be_in_order(cast, candidates, random):
    cast = among(candidates, cast)
    found = elect(cast, candidates)
    random.shuffle(cast)
    random.shuffle(candidates)
    other = elect(cast, candidates)
    assert (other.delegates, other.standby, other.score) == (found.delegates, found.standby, found.score)


def test_a_single_voter_has_a_fifth_of_his_own():
    assert elect([Vote("a", 9, "n0")], CANDIDATES).score["n0"] == 1


def test_without_votes_the_first_registered_are_elected():
    assert elect([], CANDIDATES).delegates == tuple(reversed(NAMES[-7:]))


@pytest.mark.parametrize(
    ("cast", "candidates", "name"),
    [
        ([Vote("a", 1, "n0"), Vote("a", 1, "n1")], CANDIDATES, "OwnerVotedBefore"),
        ([Vote("a", 1, "x")], CANDIDATES, "NoCandidate"),
        ([Vote("a", 0, "n0")], CANDIDATES, "OutOfBounds"),
        ([Vote("a", 1.5, "n0")], CANDIDATES, "OutOfBounds"),
        ([], [Candidate("a", 1), Candidate("a", 2)], "RegisteredTwice"),
        ([], [Candidate("a", 1), Candidate("b", 1)], "RegisteredTwice"),
    ],
)
def test_refused(cast, candidates, name):
    with pytest.raises(GovernanceError) as error:
        elect(cast, candidates)
    assert error.value.name == name


@pytest.mark.parametrize("seats, cap", [(3, 2_000), (22, 2_000), (7, 10_001)])
def test_an_election_that_cannot_be(seats, cap):
    with pytest.raises(GovernanceError, match="must be a whole number from"):
        elect([], CANDIDATES, seats, cap)
