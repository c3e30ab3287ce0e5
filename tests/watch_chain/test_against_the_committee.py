"""Watch and the delegates' seats do as wattbook.governance.committee does, whatever is said of whom, by whom, when."""

from collections.abc import Callable
from random import Random

import pytest

from tests.assertions import pass_time
from tests.depth import depth
from tests.node import ask
from tests.watch_chain.bench import ACCOUNTS, DAY, VALIDATORS, Bench
from wattbook.contracts.revert import ContractRevert
from wattbook.contracts.structs import Verdict as OnChain
from wattbook.governance.committee import Committee, Evidence, Verdict, missed
from wattbook.governance.election import elect
from wattbook.governance.refusals import GovernanceError

STEPS = 200
ADDRESSES = [one.address for one in ACCOUNTS]
KEY = {one.address: one for one in ACCOUNTS}
NAMES = {Verdict.OPEN: OnChain.OPEN, Verdict.NORMAL: OnChain.NORMAL, Verdict.ABNORMAL: OnChain.ABNORMAL}


class Pair:
    """The contracts and the engine, told the same."""

    def __init__(self, bench: Bench, chance: Random) -> None:
        self.bench, self.chance = bench, chance
        self.committee = Committee(ADDRESSES[:VALIDATORS])
        self.met: list[str] = []
        self.epoch = bench.delegates.current_epoch()

    @property
    def now(self) -> int:
        return self.bench.market.chain.now

    def both(self, on_chain: Callable[[], object], in_python: Callable[[], object]) -> None:
        """Both do it, or refuse it with the same name. A transaction that fails is in a block too, so the time is the
        same."""
        told = given = "done"
        try:
            on_chain()
        except ContractRevert as error:
            told = type(error).__name__
        try:
            in_python()
        except GovernanceError as error:
            given = error.name
        assert told == given
        self.met.append(told)

    def attest(self) -> None:
        by, accused = self.chance.choice(ADDRESSES[:8]), self.chance.choice(ADDRESSES[:8])
        evidence = self.chance.choice((bytes(32), *(bytes([n] * 32) for n in range(1, 9))))
        proof = b"" if evidence == bytes(32) else evidence
        self.both(
            lambda: self.bench.attest(KEY[by], KEY[accused], evidence),
            lambda: self.committee.suspect(by, accused, Evidence.ATTESTATION, proof, self.now),
        )

    def miss(self) -> None:
        """What is counted the chain alone knows. What shows nothing it refuses, for that or for something else."""
        by, accused = self.chance.choice(ADDRESSES[:8]), self.chance.choice(ADDRESSES[:8])
        work = self.bench.delegates.work_of(self.epoch, accused)
        try:
            evidence = missed(self.epoch, work.expected, work.proposed)
        except GovernanceError as error:
            assert error.name == "NotMissed"
            with pytest.raises(ContractRevert):
                self.bench.watch.suspect_missed(accused, self.epoch, sender=KEY[by])
            return
        self.both(
            lambda: self.bench.watch.suspect_missed(accused, self.epoch, sender=KEY[by]),
            lambda: self.committee.suspect(by, accused, Evidence.MISSED, evidence, self.now),
        )

    def prove(self) -> None:
        accused, number = self.chance.randrange(8), self.chance.randint(2, 6)
        self.both(
            lambda: self.bench.prove(accused, number),
            lambda: self.committee.prove(ADDRESSES[accused], b"at %d" % number, self.now),
        )

    def vote(self) -> None:
        open_ones = [one for one in self.committee.cases if self.bench.watch.verdict_of(one) == OnChain.OPEN]
        accused = self.chance.choice(open_ones if open_ones and self.chance.random() < 0.95 else ADDRESSES)
        for by in self.chance.sample(ADDRESSES[:8], self.chance.choice((1, 3, 6))):
            yes = self.chance.random() < 0.9
            self.both(
                lambda by=by, yes=yes: self.bench.watch.vote(accused, yes, sender=KEY[by]),  # type: ignore[misc]
                lambda by=by, yes=yes: self.committee.vote(by, accused, yes, self.now),  # type: ignore[misc]
            )

    def wait(self) -> None:
        pass_time(self.chance.choice((60, 3_600, DAY // 2, DAY)))
        self._new_epoch()

    def _new_epoch(self) -> None:
        epoch = self.bench.delegates.current_epoch()
        if epoch != self.epoch:
            self.bench.delegates.open_epoch(sender=ACCOUNTS[-1])
            # Nobody stands for election, so those who are there stay.
            self.committee.open_epoch(elect([], [], VALIDATORS))
            self.epoch = epoch

    def later(self) -> None:
        self.bench.next_epoch()
        self.committee.open_epoch(elect([], [], VALIDATORS))
        self.epoch = self.bench.delegates.current_epoch()

    def step(self) -> None:
        self.bench.delegates.change_seat(sender=ACCOUNTS[-1])
        self.committee.step(int(ask("eth_blockNumber"), 16))

    def propose(self) -> None:
        self.bench.count_blocks([self.chance.choice(ACCOUNTS[:3]) for _ in range(self.chance.randint(20, 40))])

    def readmit(self) -> None:
        if ready := sorted(self.committee.abnormal - set(self.committee.leaving)):
            one = self.chance.choice(ready)
            self.bench.as_authority("readmit", one)
            self.committee.readmit(one)

    def compare(self) -> None:
        watch, delegates, committee = self.bench.watch, self.bench.delegates, self.committee
        assert self.bench.market.validator_set.get_validators() == committee.validators
        assert delegates.leaving() == committee.leaving
        assert {one for one in ADDRESSES if delegates.is_abnormal(one)} == committee.abnormal
        for accused, case in committee.cases.items():
            kept = watch.suspicion_of(accused)
            assert (kept.since, kept.needed, kept.yes) == (case.since, case.needed, len(case.yes))
            verdict = case.verdict
            if verdict is Verdict.OPEN and self.now >= case.since + DAY:
                verdict = Verdict.NORMAL
            assert watch.verdict_of(accused) == NAMES[verdict]
            assert {one for one in ADDRESSES if watch.has_voted(kept.number, one)} == case.yes | case.no


@pytest.mark.parametrize("seed", range(depth(1, 6)))
def test_whatever_happens(bench: Bench, seed: int) -> None:
    chance = Random(seed)
    pair = Pair(bench, chance)
    acts = (pair.attest, pair.miss, pair.prove, pair.vote, pair.wait, pair.later, pair.step, pair.propose, pair.readmit)
    for step in range(STEPS):
        chance.choices(acts, (24, 5, 5, 40, 6, 2, 8, 5, 6))[0]()
        if step % 10 == 0:
            pair.compare()
    pair.compare()
    assert {"done", "NoDelegate", "OwnCase", "NoEvidence", "UnderVote", "NoVote", "VotedTwice"} <= set(pair.met)
    assert len(bench.market.validator_set.get_validators()) < VALIDATORS
