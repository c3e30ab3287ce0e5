"""Elections, seats and blocks on chain, and beside them the engine that they are held against."""

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.delegates_chain.node import validators
from wattbook.chain import Chain
from wattbook.contracts import reverts
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings
from wattbook.governance.bookkeeping import divided, rewards
from wattbook.governance.committee import Case, Committee, Evidence, Verdict
from wattbook.governance.election import Candidate, Election, Vote, elect
from wattbook.points.reasons import Reason
from wattbook.trial.electing import Electing
from wattbook.trial.park import Park, trader

EPOCH = 2 * 86_400
STAKE, HELD, SPARE = 5, 6, 60
PER_BLOCK = 200


@dataclass
class Standing:
    """What the engine has no word for: a candidate's stake and registration."""

    registered: int
    stake: list[int]
    resigned_in: int | None = None


@dataclass
class Blocks:
    """What was counted in an epoch."""

    proposed: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    budget: int = 0


class Twin:
    """Whatever is done is done to both. `check` compares all that both know."""

    def __init__(self, chain: Chain, size: int, random: Random, people: int = 26, voters: int = 8) -> None:
        self.random, names = random, [trader(place) for place in range(people + voters)]
        settings = replace(local_settings(), points_epoch=EPOCH, validators=tuple(names[:size]))
        self.electing = Electing(Park(chain, settings))
        self.electing.park.have_traders(len(names))
        self.people, self.voters = names[:people], names[people:]
        stakes = self.electing.certificates(dict.fromkeys(self.people, STAKE) | {names[0]: STAKE + SPARE})
        self.spare, stakes[names[0]] = stakes[names[0]][STAKE:], stakes[names[0]][:STAKE]
        self.stakes = stakes
        self.held = self.electing.certificates(dict.fromkeys(self.voters, HELD))
        self.committee = Committee(list(names[:size]))
        self.seats, self.registrations = 7, 0
        self.standing: dict[str, Standing] = {}
        self.left_in: dict[str, int] = {}
        self.suspended: set[str] = set()
        self.votes: list[Vote] = []
        self.votes_before: list[Vote] = []
        self.cases: list[Case] = []
        self.proofs = 0
        self.blocks = {self.electing.epoch: Blocks()}
        self.points: Counter[str] = Counter()
        self.changed_in = 0
        self.next_epoch()

    def owner(self, name: str) -> int:
        return int(self.electing.market.membership.standing_of(name).owner)

    # --------------------------------------------------------------------------------------------------- candidates

    def register(self, name: str) -> None:
        known, elections = self.standing.get(name), self.electing.elections
        if name in self.suspended:
            return
        if known and known.resigned_in is not None:
            with refused(reverts.OwnerStands, owner=self.owner(name), candidate=name):
                self.electing.send(elections, "register", name, name, self.stakes.get(name, self.spare[:STAKE]))
            return
        if name not in self.stakes:
            if len(self.spare) < STAKE or self.people[0] in self.suspended:
                return
            self.stakes[name], self.spare = self._given(name, self.spare[:STAKE]), self.spare[STAKE:]
        if known and known.stake:
            return
        if known and name in self.committee.abnormal:
            with refused(reverts.StakeIsHeld, candidate=name):
                self.electing.stand([name], self.stakes)
            return
        self.electing.stand([name], self.stakes)
        if known:
            known.stake = self.stakes[name]
        else:
            self.registrations += 1
            self.standing[name] = Standing(self.registrations, self.stakes[name])
        self._fit(name)

    def _given(self, name: str, ids: list[int]) -> list[int]:
        first, certificates = self.people[0], self.electing.market.green_certificates
        if name != first:
            for one in ids:
                self.electing.send(certificates, "transferFrom", first, first, name, one)
        return ids

    def resign(self, name: str) -> None:
        known = self.standing.get(name)
        if known is None or known.resigned_in is not None or any(vote.candidate == name for vote in self.votes):
            return
        self.electing.send(self.electing.elections, "resign", name, name)
        self._left(name, known)

    def _left(self, name: str, known: Standing) -> None:
        known.resigned_in = self.electing.epoch
        self._fit(name)

    def strike(self, name: str) -> None:
        known, elections = self.standing.get(name), self.electing.elections
        if known is None or known.resigned_in is not None:
            with refused(reverts.NoCandidate, account=name):
                self.electing.send(elections, "strike", self.electing.anybody, name)
        elif self._sound(name):
            with refused(reverts.StillFit, candidate=name):
                self.electing.send(elections, "strike", self.electing.anybody, name)
        else:
            self.electing.send(elections, "strike", self.electing.anybody, name)
            self._left(name, known)

    def suspend(self, name: str) -> None:
        """Or lets him be a member again."""
        membership, regulator = self.electing.market.membership, known_account("regulator").address
        member = membership.standing_of(name).member
        if name in self.suspended:
            self.electing.send(membership, "reinstate", regulator, member, "all is well")
            self.suspended.remove(name)
        else:
            self.electing.send(membership, "suspend", regulator, member, "an inquiry")
            self.suspended.add(name)
        self._fit(name)

    def _fit(self, name: str) -> None:
        """Who stands can have a seat."""
        known = self.standing.get(name)
        if known and known.resigned_in is None and self._sound(name):
            self.committee.unfit.discard(name)
        else:
            self.committee.unfit.add(name)

    def _sound(self, name: str) -> bool:
        return bool(self.standing[name].stake) and name not in self.suspended

    def return_stake(self, name: str) -> None:
        known, elections = self.standing.get(name), self.electing.elections
        since = max(self.left_in.get(name, 0), (known and known.resigned_in) or 0)
        free = name not in self.committee.validators
        if known and known.resigned_in is not None and free and self.electing.epoch > since + 1:
            self.electing.send(elections, "returnStake", self.electing.anybody, name)
            del self.standing[name]
        else:
            with refused(reverts.StakeIsHeld, candidate=name):
                self.electing.send(elections, "returnStake", self.electing.anybody, name)

    def set_seats(self, seats: int) -> None:
        self.electing.decide(self.electing.elections, "setSeats", seats)
        self.seats = seats

    # -------------------------------------------------------------------------------------------------------- votes

    def vote(self, voter: str, candidate: str, count: int) -> None:
        send, elections, ids = self.electing.send, self.electing.elections, self.held[voter][:count]
        if any(vote.voter == voter for vote in self.votes):
            with refused(reverts.OwnerVotedBefore, owner=self.owner(voter), epoch=self.electing.epoch):
                send(elections, "vote", voter, self.electing.epoch, candidate, ids)
        elif candidate not in self.standing or self.standing[candidate].resigned_in is not None:
            with refused(reverts.NoCandidate, account=candidate):
                send(elections, "vote", voter, self.electing.epoch, candidate, ids)
        elif not self._sound(candidate):
            with refused(reverts.NotFit, candidate=candidate):
                send(elections, "vote", voter, self.electing.epoch, candidate, ids)
        else:
            assert self.electing.vote(voter, candidate, ids) == len(self.votes)
            self.votes.append(Vote(voter, count * 1_000_000, candidate))

    def next_epoch(self) -> None:
        """The votes are counted, in pieces, and the blocks of the epoch before are paid."""
        self._vote_is_over(self._election())
        self._reward(self.electing.epoch - 1)
        self.votes_before, self.votes = self.votes, []
        budget = self.random.choice([0, 1_000, 10**6])
        self.blocks[self.electing.epoch] = Blocks(budget=budget)
        points, reason = self.electing.market.power_points, int(Reason.BOOKKEEPING)
        self.electing.decide(points, "setBudget", reason, self.electing.epoch, budget)

    def _election(self) -> Election:
        """As the engine does, whoever has resigned, lost his stake or is suspended left out."""
        candidates = [Candidate(name, known.registered) for name, known in self.standing.items()]
        found = elect(self.votes, candidates, self.seats)
        fit = {name for name, known in self.standing.items() if known.resigned_in is None and self._sound(name)}
        order = tuple(name for name in (*found.delegates, *found.standby) if name in fit)
        return Election(found.cap, found.score, order[: self.seats], order[self.seats :])

    def _vote_is_over(self, election: Election) -> None:
        self.electing.open(self.random.randint(1, 9))
        self.committee.open_epoch(election)
        past, elections = self.electing.epoch - 1, self.electing.elections
        assert elections.poll_of(past).weight * 2_000 // 10_000 == election.cap
        for name in self.standing:
            assert elections.tally_of(past, name).score == election.score[name]
        assert tuple(elections.order_of(past)) == ([*election.delegates, *election.standby], len(election.delegates))

    # ----------------------------------------------------------------------------------------------------- verdicts

    def suspect(self, evidence: Evidence) -> None:
        sound = [one for one in self.committee.validators if one not in self.committee.leaving]
        accused = self.random.choice(sound)
        if any(case.accused == accused for case in self.cases) or len(sound) < 2:
            return
        self.proofs += 1
        by = next(one for one in sound if one != accused)
        self.cases.append(self.committee.suspect(by, accused, evidence, str(self.proofs).encode(), 0))

    def decide_case(self) -> None:
        """All who may say that the accused is abnormal."""
        if not self.cases:
            return
        case = self.cases.pop(0)
        for voter in case.voters[: case.needed]:
            verdict = self.committee.vote(voter, case.accused, True, 0)
        assert verdict is Verdict.ABNORMAL
        watch, delegates = self.electing.delegates.watch(), self.electing.delegates
        self.electing.send(delegates, "condemn", watch, case.accused, case.slashed)
        if case.accused not in self.committee.validators:
            self.left_in[case.accused] = self.electing.epoch
        if case.slashed and case.accused in self.standing and self.standing[case.accused].stake:
            self.standing[case.accused].stake = []
            del self.stakes[case.accused]
            self._fit(case.accused)

    def readmit(self, name: str) -> None:
        if name in self.committee.abnormal and name not in self.committee.leaving:
            self.electing.decide(self.electing.delegates, "readmit", name)
            self.committee.readmit(name)
        else:
            with refused(reverts.NotAbnormal, account=name):
                self.electing.decide(self.electing.delegates, "readmit", name)

    # -------------------------------------------------------------------------------------------------------- seats

    def step(self) -> bool:
        before = list(self.committee.validators)
        logs = self.electing.send(self.electing.delegates, "changeSeat", self.electing.anybody).logs
        changed = self.committee.step(self.electing.market.chain.web3.eth.block_number)
        assert changed == any(log.name == "SeatChanged" for log in logs)
        for one in set(before) - set(self.committee.validators):
            self.left_in[one] = self.electing.epoch
        return changed

    # ------------------------------------------------------------------------------------------------------- blocks

    def propose(self, count: int) -> None:
        counted, validators = self.blocks[self.electing.epoch], self.committee.validators
        for _ in range(count):
            proposer = self.random.choice([*validators[:3], self.random.choice(self.people)])
            self.electing.propose([proposer])
            if proposer in validators:
                counted.proposed[proposer] += 1
                for one in validators:
                    counted.expected[one] += Fraction(1, len(validators))  # type: ignore[assignment]

    def _reward(self, epoch: int) -> None:
        counted = self.blocks[epoch]
        if not counted.proposed:
            with refused(reverts.NothingEarned, epoch=epoch):
                self.electing.reward(epoch)
            return
        names = list(counted.proposed)
        earned = rewards([counted.proposed[name] for name in names], PER_BLOCK, counted.budget)
        assert list(self.electing.reward(epoch).items()) == list(zip(names, earned, strict=True))
        for name, amount in zip(names, earned, strict=True):
            mine = [(place, vote) for place, vote in enumerate(self.votes_before) if vote.candidate == name]
            shares = divided(amount, [vote.weight for _, vote in mine])
            self.points[name] += shares.delegate
            for (place, vote), share in zip(mine, shares.voters, strict=True):
                self._reward_voter(epoch, place, vote.voter, share)

    def _reward_voter(self, epoch: int, place: int, voter: str, share: int) -> None:
        delegates, anybody = self.electing.delegates, self.electing.anybody
        if not share:
            with refused(reverts.NothingEarned, epoch=epoch):
                self.electing.send(delegates, "rewardVoter", anybody, epoch, place)
            return
        self.electing.send(delegates, "rewardVoter", anybody, epoch, place)
        self.points[voter] += share
        source = keccak(encode(["address", "uint32", "uint32"], [delegates.address, epoch, place]))
        with refused(reverts.SourceUsed, reason=int(Reason.BOOKKEEPING), source=source):
            self.electing.send(delegates, "rewardVoter", anybody, epoch, place)

    # ----------------------------------------------------------------------------------------------------- comparing

    def check(self) -> None:
        delegates, committee = self.electing.delegates, self.committee
        found = validators(self.electing.market)
        assert found == committee.validators
        assert 4 <= len(found) == len(set(found)) <= 21 and all(int(one, 16) for one in found)
        assert delegates.seat_count() == len(found)
        assert delegates.target() == committee.target
        assert delegates.standby() == committee.standby
        assert delegates.leaving() == committee.leaving
        assert tuple(delegates.changes_left()) == (committee.elected_left, committee.removed_left)
        one = self.random.choice(self.people)
        assert delegates.is_seated(one) == (one in found)
        assert delegates.is_leaving(one) == (one in committee.leaving)
        assert delegates.is_abnormal(one) == (one in committee.abnormal)

    def check_blocks(self) -> None:
        """Of all epochs, not only of the one that runs."""
        for epoch, counted in self.blocks.items():
            for name in self.people:
                work = self.electing.delegates.work_of(epoch, name)
                assert (work.expected, work.proposed) == (int(counted.expected[name]), counted.proposed[name])

    def check_points(self) -> None:
        points = self.electing.market.power_points
        for name in (*self.people, *self.voters):
            assert points.balance_of(name) == self.points[name]
