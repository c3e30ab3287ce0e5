"""What the members decide: who votes as what, how many must, and when a proposal passes (docs/governance.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from wattbook.governance.refusals import GovernanceError, whole
from wattbook.roles import Role

VOTE_SECONDS = 7 * 86_400
QUEUE_SECONDS = 7 * 86_400
LEAST_VOTES = 5
QUORUM_SHARE = 10


class VoterClass(IntEnum):
    """Whose interest a vote stands for: who makes or stores energy, takes it, carries it, pays for plants."""

    PRODUCERS = 0
    CONSUMERS = 1
    NETWORK = 2
    INVESTORS = 3


_ROLES = {
    VoterClass.PRODUCERS: Role.PRODUCER | Role.PROSUMER | Role.STORAGE,
    VoterClass.CONSUMERS: Role.CONSUMER | Role.CHARGING,
    VoterClass.NETWORK: Role.GRID,
    VoterClass.INVESTORS: Role.INVESTOR,
}


class State(IntEnum):
    """Where a proposal stands, as long as the council alone knows."""

    VOTING = 1
    REJECTED = 2
    PASSED = 3
    LAPSED = 4


@dataclass(frozen=True)
class Voter:
    """A member's first account, or another that has all its roles."""

    member: int
    owner: int
    roles: int


@dataclass
class Votes:
    """How many of a class voted for a proposal, and how many against."""

    yes: int = 0
    no: int = 0


def class_of(roles: int) -> VoterClass:
    """The class of somebody who has these roles: the first that one of them is of."""
    for one, its in _ROLES.items():
        if roles & its:
            return one
    raise GovernanceError("MissingRole", "who has no market role has no vote")


def quorum(members: int) -> int:
    """How many must vote: a tenth of all members, rounded up, and never fewer than five."""
    return max(LEAST_VOTES, -(-whole("members", members) // QUORUM_SHARE))


def passes(votes: Mapping[VoterClass, Votes], members: int) -> bool:
    """Whether enough voted, more than half of them for it, and so did at least half of the classes that voted."""
    yes, no = sum(one.yes for one in votes.values()), sum(one.no for one in votes.values())
    voting = [one for one in votes.values() if one.yes or one.no]
    agreeing = [one for one in voting if one.yes > one.no]
    return yes + no >= quorum(members) and yes > no and 2 * len(agreeing) >= len(voting)


@dataclass
class Ballot:
    """A proposal under vote: made when there were so many members, of whom each beneficial owner votes once. A member
    whose owner changes after his vote has none for another."""

    since: int
    members: int
    votes: dict[VoterClass, Votes] = field(default_factory=lambda: {one: Votes() for one in VoterClass})
    owners: set[int] = field(default_factory=set)
    voted: set[int] = field(default_factory=set)

    def vote(self, voter: Voter, yes: bool, now: int) -> None:
        if self.state(now) is not State.VOTING:
            raise GovernanceError("WrongProposalState", "the vote is over")
        its = class_of(voter.roles)
        if voter.member > self.members:
            raise GovernanceError("CameAfterProposal", f"member {voter.member} came after the proposal")
        if voter.owner in self.owners or voter.member in self.voted:
            raise GovernanceError("OwnerVoted", f"owner {voter.owner} has voted")
        self.owners.add(voter.owner)
        self.voted.add(voter.member)
        if yes:
            self.votes[its].yes += 1
        else:
            self.votes[its].no += 1

    def state(self, now: int) -> State:
        """Where it stands if nobody gave it to the authority."""
        end = self.since + VOTE_SECONDS
        if now < end:
            return State.VOTING
        if not passes(self.votes, self.members):
            return State.REJECTED
        return State.PASSED if now < end + QUEUE_SECONDS else State.LAPSED
