"""Who votes, as what, once, and what becomes of a proposal."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import FAR, check_event, pass_time, refused
from tests.council_chain.stand import REASON, Floor
from tests.further import joining
from tests.node import ask
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import ProposalState, VoterClass
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call
from wattbook.eip712 import sign_action
from wattbook.governance.council import QUEUE_SECONDS, VOTE_SECONDS
from wattbook.roles import MARKET_ROLES

ADD = Call("Zones", "addZone", (b"park".ljust(32, b"\0"),))
ALL = ("p1", "p2", "p3", "c1", "c2", "n1", "i1")


@pytest.fixture
def batch(floor: Floor):
    return floor.batch(ADD)


@pytest.fixture
def proposal(floor: Floor, batch) -> int:
    return floor.propose(batch)


class TestProposing:
    def test_is_told_with_its_calls_and_its_reason(self, floor: Floor, batch) -> None:
        by, council = floor.people["c1"], floor.council
        receipt = council.propose(batch.targets, batch.payloads, REASON, sender=by)
        members = floor.market.membership.member_count()
        told = {"targets": batch.targets, "payloads": batch.payloads, "reason": REASON, "members": members}
        check_event(receipt, "ProposalMade", proposal=1, by=by.address, **told)
        kept = council.proposal_of(1)
        assert (kept.by, kept.since, kept.members, kept.queued) == (
            by.address,
            floor.market.chain.now,
            members,
            False,
        )
        assert kept.operation == council.operation_of(1, batch.targets, batch.payloads)
        assert list(kept.votes) == [0] * 8
        assert (council.proposal_count(), council.state_of(1)) == (1, ProposalState.VOTING)

    def test_an_office_proposes_too(self, floor: Floor, batch) -> None:
        assert floor.propose(batch, known_account("regulator")) == 1

    def test_by_members_only(self, floor: Floor, batch, people) -> None:
        with refused(reverts.NotMember, account=people.stranger.address):
            floor.propose(batch, people.stranger)

    def test_not_while_suspended(self, floor: Floor, batch) -> None:
        floor.market.membership.suspend(floor.member("c1"), "an inquiry", sender=floor.regulator)
        with refused(reverts.NotActive, account=floor.people["c1"].address, status=2):
            floor.propose(batch, floor.people["c1"])

    def test_with_a_reason(self, floor: Floor, batch) -> None:
        with refused(reverts.ReasonMissing):
            floor.propose(batch, reason="")

    @pytest.mark.parametrize(("targets", "payloads"), [(0, 0), (1, 0), (2, 1), (1, 2), (33, 33)])
    def test_of_calls_that_make_a_batch(self, floor: Floor, batch, targets: int, payloads: int) -> None:
        with refused(reverts.WrongBatch, targets=targets, payloads=payloads):
            floor.council.propose(
                batch.targets * targets, batch.payloads * payloads, REASON, sender=known_account("operator")
            )

    def test_of_as_many_as_there_may_be(self, floor: Floor, batch) -> None:
        most = floor.council.most_calls()
        floor.council.propose(batch.targets * most, batch.payloads * most, REASON, sender=known_account("operator"))
        assert floor.council.proposal_count() == 1

    def test_of_calls_to_contracts(self, floor: Floor, batch, people) -> None:
        with refused(reverts.NothingToCall, target=people.stranger.address):
            floor.council.propose([people.stranger.address], batch.payloads, REASON, sender=known_account("operator"))


class TestVoting:
    @pytest.mark.parametrize(
        ("name", "voter_class", "place"),
        [
            ("p1", VoterClass.PRODUCERS, 0),
            ("c1", VoterClass.CONSUMERS, 2),
            ("n1", VoterClass.NETWORK, 4),
            ("i1", VoterClass.INVESTORS, 6),
        ],
    )
    @pytest.mark.parametrize("yes", [True, False])
    def test_is_counted_in_its_class(self, floor: Floor, proposal: int, name, voter_class, place, yes) -> None:
        receipt = floor.council.vote(proposal, yes, sender=floor.people[name])
        told = {"voter": floor.people[name].address, "owner": floor.member(name), "voterClass": int(voter_class)}
        check_event(receipt, "ProposalVoted", proposal=proposal, yes=yes, **told)
        expected = [0] * 8
        expected[place + (not yes)] = 1
        assert list(floor.council.proposal_of(proposal).votes) == expected
        assert floor.council.has_voted(proposal, floor.member(name))

    def test_once_an_owner(self, floor: Floor, batch) -> None:
        """Whatever member of his votes, and in whatever class."""
        other = floor.admit("p1's other firm", Role.INVESTOR, owner=floor.member("p1"))
        proposal = floor.propose(batch)
        floor.vote(proposal, yes=["p1"])
        for key in (floor.people["p1"], other):
            with refused(reverts.OwnerVoted, proposal=proposal, owner=floor.member("p1")):
                floor.council.vote(proposal, False, sender=key)
        # On another proposal he votes anew.
        floor.vote(floor.propose(batch), no=["p1's other firm"])

    def test_once_a_member(self, floor: Floor, batch) -> None:
        """Whatever owner is his when he votes again."""
        proposal, registrar = floor.propose(batch), known_account("registrar")
        floor.vote(proposal, yes=["p1"])
        floor.market.membership.change_owner(floor.member("p1"), floor.member("p2"), sender=registrar)
        with refused(reverts.OwnerVoted, proposal=proposal, owner=floor.member("p2")):
            floor.vote(proposal, yes=["p1"])
        floor.vote(proposal, yes=["p2"])

    def test_not_who_came_later(self, floor: Floor, proposal: int) -> None:
        late = floor.admit("late", Role.CONSUMER)
        with refused(reverts.CameAfterProposal, proposal=proposal, member=floor.member("late")):
            floor.council.vote(proposal, True, sender=late)

    def test_not_with_a_narrow_account(self, floor: Floor, proposal: int) -> None:
        """Who could choose with which of his roles he votes could choose his class."""
        both = floor.admit("both", Role.PRODUCER | Role.CONSUMER)
        narrow, wide = known_account(70), known_account(71)
        for account, rights in ((narrow, Role.CONSUMER), (wide, MARKET_ROLES)):
            ask("anvil_setBalance", account.address, hex(10**24))
            floor.market.membership.add_account(*joining(floor.market, both.address, account, rights), sender=both)
        later = floor.propose(floor.batch(ADD))
        with refused(reverts.NarrowAccount, account=narrow.address, rights=int(Role.CONSUMER)):
            floor.council.vote(later, True, sender=narrow)
        receipt = floor.council.vote(later, True, sender=wide)
        assert receipt.event("ProposalVoted").args["voterClass"] == VoterClass.PRODUCERS

    @pytest.mark.parametrize("office", ["regulator", "registrar", "operator", "issuer", "attester1"])
    def test_no_office_votes(self, floor: Floor, proposal: int, office: str) -> None:
        account = known_account(office)
        with refused(reverts.MissingRole, account=account.address, any_of=int(MARKET_ROLES)):
            floor.council.vote(proposal, True, sender=account)

    def test_not_while_suspended(self, floor: Floor, proposal: int) -> None:
        floor.market.membership.suspend(floor.member("c1"), "an inquiry", sender=floor.regulator)
        with refused(reverts.NotActive, account=floor.people["c1"].address, status=2):
            floor.vote(proposal, yes=["c1"])

    def test_not_what_there_is_not(self, floor: Floor) -> None:
        with refused(reverts.WrongProposalState, proposal=1, state=ProposalState.NONE):
            floor.vote(1, yes=["c1"])

    def test_until_the_last_second(self, floor: Floor, proposal: int) -> None:
        pass_time(floor.council.proposal_of(proposal).since + VOTE_SECONDS - floor.market.chain.now - 3)
        floor.vote(proposal, yes=["c1"])
        assert floor.market.chain.now == floor.council.proposal_of(proposal).since + VOTE_SECONDS - 1
        with refused(reverts.WrongProposalState, proposal=proposal, state=ProposalState.REJECTED):
            floor.vote(proposal, yes=["c2"])


class TestSignedVotes:
    def signed(self, floor: Floor, proposal: int, yes: bool, name: str = "c1", **more: int):
        values = {"proposal": proposal, "yes": yes}
        return sign_action(floor.council, "CouncilVote", floor.people[name], values, **{"deadline": FAR, **more})

    def test_count_as_the_signers(self, floor: Floor, proposal: int, people) -> None:
        auth = self.signed(floor, proposal, True, nonce=5)
        receipt = floor.council.vote_signed(proposal, True, auth, sender=people.relayer)
        assert receipt.event("ProposalVoted").args["voter"] == floor.people["c1"].address
        check_event(receipt, "NonceUsed", signer=floor.people["c1"].address, nonce=5)
        assert list(floor.council.proposal_of(proposal).votes) == [0, 0, 1, 0, 0, 0, 0, 0]
        with refused(reverts.NonceAlreadyUsed, signer=floor.people["c1"].address, nonce=5):
            floor.council.vote_signed(proposal, True, auth, sender=people.relayer)

    def test_say_what_was_signed(self, floor: Floor, proposal: int, batch, people) -> None:
        auth = self.signed(floor, proposal, True)
        another = floor.propose(batch)
        for given, yes in ((proposal, False), (another, True)):
            with refused(reverts.InvalidSignature, signer=floor.people["c1"].address):
                floor.council.vote_signed(given, yes, auth, sender=people.relayer)

    def test_have_a_deadline(self, floor: Floor, proposal: int, people) -> None:
        deadline = floor.market.chain.now
        with refused(reverts.SignatureExpired, deadline=deadline):
            auth = self.signed(floor, proposal, True, deadline=deadline)
            floor.council.vote_signed(proposal, True, auth, sender=people.relayer)

    def test_can_be_withdrawn(self, floor: Floor, proposal: int, people) -> None:
        auth = self.signed(floor, proposal, True, nonce=9)
        floor.council.cancel_nonce(9, sender=floor.people["c1"])
        with refused(reverts.NonceAlreadyUsed, signer=floor.people["c1"].address, nonce=9):
            floor.council.vote_signed(proposal, True, auth, sender=people.relayer)


class TestOutcome:
    @pytest.mark.parametrize(
        ("yes", "no", "passed"),
        [
            # More than half of the votes and of the classes.
            (("p1", "p2", "p3", "c1", "c2"), (), True),
            (("p1", "p2", "c1", "c2", "n1"), ("p3", "i1"), True),
            # One vote short of five.
            (("p1", "p2", "p3", "c1"), (), False),
            # As many against as for it.
            (("p1", "p2", "c1"), ("p3", "c2", "n1"), False),
            # More than half of the votes, but of one class only out of three.
            (("p1", "p2", "p3", "c1"), ("c2", "n1"), False),
            # Half of the classes is enough: a single member of a small one cannot stop all others.
            (("p1", "p2", "p3", "c1", "c2"), ("n1", "i1"), True),
            # A class that is divided is not for it.
            (("p1", "p2", "p3", "c1"), ("c2",), True),
            # More than half of the classes, but not of the votes.
            (("c1", "n1", "i1"), ("p1", "p2", "p3"), False),
            # One class may decide if no other votes: there are three of it, which is too few.
            (("p1", "p2", "p3"), (), False),
            ((), ALL, False),
            ((), (), False),
        ],
    )
    def test_passes_or_not(self, floor: Floor, batch, proposal: int, yes, no, passed) -> None:
        if passed:
            floor.vote(proposal, yes, no)
            floor.end_vote()
            assert floor.council.state_of(proposal) == ProposalState.PASSED
        else:
            with floor.not_passed(proposal, batch, ProposalState.REJECTED):
                floor.vote(proposal, yes, no)
                floor.end_vote()

    def test_a_tenth_of_all_members_vote(self, floor: Floor, batch) -> None:
        """Of fifty members five, of fifty-one six."""
        while floor.market.membership.member_count() < 50:
            floor.admit(f"x{floor.market.membership.member_count()}", Role.STORAGE)
        enough = floor.propose(batch)
        floor.admit("the fifty-first", Role.STORAGE)
        too_few = floor.propose(batch)
        for proposal in (enough, too_few):
            floor.vote(proposal, yes=("p1", "p2", "p3", "c1", "c2"))
        floor.end_vote()
        assert floor.council.state_of(enough) == ProposalState.PASSED
        assert floor.council.state_of(too_few) == ProposalState.REJECTED
        assert [floor.council.quorum_of(members) for members in (0, 50, 51, 1_000)] == [5, 5, 6, 100]

    def test_not_before_the_vote_is_over(self, floor: Floor, batch, proposal: int) -> None:
        with floor.not_passed(proposal, batch, ProposalState.VOTING):
            floor.vote(proposal, yes=ALL)

    def test_lapses_when_nobody_queues_it(self, floor: Floor, batch, proposal: int) -> None:
        with floor.not_passed(proposal, batch, ProposalState.LAPSED):
            floor.vote(proposal, yes=ALL)
            floor.end_vote()
            floor.lapse()

    def test_is_queued_until_the_last_second(self, floor: Floor, batch, proposal: int, people) -> None:
        pass_time(0)
        another = floor.propose(batch)
        for one in (proposal, another):
            floor.vote(one, yes=ALL)
        first, second = (floor.council.proposal_of(one).since for one in (proposal, another))
        # What is refused takes a second too.
        assert second == first + 2
        pass_time(first + VOTE_SECONDS + QUEUE_SECONDS - 2 - floor.market.chain.now)
        with refused(reverts.WrongProposalState, proposal=proposal, state=ProposalState.LAPSED):
            floor.queue(proposal, batch, people.stranger)
        floor.queue(another, batch, people.stranger)
        assert floor.market.chain.now == second + VOTE_SECONDS + QUEUE_SECONDS - 1


@pytest.fixture
def passed(floor: Floor, proposal: int) -> int:
    floor.vote(proposal, yes=ALL)
    floor.end_vote()
    return proposal


class TestCarryingOut:
    def test_anyone_queues_and_executes(self, floor: Floor, batch, passed: int, people) -> None:
        authority, stranger = floor.market.authority, people.stranger
        operation = floor.council.proposal_of(passed).operation
        receipt = floor.queue(passed, batch, stranger)
        check_event(receipt, "ProposalQueued", proposal=passed, by=stranger.address, operation=operation)
        assert floor.council.state_of(passed) == ProposalState.QUEUED
        assert authority.get_timestamp(operation) == floor.market.chain.now + authority.get_min_delay()
        floor.wait()
        receipt = floor.execute(passed, batch, stranger)
        check_event(receipt, "ProposalExecuted", proposal=passed, by=stranger.address)
        check_event(receipt, "ZoneAdded", number=1, zone=b"park".ljust(32, b"\0"))
        assert floor.council.state_of(passed) == ProposalState.EXECUTED
        refusal = {"proposal": passed, "state": ProposalState.EXECUTED}
        for again in (floor.queue, floor.execute):
            with refused(reverts.WrongProposalState, **refusal):
                again(passed, batch, stranger)

    def test_not_before_the_delay_is_over(self, floor: Floor, batch, passed: int, people) -> None:
        floor.queue(passed, batch, people.stranger)
        operation = floor.council.proposal_of(passed).operation
        with refused(
            reverts.TimelockUnexpectedOperationState, operation_id=operation, expected_states=b"\4".rjust(32, b"\0")
        ):
            floor.execute(passed, batch, people.stranger)

    def test_of_these_calls_and_no_others(self, floor: Floor, batch, passed: int, people) -> None:
        other = floor.batch(Call("Zones", "addZone", (b"village".ljust(32, b"\0"),)))
        named = floor.council.operation_of(passed, other.targets, other.payloads)
        with refused(reverts.NotTheCalls, proposal=passed, operation=named):
            floor.queue(passed, other, people.stranger)
        floor.queue(passed, batch, people.stranger)
        floor.wait()
        with refused(reverts.NotTheCalls, proposal=passed, operation=named):
            floor.execute(passed, other, people.stranger)

    def test_a_regulator_strikes_it_out(self, floor: Floor, batch, passed: int, people) -> None:
        """For good: who wants it proposes it again."""
        floor.queue(passed, batch, people.stranger)
        floor.market.authority.cancel(floor.council.proposal_of(passed).operation, sender=floor.regulator)
        assert floor.council.state_of(passed) == ProposalState.CANCELLED
        floor.wait()
        refusal = {"proposal": passed, "state": ProposalState.CANCELLED}
        for step in (floor.queue, floor.execute):
            with refused(reverts.WrongProposalState, **refusal):
                step(passed, batch, people.stranger)
        floor.decide(batch, ALL, people.stranger)
        assert floor.market.zones.zone_count() == 1

    def test_whoever_executes_it_at_the_authority(self, floor: Floor, batch, passed: int, people) -> None:
        floor.queue(passed, batch, people.stranger)
        floor.wait()
        salt = _salt(floor, passed)
        floor.market.authority.execute_batch(
            batch.targets, [0], batch.payloads, bytes(32), salt, sender=people.stranger
        )
        assert floor.council.state_of(passed) == ProposalState.EXECUTED

    def test_the_same_calls_twice(self, floor: Floor, batch) -> None:
        """Are two operations."""
        first, second = floor.propose(batch), floor.propose(batch)
        assert floor.council.proposal_of(first).operation != floor.council.proposal_of(second).operation

    def test_without_the_right_to_propose(self, floor: Floor, batch, passed: int, people, decide) -> None:
        role = floor.market.authority.proposer_role()
        decide("Authority", "revokeRole", role, floor.council.address)
        refusal = {"account": floor.council.address, "needed_role": role}
        with refused(reverts.AccessControlUnauthorizedAccount, **refusal):
            floor.queue(passed, batch, people.stranger)

    def test_where_the_council_stands(self, floor: Floor) -> None:
        assert floor.council.membership() == floor.market.membership.address
        assert floor.council.authority() == floor.market.authority.address


def _salt(floor: Floor, proposal: int) -> bytes:
    return keccak(encode(["address", "uint32"], [floor.council.address, proposal]))
