"""The council counts as its engine does: over votes cast at random, and over outcomes of every size."""

from random import Random

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.conftest import undone
from tests.council_chain.stand import Floor, at_once, many, voting
from tests.node import ask
from wattbook import Market, Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import ProposalState
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.plan import Call
from wattbook.governance.council import (
    Ballot,
    State,
    Voter,
    VoterClass,
    Votes,
    class_of,
    passes,
    quorum,
)
from wattbook.governance.refusals import GovernanceError

MEMBERS, BALLOTS, OUTCOMES = 40, 120, 500
STATES = {State.REJECTED: ProposalState.REJECTED, State.PASSED: ProposalState.PASSED}


def test_votes_at_random(market: Market) -> None:
    """Many proposals, each voted on by some in a block or more; whose vote the engine refuses the chain refuses too."""
    chance, floor = Random(1), Floor(market)
    early = many(chance, floor, MEMBERS)
    batch = floor.batch(Call("Zones", "addZone", (b"park".ljust(32, b"\0"),)))
    ballots, refusals = {}, 0
    voters = {name: _voter(floor, name) for name in early}
    for number in range(BALLOTS):
        proposal = floor.propose(batch)
        ballot = ballots[proposal] = Ballot(market.chain.now, market.membership.member_count())
        if number == BALLOTS // 2:
            early += many_later(floor, 5)
            voters = {name: _voter(floor, name) for name in early}
        inclined = chance.choice((0.3, 0.5, 0.6, 0.8, 0.95))
        cast = [(name, chance.random() < inclined) for name in chance.choices(early, k=chance.choice((3, 8, 20, 40)))]
        done = at_once(market, [voting(floor, proposal, name, yes) for name, yes in cast])
        now = market.chain.now
        for (name, yes), counted in zip(cast, done, strict=True):
            assert counted == _votes(ballot, voters[name], yes, now)
            refusals += not counted
        expected = [count for one in VoterClass for count in (ballot.votes[one].yes, ballot.votes[one].no)]
        assert list(floor.council.proposal_of(proposal).votes) == expected
    floor.end_vote()
    found = [floor.council.state_of(proposal) for proposal in ballots]
    assert found == [STATES[ballot.state(market.chain.now)] for ballot in ballots.values()]
    assert min(found.count(state) for state in STATES.values()) > BALLOTS // 10 and refusals > BALLOTS


def many_later(floor: Floor, size: int) -> list[str]:
    """Members who came after a proposal and may vote on the next."""
    for number in range(size):
        floor.admit(f"later {number}", Role.CONSUMER)
    return [f"later {number}" for number in range(size)]


def _voter(floor: Floor, name: str) -> Voter:
    standing = floor.market.membership.standing_of(floor.people[name].address)
    return Voter(standing.member, standing.owner, standing.roles)


def _votes(ballot: Ballot, voter: Voter, yes: bool, now: int) -> bool:
    try:
        ballot.vote(voter, yes, now)
    except GovernanceError as error:
        assert error.name in ("OwnerVoted", "CameAfterProposal")
        return False
    return True


def test_outcomes_of_every_size(floor: Floor) -> None:
    """Counts of votes written where the contract keeps them: more than anybody could cast here."""
    chance = Random(2)
    proposal = floor.propose(floor.batch(Call("Zones", "addZone", (b"park".ljust(32, b"\0"),))))
    floor.end_vote()
    found = {state: 0 for state in STATES}
    for _ in range(OUTCOMES):
        most = chance.choice((1, 3, 10, 1_000, 2**32 - 1))
        votes = {one: Votes(*(chance.randint(0, chance.choice((0, most))) for _ in range(2))) for one in VoterClass}
        if chance.random() < 0.3:  # so that there is a tie
            one = chance.choice(list(VoterClass))
            votes[one].no = votes[one].yes
        total = sum(one.yes + one.no for one in votes.values())
        # About as many as a quorum of them would be.
        members = min(2**32 - 1, max(0, total * 10 + chance.randint(-12, 12)) if chance.random() < 0.5 else 20)
        _write(floor, proposal, votes, members)
        expected = State.PASSED if passes(votes, members) else State.REJECTED
        assert floor.council.state_of(proposal) == STATES[expected], (votes, members)
        found[expected] += 1
    assert min(found.values()) > OUTCOMES // 10


def _write(floor: Floor, proposal: int, votes: dict[VoterClass, Votes], members: int) -> None:
    first = int.from_bytes(keccak(encode(["uint32", "uint256"], [proposal, storage_slot("Council", "_proposals")])))
    address = floor.council.address
    kept = int(ask("eth_getStorageAt", address, hex(first), "latest"), 16)
    kept = kept & ~(0xFFFFFFFF << 200) | members << 200
    counts = [count for one in VoterClass for count in (votes[one].yes, votes[one].no)]
    packed = sum(count << 32 * place for place, count in enumerate(counts))
    for slot, value in ((first, kept), (first + 2, packed)):
        ask("anvil_setStorageAt", address, hex(slot), f"0x{value:064x}")
    assert floor.council.proposal_of(proposal).members == members
    assert list(floor.council.proposal_of(proposal).votes) == counts


@pytest.mark.parametrize("members", [0, 1, 49, 50, 51, 60, 61, 1_000_001, 2**32 - 1])
def test_quorum(floor: Floor, members: int) -> None:
    assert floor.council.quorum_of(members) == quorum(members)


def test_every_set_of_roles(founded: Market) -> None:
    account = founded.council.address
    with undone():
        for roles in range(1, 1 << 7):
            assert founded.council.class_of(account, roles) == class_of(roles)
        with refused(reverts.MissingRole, account=account, any_of=(1 << 7) - 1):
            founded.council.class_of(account, int(Role.REGULATOR))
    with pytest.raises(GovernanceError) as error:
        class_of(int(Role.REGULATOR))
    assert error.value.name == "MissingRole"
