"""Pools that live by chance, on the chain and in the engine, step by step."""

from random import Random

import pytest

from tests.depth import depth
from tests.pools_chain.beside import Beside, any_terms
from wattbook.finance.pool import GRACE_SECONDS, Stage
from wattbook.finance.servicer import Tranche, voting
from wattbook.trial.pooling import DAY

STEPS = 90
STEPS_AT_LAST = 8


class Life:
    """What happens to a pool."""

    def __init__(self, stand, seed):
        self.luck, self.stand = Random(seed), stand
        self.pool = Beside(stand, self.luck, *any_terms(stand, self.luck))
        self.engine, self.terms = self.pool.engine, self.pool.terms

    def lead(self):
        """Until it is over, and a little beyond."""
        last = 0
        for _ in range(STEPS):
            self.step()
            last += self.engine.stage in (Stage.CANCELLED, Stage.MATURED)
            if last == STEPS_AT_LAST:
                return

    def step(self):
        happenings = {
            Stage.SUBSCRIBING: (self.subscribe,) * 9 + (self.decide, self.wait, self.close, self.earn_early),
            Stage.CANCELLED: (self.refund,) * 4 + (self.decide, self.close),
            Stage.ACTIVE: (self.close,) * 4
            + (self.transfer,) * 4
            + (self.earn, self.earn, self.wait, self.wait, self.wait, self.distribute, self.vote, self.vote)
            + (self.redeem, self.reset, self.late),
            Stage.MATURED: (
                self.late,
                self.late,
                self.wait,
                self.vote,
                self.earn,
                self.redeem,
                self.transfer,
                self.distribute,
                self.close,
            ),
        }
        self.luck.choice(happenings[self.engine.stage])()

    def subscribe(self):
        tranche = self.luck.choice([*Tranche, Tranche.SENIOR, Tranche.MEZZ])
        offered = self.terms.senior if tranche is Tranche.SENIOR else self.terms.mezz
        left = offered - sum(self.engine.units[tranche].values())
        amount = self.luck.choice([left, left + 1, max(1, left // 2), self.luck.randint(1, offered + 1)])
        if amount:
            self.pool.subscribe(self.luck.choice(self.stand.investors), tranche, amount)

    def decide(self):
        self.pool.decide()

    def refund(self):
        self.pool.refund(self.luck.choice(self.stand.investors))

    def transfer(self):
        if self.engine.stage is Stage.SUBSCRIBING:
            return
        tranche = self.luck.choice(list(Tranche))
        people = self.stand.investors if tranche is not Tranche.JUNIOR else self.pool.people
        holders = [one for one in people if self.engine.units[tranche].get(one)] or people
        holder, to = self.luck.choice(holders), self.luck.choice(self.stand.investors)
        held = self.engine.units[tranche].get(holder, 0)
        self.pool.transfer(tranche, holder, to, self.luck.choice([max(1, held), max(1, held // 3), held + 1]))

    def earn(self):
        owed = max(10, self.engine.state.owed)
        amount = self.luck.choice([0, 1, owed // 4, owed // 2, owed, 3 * owed, self.luck.randint(0, owed)])
        self.pool.collect(amount)

    def earn_early(self):
        self.pool.earn_early(self.luck.randint(1, 1_000))

    def wait(self):
        """To a second on which something depends, or the one before it."""
        instants = [self.terms.deadline if self.luck.random() < 0.3 else self.stand.now + DAY]
        if self.engine.stage is Stage.ACTIVE:
            end = self.pool.periods[self.engine.closed].end
            instants += [end, end, end + GRACE_SECONDS, end + GRACE_SECONDS, end + GRACE_SECONDS]
        self.stand.pass_to(self.luck.choice(instants) - self.luck.choice([0, 1, 2]))

    def close(self):
        self.pool.close(self.engine.closed + self.luck.choice([0] * 9 + [1, -1 if self.engine.closed else 0]))

    def late(self):
        self.pool.close_late()

    def distribute(self):
        if self.pool.open_payouts:
            number, kind = self.luck.choice(list(self.pool.open_payouts))
            self.pool.distribute(number, kind, self.luck.randint(1, 3))

    def redeem(self):
        self.pool.redeem(self.luck.choice(list(Tranche)), self.luck.choice(self.stand.investors))

    def reset(self):
        self.pool.reset()

    def vote(self):
        if self.engine.cause is None and self.luck.random() < 0.8:
            return
        spares = [self.stand.anyone, self.stand.spare]
        servicer = self.luck.choice([*spares, *spares, self.engine.servicer, self.terms.owner])
        held = self.engine.units[voting(self.engine.state)]
        voters = [one for one in self.pool.people if held.get(one)] + [self.luck.choice(self.pool.people)]
        self.luck.shuffle(voters)
        self.pool.replace_servicer(voters, servicer)

    def end(self):
        """All that is left to be closed is, and everybody is paid."""
        if self.engine.stage is Stage.SUBSCRIBING:
            self.stand.pass_to(self.terms.deadline)
            self.decide()
        while self.engine.stage is Stage.ACTIVE:
            self.stand.pass_to(self.pool.periods[self.engine.closed].end + GRACE_SECONDS)
            self.earn()
            self.pool.close(self.engine.closed)
        if self.engine.stage is Stage.MATURED:
            self.pool.collect(self.engine.state.owed + 7)
            self.stand.pass_to(self.stand.now + DAY)
            self.pool.close_late()
            assert self.engine.state.owed == 0
        for holder in self.stand.investors:
            if self.engine.stage is Stage.CANCELLED and any(one.get(holder) for one in self.engine.units.values()):
                self.pool.refund(holder)
        if self.pool.earned_early:
            self.pool.return_earned()
        self.pool.distribute_all()
        assert self.stand.locked == self.pool.base


@pytest.mark.parametrize("seed", range(depth(3, 24)))
def test_pools_by_chance(stand, seed):
    life = Life(stand, seed)
    life.lead()
    life.end()
