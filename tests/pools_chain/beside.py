"""A pool on the chain beside the engine's: the same is done to both, and they are compared after every step."""

from collections.abc import Callable
from random import Random
from typing import Any

from wattbook import ContractRevert
from wattbook.contracts.structs import PoolDue, PoolRates, PoolStage, PoolTerms, ServicerCause, TrancheKind
from wattbook.finance.coverage import coverage
from wattbook.finance.pool import GRACE_SECONDS, Due, Pool, Stage, Terms
from wattbook.finance.refusals import FinanceError
from wattbook.finance.servicer import Cause, Tranche
from wattbook.finance.waterfall import State
from wattbook.months import month_at, start_of
from wattbook.trial.pooling import DAY, KINDS, SLOT, Pooling

STAGES = {
    Stage.SUBSCRIBING: PoolStage.SUBSCRIBING,
    Stage.ACTIVE: PoolStage.ACTIVE,
    Stage.MATURED: PoolStage.MATURED,
    Stage.CANCELLED: PoolStage.CANCELLED,
}
CAUSES = {
    None: ServicerCause.NONE,
    Cause.INCOMPLETE: ServicerCause.INCOMPLETE,
    Cause.MISSED: ServicerCause.MISSED,
    Cause.UNCOVERED: ServicerCause.UNCOVERED,
}
TRANCHES = dict(zip(Tranche, KINDS, strict=True))
# What an ERC-20 says of who moves more than he has.
SAME = {"ERC20InsufficientBalance": "NotHeld"}
RESERVE_TOP_UP = 11


class Beside:
    def __init__(self, stand: Pooling, luck: Random, terms: PoolTerms, periods: list[PoolDue]) -> None:
        self.stand, self.luck, self.terms, self.periods = stand, luck, terms, periods
        self.device = stand.plant(terms.owner, months=12)
        net = 60 * (terms.senior + terms.mezz)
        stand.state_earned(self.device, net)
        stand.rest()
        self.pool = stand.offered(terms, periods, [self.device])
        found = stand.offers.evaluation_of(self.pool, [self.device])
        stand.open(self.pool)
        self.tranches = [stand.tranche(self.pool, kind) for kind in KINDS]
        self.people = [*stand.investors, terms.owner]
        self.engine = Pool(self._terms())
        assert found == [coverage(self.engine.terms, net), self.engine.terms.limit]
        self.base = stand.locked
        accounts = [*self.people, terms.servicer, stand.anyone, stand.spare, terms.tax_account, terms.trustee_account]
        self.before = {account: stand.free(account) for account in accounts}
        self.bought = dict.fromkeys(self.people, 0)
        self.open_payouts: dict[tuple[int, TrancheKind], int] = {}
        self.votes: dict[tuple[int, int, str], list[str]] = {}
        self.earned_early = 0
        self.compare()

    def _terms(self) -> Terms:
        t, rates = self.terms, self.terms.rates
        state = State(
            *(0, 0, 0, 0, 0, rates.target),
            *(rates.senior_bps, rates.mezz_bps, rates.tax_bps, rates.servicer_bps, rates.servicer_cap, rates.trustee),
        )
        dues = tuple(Due(due.end, (due.senior, due.mezz)) for due in self.periods)
        limit = self.stand.offers.limit_of(self.pool)
        parts = (t.senior, t.mezz, t.junior, limit, t.least, t.deadline, t.start, dues, t.reserve, state, t.working)
        return Terms(t.owner, t.servicer, *parts)

    # ------------------------------------------------------------------------------------------------------- both

    def both(
        self, sender: str, contract: Any, function: str, arguments: tuple[Any, ...], same: Callable[[int], Any]
    ) -> Any:
        """Does it on the chain, and to the engine; both do it, or both refuse it for the same reason."""
        time = self.stand.now + 1
        mined, refusal = None, None
        try:
            mined = self.stand.do(sender, contract, function, *arguments, at=time)
        except ContractRevert as error:
            refusal = SAME.get(type(error).__name__, type(error).__name__)
        try:
            same(time)
        except FinanceError as error:
            assert refusal == error.name, f"{function}{arguments}: {refusal} on the chain, {error}"
        else:
            assert refusal is None, f"{function}{arguments}: {refusal} on the chain only"
        self.compare()
        return mined

    def subscribe(self, holder: str, tranche: Tranche, amount: int) -> None:
        def same(time: int) -> None:
            self.engine.subscribe(holder, tranche, amount, time)
            self.bought[holder] += amount

        self.both(holder, self.stand.pools, "subscribe", (self.pool, TRANCHES[tranche], amount), same)

    def decide(self) -> None:
        def same(time: int) -> None:
            self.engine.decide(time)
            if self.engine.stage is Stage.ACTIVE:
                self.engine.collect(self.earned_early)
                self.earned_early = 0

        self.both(self.stand.anyone, self.stand.pools, "decide", (self.pool,), same)

    def refund(self, holder: str) -> None:
        arguments = (self.pool, [holder])
        self.both(self.stand.anyone, self.stand.pools, "refund", arguments, lambda time: self.engine.refund(holder))

    def transfer(self, tranche: Tranche, holder: str, to: str, amount: int) -> None:
        token = self.tranches[TRANCHES[tranche]]
        arguments = (to, amount)
        self.both(
            *(holder, token, "transfer", arguments),
            lambda time: self.engine.transfer(tranche, holder, to, amount, time),
        )

    def collect(self, amount: int) -> None:
        self.engine.collect(amount)
        self.stand.earn(self.pool, amount)
        self.compare()

    def earn_early(self, amount: int) -> None:
        """While units are sold; the engine knows of it when it is decided."""
        self.earned_early += amount
        self.stand.earn(self.pool, amount)
        self.compare()

    def return_earned(self) -> None:
        """What a cancelled pool earned is the owner's."""
        self.engine.paid[self.terms.owner] = self.engine.paid.get(self.terms.owner, 0) + self.earned_early
        self.stand.do(self.stand.anyone, self.stand.pools, "returnEarned", self.pool)
        self.earned_early = 0
        self.compare()

    def close(self, period: int) -> None:
        complete_bps = self._count(period) if period < len(self.periods) else 10_000

        def same(time: int) -> None:
            final = period + 1 == len(self.periods) == self.engine.closed + 1
            if final and self.engine.stage is Stage.ACTIVE and time >= self.periods[-1].end + GRACE_SECONDS:
                self.engine.collect(self.terms.working)
            self.engine.close(period, time, complete_bps)

        self._closing("close", (self.pool, period), same)

    def close_late(self) -> None:
        self._closing("closeLate", (self.pool,), self.engine.close_late)

    def _closing(self, function: str, arguments: tuple[int, ...], same: Callable[[int], Any]) -> None:
        reserve, closed = self.engine.state.reserve, self.engine.closed
        number = self.stand.pools.standing_of(self.pool).closed

        def noted(time: int) -> None:
            same(time)
            outcome = self.engine.outcomes[-1]
            amounts = (
                outcome.paid("seniorInterest") + outcome.paid("seniorPrincipal"),
                outcome.paid("mezzInterest") + outcome.paid("mezzPrincipal"),
                outcome.paid("junior"),
            )
            self.open_payouts |= {(number, k): a for k, a in zip(KINDS, amounts, strict=True) if a}

        mined = self.both(self.stand.anyone, self.stand.pools, function, arguments, noted)
        if mined is None:
            return
        told = next(log.args for log in mined.logs if log.name == "PeriodClosed")
        _, period, collected, complete_bps, dscr_bps, _, paid, state = told
        assert period == number and (function == "closeLate" or period == closed)
        outflows = sum(paid) - paid[RESERVE_TOP_UP]
        assert collected == outflows + state[-1] - reserve
        assert dscr_bps == self.engine.outcomes[-1].dscr_bps
        if function == "close":
            assert complete_bps == self.engine.served[-1].complete_bps

    def _count(self, period: int) -> int:
        """Has the counters show something for the months that end in a period, and says how complete that is."""
        start = self.periods[period - 1].end if period else self.terms.start
        first, after = month_at(start), month_at(self.periods[period].end)
        if period == 0 and start_of(first) < start:
            first += 1
        if first >= after:
            return 10_000
        share = self.luck.choice([10_000, 10_000, 9_800, 9_400])
        measured = sum(self.stand.read_all(self.device, month, 10**9, share) for month in range(first, after))
        return measured * SLOT * 10_000 // (start_of(after) - start_of(first))

    def distribute(self, number: int, kind: TrancheKind, count: int) -> None:
        self.stand.do(
            *(self.stand.anyone, self.stand.pools, "distribute", self.pool, number, kind, count),
            at=self.stand.now + 1,
        )
        self.compare()

    def distribute_all(self) -> None:
        """Pays all that is set aside; then everybody has what the engine paid him."""
        for number, kind in list(self.open_payouts):
            self.distribute(number, kind, 1)
            if (number, kind) in self.open_payouts:
                self.distribute(number, kind, 100)
        assert not self.open_payouts
        for account in self.before:
            assert self.gained(account) == self.due_to(account), account

    def redeem(self, tranche: Tranche, holder: str) -> None:
        arguments = (self.pool, TRANCHES[tranche])
        self.both(*(holder, self.stand.pools, "redeem", arguments), lambda time: self.engine.redeem(tranche, holder))

    def reset(self) -> None:
        def same(time: int) -> None:
            self.engine.state = self.engine.state.reset()

        self.both(self.stand.market.authority.address, self.stand.pools, "resetTrigger", (self.pool,), same)

    def replace_servicer(self, voters: list[str], servicer: str) -> None:
        """They vote one after the other, until it is replaced."""
        term = self.stand.servicers.service_of(self.pool).term
        votes = self.votes.setdefault((len(self.engine.outcomes), term, servicer), [])
        for voter in voters:

            def same(time: int, voter: str = voter) -> None:
                self.engine.replace_servicer([*votes, voter], servicer)
                votes.append(voter)

            self.both(voter, self.stand.servicers, "voteServicer", (self.pool, voter, servicer), same)

    # -------------------------------------------------------------------------------------------------- comparing

    def due_to(self, account: str) -> int:
        """What an account should have gained, once all is distributed."""
        paid = self.engine.paid
        names = {self.terms.tax_account: "tax", self.terms.trustee_account: "trustee"}
        return paid.get(account, 0) + paid.get(names.get(account, ""), 0) - self.bought.get(account, 0)

    def gained(self, account: str) -> int:
        return self.stand.free(account) - self.before[account]

    def compare(self) -> None:
        pools, engine = self.stand.pools, self.engine
        standing, state = pools.standing_of(self.pool), pools.state_of(self.pool)
        assert standing.stage == STAGES[engine.stage]
        own = engine.state
        assert (state.senior, state.mezz, state.trigger) == (own.senior, own.mezz, own.trigger)
        assert (state.senior_arrears, state.mezz_arrears) == (own.senior_arrears, own.mezz_arrears)
        assert state.reserve == own.reserve
        self._compare_service()
        for tranche, kind in TRANCHES.items():
            for person in self.people:
                held = engine.units[tranche].get(person, 0)
                if tranche is Tranche.JUNIOR and engine.stage in (Stage.SUBSCRIBING, Stage.CANCELLED):
                    held = self.terms.junior if person == self.terms.owner else 0
                assert self.tranches[kind].balance_of(person) == held
        self._compare_money()

    def _compare_service(self) -> None:
        service, served = self.stand.servicers.service_of(self.pool), self.engine.served
        assert service.servicer == self.engine.servicer
        assert service.incomplete == any(one.complete_bps < 9_500 for one in served)
        assert service.missed == sum(one.missed for one in served)
        assert service.uncovered == sum(one.dscr_bps < 10_000 for one in served)
        assert self.stand.servicers.cause_of(self.pool) == CAUSES[self.engine.cause]

    def _compare_money(self) -> None:
        undistributed = 0
        for number, kind in list(self.open_payouts):
            payout = self.stand.pools.payout_of(self.pool, number, kind)
            assert payout.amount == self.open_payouts[number, kind]
            issued = self.tranches[kind].issued()
            undistributed += payout.amount - payout.before * payout.amount // issued
            if payout.before == issued:
                del self.open_payouts[number, kind]
        engine = self.engine
        sold = engine.cash if engine.stage in (Stage.SUBSCRIBING, Stage.CANCELLED) else engine.state.reserve
        assert self.stand.locked - self.base == sold + undistributed
        gained = sum(self.gained(account) for account in self.before)
        assert gained + undistributed == sum(self.due_to(account) for account in self.before)
        working = self.terms.working if engine.stage is Stage.ACTIVE else 0
        assert self.stand.free(self.stand.company(self.pool).address) == working + engine.collected + self.earned_early


def any_terms(stand: Pooling, luck: Random) -> tuple[PoolTerms, list[PoolDue]]:
    """Terms by chance, of a few uPT or of many."""
    scale = luck.choice([1, 1_000_000])
    senior, mezz = luck.randint(1, 10_000) * scale, luck.randint(0, 3_000) * scale
    least = luck.randint(1, max(1, (senior + mezz) // luck.choice([1, 4, 4])))
    deadline = stand.now + 40 * DAY + luck.randint(0, DAY)
    put_aside = luck.randint(0, least // 5)
    rates = PoolRates(
        target=luck.choice([0, put_aside, 2 * put_aside]),
        servicer_cap=luck.randint(0, 200) * scale,
        senior_bps=luck.randint(0, 900),
        mezz_bps=luck.randint(0, 2_000),
        tax_bps=luck.choice([0, 300]),
        servicer_bps=luck.choice([0, 500]),
        trustee=luck.randint(0, 20) * scale,
    )
    terms = stand.terms(
        senior=senior,
        mezz=mezz,
        junior=luck.randint(1, 7) * luck.choice([1, scale]),
        least=least,
        reserve=luck.randint(0, put_aside),
        working=luck.randint(0, least // 5),
        deadline=deadline,
        start=deadline + luck.randint(0, 10 * DAY),
        rates=rates,
    )
    periods, end = [], terms.start
    for _ in range(luck.randint(1, 5)):
        end += luck.randint(20, 100) * DAY
        periods.append(PoolDue(end, luck.randint(0, senior), luck.randint(0, mezz)))
    return terms, periods
