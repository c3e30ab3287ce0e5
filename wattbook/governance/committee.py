"""The validators from epoch to epoch: elected, suspected, removed, replaced (docs/governance.md).

Whatever happens, there are never fewer than four, none twice, and in an epoch only a few seats change: elections and
removals each have their own allowance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wattbook.governance.election import Election
from wattbook.governance.quorum import LEAST_VALIDATORS, MOST_VALIDATORS, changes_an_epoch, needed
from wattbook.governance.refusals import GovernanceError

VOTE_SECONDS = 86_400
LEAST_TURNS = 10


class Evidence(StrEnum):
    """What a validator is suspected of. Only equivocation costs its stake."""

    MISSED = "Missed"
    EQUIVOCATED = "Equivocated"
    ATTESTATION = "Attestation"


class Verdict(StrEnum):
    OPEN = "Open"
    NORMAL = "Normal"
    ABNORMAL = "Abnormal"


def missed(epoch: int, expected: int, proposed: int) -> bytes:
    """What serves as evidence that a validator missed half of its turns or more. Of more turns it is another: who had
    missed few when it was voted on may miss all the rest."""
    if expected < LEAST_TURNS or 2 * proposed > expected:
        raise GovernanceError("NotMissed", f"{proposed} of {expected} blocks were proposed")
    return epoch.to_bytes(32) + expected.to_bytes(32)


@dataclass
class Case:
    """A suspicion: who may vote on it is fixed when it is raised."""

    accused: str
    evidence: Evidence
    proof: bytes
    since: int
    voters: tuple[str, ...]
    yes: set[str] = field(default_factory=set)
    no: set[str] = field(default_factory=set)
    verdict: Verdict = Verdict.OPEN

    @property
    def needed(self) -> int:
        """The accused does not vote, but counts."""
        return needed(len(self.voters) + 1)

    @property
    def slashed(self) -> bool:
        return self.verdict is Verdict.ABNORMAL and self.evidence is Evidence.EQUIVOCATED


@dataclass
class Committee:
    """The validators, who stands by for them, who is to be seated, and what is decided of the suspected.

    `abnormal` are those found so; they neither stand by nor are elected until the council lets them. Of them
    `leaving` still have a seat, as nobody could take it yet, or as the epoch's allowance is used up. `staked` are those
    who can lose a stake, whether they have a seat or not, and `unfit` those who get no seat though elected, as they
    have resigned since, say.
    """

    validators: list[str]
    standby: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)
    epoch: int = 0
    elected_left: int = 0
    removed_left: int = 0
    cases: dict[str, Case] = field(default_factory=dict)
    abnormal: set[str] = field(default_factory=set)
    leaving: list[str] = field(default_factory=list)
    seats: int = 0
    staked: set[str] = field(default_factory=set)
    slashed: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    _proofs: set[tuple[str, Evidence, bytes]] = field(default_factory=set)
    _changed_at: int = -1

    def __post_init__(self) -> None:
        count = len(set(self.validators))
        if count != len(self.validators) or not LEAST_VALIDATORS <= count <= MOST_VALIDATORS:
            raise GovernanceError("BadCommittee", f"a committee is {LEAST_VALIDATORS} to {MOST_VALIDATORS} validators")
        self.target = self.target or list(self.validators)
        self.seats = self.seats or len(self.validators)
        self._allow()

    def open_epoch(self, election: Election) -> None:
        """A new epoch: whom its election seats is the aim from now on, unless too few are elected."""
        self.epoch += 1
        order = [name for name in (*election.delegates, *election.standby) if name not in self.abnormal]
        seats = len(election.delegates)
        if len(order[:seats]) >= LEAST_VALIDATORS:
            self.target, self.standby, self.seats = order[:seats], order[seats:], seats
        self._allow()

    def step(self, block: int) -> bool:
        """Makes the next change that is due, removals first; says whether there was one. At most one a block."""
        if block <= self._changed_at:
            raise GovernanceError("OneABlock", f"a seat changed in block {block} already")
        changed = self._remove() or self._seat()
        if changed:
            self._changed_at = block
        return changed

    def suspect(self, by: str, accused: str, evidence: Evidence, proof: bytes, now: int) -> Case:
        """A delegate accuses another; the same proof serves once against the same accused."""
        if by not in self.validators or by in self.leaving:
            raise GovernanceError("NoDelegate", f"{by} is no delegate")
        if accused not in self.validators or accused in self.leaving:
            raise GovernanceError("NoDelegate", f"{accused} is no delegate")
        if by == accused:
            raise GovernanceError("OwnCase", f"{by} cannot accuse itself")
        return self._begin(accused, evidence, proof, now)

    def prove(self, accused: str, proof: bytes, now: int) -> Case:
        """Somebody shows two seals of one who has a seat, if only until it is taken, or a stake. A vote for a lesser
        reason ends then: nobody is kept from losing his stake by being accused of something else."""
        if accused not in self.validators and accused not in self.staked:
            raise GovernanceError("NoDelegate", f"{accused} has neither a seat nor a stake")
        return self._begin(accused, Evidence.EQUIVOCATED, proof, now)

    def vote(self, by: str, accused: str, yes: bool, now: int) -> Verdict:
        """A delegate says whether the accused is abnormal. The vote ends with the last yes that it needs."""
        case = self.cases.get(accused)
        if case is None or not self._open(accused, now):
            raise GovernanceError("NoVote", f"there is no vote on {accused}")
        if by == accused:
            raise GovernanceError("OwnCase", f"{by} does not vote on itself")
        if by not in case.voters:
            raise GovernanceError("NoDelegate", f"{by} was no delegate when {accused} was suspected")
        if by in case.yes | case.no:
            raise GovernanceError("VotedTwice", f"{by} voted before")
        (case.yes if yes else case.no).add(by)
        if len(case.yes) >= case.needed:
            case.verdict = Verdict.ABNORMAL
            self.abnormal.add(accused)
            self.target = [name for name in self.target if name != accused]
            self.standby = [name for name in self.standby if name != accused]
            if accused in self.validators and accused not in self.leaving:
                self.leaving.append(accused)
            if case.slashed:
                self.slashed.add(accused)
        return case.verdict

    def readmit(self, name: str) -> None:
        """The council lets somebody stand again, who has left."""
        if name not in self.abnormal or name in self.leaving:
            raise GovernanceError("NotAbnormal", f"{name} is not among those who were removed")
        self.abnormal.remove(name)

    def _begin(self, accused: str, evidence: Evidence, proof: bytes, now: int) -> Case:
        known = (accused, evidence, proof)
        if not proof or known in self._proofs:
            raise GovernanceError("NoEvidence", "the evidence is missing, or was used before")
        graver = evidence is Evidence.EQUIVOCATED
        if self._open(accused, now) and not (graver and self.cases[accused].evidence is not evidence):
            raise GovernanceError("UnderVote", f"there is a vote on {accused}")
        self._proofs.add(known)
        voters = tuple(one for one in self.validators if one != accused)
        case = self.cases[accused] = Case(accused, evidence, proof, now, voters)
        return case

    def _open(self, accused: str, now: int) -> bool:
        """Whether there is a vote; one that was not decided in time ends with Normal."""
        case = self.cases.get(accused)
        if case and case.verdict is Verdict.OPEN and now >= case.since + VOTE_SECONDS:
            case.verdict = Verdict.NORMAL
        return case is not None and case.verdict is Verdict.OPEN

    def _allow(self) -> None:
        self.elected_left = self.removed_left = changes_an_epoch(len(self.validators))

    def _remove(self) -> bool:
        """The first who is leaving makes room for the first standing by, or for nobody if more than four stay."""
        if not self.leaving or not self.removed_left:
            return False
        place = self.validators.index(self.leaving[0])
        waiting = self._waiting()
        if waiting and len(self.validators) <= self.seats:
            self.validators[place] = waiting[0]
            self.standby = [name for name in self.standby if name != waiting[0]]
            if waiting[0] not in self.target:
                self.target.append(waiting[0])
        elif len(self.validators) > LEAST_VALIDATORS:
            del self.validators[place]
        else:
            return False
        self.leaving.pop(0)
        self.removed_left -= 1
        return True

    def _seat(self) -> bool:
        """One seat nearer to what was elected: the first elected who has none takes that of the last who has one and
        was not elected."""
        if not self.elected_left:
            return False
        coming = self._without_seat(self.target)
        going = [name for name in self.validators if name not in self.target and name not in self.leaving]
        if coming and going:
            self.validators[self.validators.index(going[-1])] = coming[0]
        elif coming and len(self.validators) < self.seats:
            self.validators.append(coming[0])
        elif going and len(self.validators) > LEAST_VALIDATORS:
            self.validators.remove(going[-1])
        else:
            return False
        self.elected_left -= 1
        return True

    def _waiting(self) -> Sequence[str]:
        """Who takes a removed one's seat: those elected who wait for theirs, then those standing by."""
        return self._without_seat((*self.target, *self.standby))

    def _without_seat(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name not in self.validators and name not in self.unfit]
