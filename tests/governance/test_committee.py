"""The validators from epoch to epoch; whatever happens to them, the chain has enough."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wattbook.governance.committee import LEAST_TURNS, VOTE_SECONDS, Committee, Evidence, Verdict, missed
from wattbook.governance.election import Candidate, Vote, elect
from wattbook.governance.quorum import changes_an_epoch, faulty_tolerated
from wattbook.governance.refusals import GovernanceError

SEVEN = list("abcdefg")
FOUR = list("abcd")


def refused(name):
    return pytest.raises(GovernanceError, check=lambda error: error.name == name)


def election(names, seats=7):
    """One that elects these in this order."""
    candidates = [Candidate(name, place) for place, name in enumerate(names)]
    return elect([], candidates, seats)


def condemn(committee, accused, evidence=Evidence.MISSED, proof=None, now=0):
    accusers = [one for one in committee.validators if one != accused and one not in committee.leaving]
    case = committee.suspect(accusers[0], accused, evidence, proof or f"{accused}{now}".encode(), now)
    for voter in [one for one in case.voters][: case.needed]:
        committee.vote(voter, accused, True, now)
    return case


def test_five_of_seven_remove_and_the_first_standing_by_is_seated():
    committee = Committee(list(SEVEN), ["x", "y"])
    case = committee.suspect("a", "c", Evidence.MISSED, b"missed", 0)
    assert case.needed == 5
    for voter in "abde":
        assert committee.vote(voter, "c", True, 1) is Verdict.OPEN
    assert committee.vote("g", "c", False, 1) is Verdict.OPEN
    assert committee.vote("f", "c", True, 1) is Verdict.ABNORMAL
    assert committee.validators == SEVEN
    assert committee.step(10)
    assert committee.validators == list("abxdefg") and committee.standby == ["y"]
    assert not committee.slashed
    # Nobody comes back by an election before the council readmits him.
    committee.open_epoch(election("cabdefgx"))
    assert "c" not in committee.target
    committee.readmit("c")
    committee.open_epoch(election("cabdefgx"))
    assert "c" in committee.target


def test_who_stands_no_longer_gets_no_seat():
    committee = Committee(list(FOUR), ["x", "y"])
    committee.unfit = {"x", "e"}
    condemn(committee, "c")
    assert committee.step(10) and committee.validators == list("abyd")
    committee.open_epoch(election("efgh", seats=4))
    assert committee.step(11) and committee.validators == list("abyf")


def test_half_of_ten_turns_can_be_missed_and_of_eleven_again():
    assert len({missed(7, LEAST_TURNS, 5), missed(7, LEAST_TURNS + 1, 5), missed(8, LEAST_TURNS, 5)}) == 3
    for expected, proposed in ((LEAST_TURNS - 1, 0), (LEAST_TURNS, 6)):
        with refused("NotMissed"):
            missed(7, expected, proposed)


def test_four_of_seven_are_not_enough_and_a_day_later_it_is_over():
    committee = Committee(list(SEVEN), ["x"])
    committee.suspect("a", "c", Evidence.MISSED, b"missed", 0)
    for voter in "abde":
        committee.vote(voter, "c", True, VOTE_SECONDS - 1)
    with refused("NoVote"):
        committee.vote("f", "c", True, VOTE_SECONDS)
    assert committee.cases["c"].verdict is Verdict.NORMAL
    assert not committee.step(1) and committee.validators == SEVEN
    # The same evidence serves once; other evidence opens another vote.
    with refused("NoEvidence"):
        committee.suspect("a", "c", Evidence.MISSED, b"missed", VOTE_SECONDS)
    committee.suspect("a", "c", Evidence.MISSED, b"missed again", VOTE_SECONDS)


def test_of_four_nobody_leaves_before_another_is_seated():
    committee = Committee(list(FOUR))
    case = condemn(committee, "b")
    assert case.needed == 3 and case.verdict is Verdict.ABNORMAL
    assert not committee.step(1)
    assert committee.validators == FOUR and committee.leaving == ["b"]
    committee.open_epoch(election("acdz", 4))
    assert committee.step(2)
    assert committee.validators == list("azcd") and not committee.leaving


def test_of_five_one_leaves_where_nobody_stands_by():
    committee = Committee(list("abcde"))
    condemn(committee, "e")
    assert committee.step(1) and committee.validators == FOUR


@pytest.mark.parametrize("evidence", list(Evidence))
def test_only_equivocation_costs_the_stake(evidence):
    committee = Committee(list(SEVEN), ["x"])
    assert condemn(committee, "g", evidence).slashed == (evidence is Evidence.EQUIVOCATED)
    assert committee.slashed == ({"g"} if evidence is Evidence.EQUIVOCATED else set())


def test_nobody_is_judged_by_himself_or_by_strangers():
    committee = Committee(list(SEVEN), ["x"])
    with refused("OwnCase"):
        committee.suspect("a", "a", Evidence.MISSED, b"1", 0)
    with refused("NoDelegate"):
        committee.suspect("x", "a", Evidence.MISSED, b"1", 0)
    with refused("NoDelegate"):
        committee.suspect("a", "x", Evidence.MISSED, b"1", 0)
    with refused("NoEvidence"):
        committee.suspect("a", "b", Evidence.MISSED, b"", 0)
    with refused("NoVote"):
        committee.vote("a", "b", True, 0)
    committee.suspect("a", "b", Evidence.MISSED, b"1", 0)
    with refused("UnderVote"):
        committee.suspect("c", "b", Evidence.MISSED, b"2", 0)
    with refused("OwnCase"):
        committee.vote("b", "b", False, 0)
    with refused("NoDelegate"):
        committee.vote("x", "b", True, 0)
    committee.vote("a", "b", True, 0)
    with refused("NotAbnormal"):
        committee.readmit("b")


def test_each_votes_once_whatever_he_says_again():
    committee = Committee(list(SEVEN))
    case = committee.suspect("a", "c", Evidence.MISSED, b"missed", 0)
    committee.vote("a", "c", True, 0)
    committee.vote("b", "c", False, 0)
    for voter in "ab":
        for yes in (True, False):
            with refused("VotedTwice"):
                committee.vote(voter, "c", yes, 0)
    assert (case.yes, case.no, case.verdict) == ({"a"}, {"b"}, Verdict.OPEN)
    # On another, and on the same when it is suspected again, they vote anew.
    other = committee.suspect("a", "d", Evidence.MISSED, b"missed", 0)
    committee.vote("a", "d", True, 0)
    again = committee.suspect("b", "c", Evidence.ATTESTATION, b"papers", VOTE_SECONDS)
    committee.vote("a", "c", True, VOTE_SECONDS)
    assert (other.yes, again.yes, case.yes) == ({"a"}, {"a"}, {"a"})


def test_who_is_seated_later_has_no_vote_on_what_was_raised_before():
    committee = Committee(list(SEVEN), ["x"])
    committee.suspect("a", "b", Evidence.MISSED, b"1", 0)
    condemn(committee, "c", now=1)
    committee.step(1)
    assert "x" in committee.validators
    with refused("NoDelegate"):
        committee.vote("x", "b", True, 2)


def test_an_election_is_staged():
    committee = Committee(list(SEVEN))
    committee.open_epoch(election("hijklmn"))
    assert committee.step(1) and committee.validators == list("abcdefh")
    assert not committee.step(2)
    for block, name in enumerate("ijklmn", 10):
        committee.open_epoch(election("hijklmn"))
        assert committee.step(block) and name in committee.validators
    assert set(committee.validators) == set("hijklmn")


def test_a_removal_has_its_own_allowance():
    committee = Committee(list(SEVEN), ["x"])
    committee.open_epoch(election("abcdefhx"))
    assert committee.step(1) and committee.validators == list("abcdefh")
    condemn(committee, "a")
    condemn(committee, "b")
    assert committee.step(2) and committee.validators == list("xbcdefh")
    assert not committee.step(3) and committee.leaving == ["b"]
    committee.open_epoch(election("cdefhxyz"))
    assert committee.step(4) and "b" not in committee.validators


def test_one_change_a_block():
    committee = Committee([chr(ord("a") + place) for place in range(13)])
    committee.open_epoch(election([chr(ord("n") + place) for place in range(13)], 13))
    assert committee.step(5)
    with refused("OneABlock"):
        committee.step(5)
    assert committee.step(6) and not committee.step(7)


def test_too_few_elected_change_nothing():
    committee = Committee(list(SEVEN))
    committee.open_epoch(election("xyz"))
    assert committee.target == SEVEN and not committee.step(1)


def test_fewer_seats_are_left_one_by_one():
    committee = Committee(list("abcdef"))
    committee.open_epoch(election("abcd", 4))
    assert committee.step(1) and committee.validators == list("abcde")
    committee.open_epoch(election("abcd", 4))
    assert committee.step(2) and committee.validators == FOUR


def test_who_was_not_elected_stays_where_only_four_are():
    committee = Committee(list("abcde"))
    committee.open_epoch(election("abcd", 4))
    condemn(committee, "d")
    assert committee.step(1) and committee.validators == list("abce")
    assert not committee.step(2) and committee.target == list("abc")


@pytest.mark.parametrize("names", [[], list("abc"), list("abca"), [str(number) for number in range(22)]])
def test_a_committee_that_is_none(names):
    with refused("BadCommittee"):
        Committee(names)


class Years(RuleBasedStateMachine):
    """Elections, suspicions and votes as they please."""

    names = st.sampled_from([f"v{number:02d}" for number in range(26)])

    @initialize(size=st.integers(4, 21))
    def found(self, size):
        self.now = self.block = self.proofs = 0
        self.committee = Committee([f"v{number:02d}" for number in range(size)])
        self.allowed = changes_an_epoch(size)
        self.changed = 0

    @rule(names=st.lists(names, max_size=26, unique=True), seats=st.integers(4, 21), votes=st.lists(st.integers(1, 99)))
    def elect(self, names, seats, votes):
        candidates = [Candidate(name, place) for place, name in enumerate(names)]
        cast = [Vote(str(n), weight, names[n % len(names)]) for n, weight in enumerate(votes)] if names else []
        self.committee.open_epoch(elect(cast, candidates, seats))
        self.changed, self.allowed = 0, changes_an_epoch(len(self.committee.validators))

    @rule(blocks=st.integers(1, 30))
    def steps(self, blocks):
        for _ in range(blocks):
            self.block += 1
            before = list(self.committee.validators)
            changed = self.committee.step(self.block)
            after = self.committee.validators
            assert changed == (after != before)
            assert len(set(before) - set(after)) <= 1 and len(set(after) - set(before)) <= 1
            self.changed += changed
        # Removals and elections each have theirs.
        assert self.changed <= 2 * self.allowed

    @rule(by=st.integers(0, 20), accused=st.integers(0, 20), evidence=st.sampled_from(list(Evidence)))
    def suspect(self, by, accused, evidence):
        committee, self.proofs = self.committee, self.proofs + 1
        one, other = (committee.validators[place % len(committee.validators)] for place in (by, accused))
        try:
            committee.suspect(one, other, evidence, str(self.proofs).encode(), self.now)
        except GovernanceError as error:
            assert error.name in ("OwnCase", "NoDelegate", "UnderVote")

    @precondition(lambda self: any(case.verdict is Verdict.OPEN for case in self.committee.cases.values()))
    @rule(yes=st.lists(st.booleans(), min_size=4, max_size=20), wait=st.integers(0, VOTE_SECONDS // 2))
    def vote(self, yes, wait):
        self.now += wait
        [case, *_] = [case for case in self.committee.cases.values() if case.verdict is Verdict.OPEN]
        before = len(case.yes)
        for voter, says in zip(case.voters, yes, strict=False):
            try:
                self.committee.vote(voter, case.accused, says, self.now)
            except GovernanceError as error:
                assert error.name in ("VotedTwice", "NoVote")
        n = len(case.voters) + 1
        assert (case.verdict is Verdict.ABNORMAL) == (3 * len(case.yes) > 2 * n)
        assert len(case.yes) >= before

    @precondition(lambda self: self.committee.abnormal - set(self.committee.leaving))
    @rule()
    def readmit(self):
        self.committee.readmit(min(self.committee.abnormal - set(self.committee.leaving)))

    @invariant()
    def there_are_enough_validators(self):
        if not hasattr(self, "committee"):
            return
        validators = self.committee.validators
        assert 4 <= len(validators) == len(set(validators)) <= 21
        assert set(self.committee.leaving) <= set(validators) & self.committee.abnormal
        assert not self.committee.abnormal & set(self.committee.target)
        assert self.allowed <= max(1, faulty_tolerated(21) // 2)


Years.TestCase.settings = settings(deadline=None, max_examples=50, stateful_step_count=30)
TestYears = Years.TestCase


def test_a_vote_for_less_does_not_protect_from_a_proof():
    """Who is accused of something else meanwhile, by a friend perhaps, still loses his stake."""
    committee = Committee(list(SEVEN), ["x"])
    committee.suspect("a", "c", Evidence.ATTESTATION, b"1", 0)
    committee.vote("b", "c", True, 0)
    case = committee.prove("c", b"two seals", 60)
    assert case.yes == set() and case.since == 60
    with refused("UnderVote"):
        committee.prove("c", b"two others", 60)
    with refused("UnderVote"):
        committee.suspect("a", "c", Evidence.MISSED, b"2", 60)
    for voter in case.voters[:5]:
        committee.vote(voter, "c", True, 61)
    assert case.slashed and committee.slashed == {"c"} and committee.leaving == ["c"]


def test_who_was_removed_or_waits_for_it_is_still_slashed():
    committee = Committee(list(SEVEN), ["x"], staked={"c", "x"})
    condemn(committee, "c")
    condemn_proved(committee, "c", b"1")
    assert committee.leaving == ["c"] and committee.slashed == {"c"}
    committee.step(1)
    assert "c" not in committee.validators
    case = condemn_proved(committee, "c", b"2")
    # Without a seat it counts besides those who have one.
    assert (len(case.voters), case.needed) == (7, 6) and committee.leaving == []
    with refused("NoDelegate"):
        committee.prove("y", b"3", 0)


def condemn_proved(committee, accused, proof):
    case = committee.prove(accused, proof, 0)
    for voter in case.voters[: case.needed]:
        committee.vote(voter, accused, True, 0)
    return case


def test_the_same_proof_serves_once_against_the_same():
    """Nobody uses up another's evidence by showing it against somebody else."""
    committee = Committee(list(SEVEN))
    committee.suspect("a", "b", Evidence.ATTESTATION, b"1", 0)
    committee.suspect("a", "c", Evidence.ATTESTATION, b"1", 0)
    with refused("NoEvidence"):
        committee.suspect("d", "b", Evidence.ATTESTATION, b"1", VOTE_SECONDS)
