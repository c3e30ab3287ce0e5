"""Who keeps the books: members vote with certificates that they lock (docs/governance.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from wattbook.governance.quorum import LEAST_VALIDATORS, MOST_VALIDATORS
from wattbook.governance.refusals import GovernanceError, whole

WHOLE_BPS = 10_000
CAP_BPS = 2_000
SEATS = 7


@dataclass(frozen=True)
class Vote:
    """A voter's certificates, in Wh, for one candidate."""

    voter: str
    weight: int
    candidate: str


@dataclass(frozen=True)
class Candidate:
    """Who would keep the books, and as which he registered."""

    name: str
    registered: int


@dataclass(frozen=True)
class Election:
    """The most that a voter's certificates count, what each candidate got, and all of them in order."""

    cap: int
    score: dict[str, int]
    delegates: tuple[str, ...]
    standby: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether so many are elected that they take over from those before."""
        return len(self.delegates) >= LEAST_VALIDATORS


def elect(
    votes: Sequence[Vote], candidates: Sequence[Candidate], seats: int = SEATS, cap_bps: int = CAP_BPS
) -> Election:
    """Counts an epoch's votes. Nobody's certificates count for more than the cap's share of all."""
    whole("seats", seats, MOST_VALIDATORS, LEAST_VALIDATORS)
    whole("cap", cap_bps, WHOLE_BPS)
    score = {candidate.name: 0 for candidate in candidates}
    if len(score) != len(candidates) or len({one.registered for one in candidates}) != len(candidates):
        raise GovernanceError("RegisteredTwice", "two candidates have one name or one registration")
    voters: set[str] = set()
    for vote in votes:
        whole("weight", vote.weight, least=1)
        if vote.voter in voters:
            raise GovernanceError("OwnerVotedBefore", f"{vote.voter} voted before in this epoch")
        if vote.candidate not in score:
            raise GovernanceError("NoCandidate", f"{vote.candidate} is no candidate")
        voters.add(vote.voter)
    cap = sum(vote.weight for vote in votes) * cap_bps // WHOLE_BPS
    for vote in votes:
        score[vote.candidate] += min(vote.weight, cap)
    order = sorted(candidates, key=lambda one: (-score[one.name], one.registered))
    names = tuple(one.name for one in order)
    return Election(cap, score, names[:seats], names[seats:])
