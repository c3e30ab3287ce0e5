"""A pool's life, and a random one in which no uPT is ever lost."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wattbook.finance.pool import GRACE_SECONDS, SECONDS_A_DAY, Due, Pool, Stage, Terms
from wattbook.finance.refusals import FinanceError
from wattbook.finance.servicer import Tranche
from wattbook.finance.waterfall import State

DAY = SECONDS_A_DAY
QUARTER = 90 * DAY
SENIOR, MEZZ, JUNIOR = Tranche
START = 1_000 * DAY
RATES = State(0, 0, 0, 0, 0, 600, 3_650, 5_475, 300, 500, 60, 20)
TERMS = Terms(
    owner="owner",
    servicer="servicer",
    senior=10_000,
    mezz=4_000,
    junior=6_000,
    limit=15_000,
    least=7_000,
    deadline=START - DAY,
    start=START,
    periods=tuple(Due(START + (number + 1) * QUARTER, (2_500, 1_000)) for number in range(4)),
    reserve=500,
    state=RATES,
)


def sold(terms=TERMS):
    """A pool of which everything is sold."""
    pool = Pool(terms)
    pool.subscribe("a", SENIOR, 6_000, 0)
    pool.subscribe("b", SENIOR, 4_000, 0)
    pool.subscribe("a", MEZZ, 4_000, 0)
    pool.decide(1)
    return pool


def closing(period):
    return TERMS.periods[period].end + GRACE_SECONDS


def refused(name):
    return pytest.raises(FinanceError, check=lambda error: error.name == name)


def test_a_pool_that_is_sold_pays_the_owner_and_keeps_the_reserve():
    pool = sold()
    assert pool.stage is Stage.ACTIVE
    assert (pool.paid, pool.cash) == ({"owner": 13_500}, 500)
    assert pool.units[JUNIOR] == {"owner": 6_000}
    assert (pool.state.senior, pool.state.mezz, pool.state.reserve) == (10_000, 4_000, 500)


def test_a_pool_that_sells_too_little_gives_everything_back():
    pool = Pool(TERMS)
    pool.subscribe("a", SENIOR, 6_000, 0)
    pool.subscribe("a", MEZZ, 999, 0)
    with refused("NotYet"):
        pool.decide(TERMS.deadline - 1)
    pool.decide(TERMS.deadline)
    assert pool.stage is Stage.CANCELLED
    assert pool.refund("a") == 6_999 and pool.cash == 0
    with refused("NothingHeld"):
        pool.refund("a")
    with refused("WrongPoolStage"):
        pool.collect(1)


def test_one_unit_more_is_enough():
    pool = Pool(TERMS)
    pool.subscribe("a", SENIOR, 6_000, 0)
    pool.subscribe("a", MEZZ, 1_000, 0)
    pool.decide(TERMS.deadline)
    assert (pool.stage, pool.state.senior, pool.state.mezz) == (Stage.ACTIVE, 6_000, 1_000)
    with refused("WrongPoolStage"):
        pool.refund("a")


def test_without_investors_there_is_no_pool():
    pool = Pool(TERMS)
    pool.decide(TERMS.deadline)
    assert pool.stage is Stage.CANCELLED and pool.cash == 0


def test_subscriptions_that_are_refused():
    pool = Pool(TERMS)
    with refused("SubscriptionOver"):
        pool.subscribe("a", SENIOR, 1, TERMS.deadline)
    with refused("JuniorNotOffered"):
        pool.subscribe("a", JUNIOR, 1, 0)
    with refused("OutOfBounds"):
        pool.subscribe("a", SENIOR, 0, 0)
    pool.subscribe("a", MEZZ, 4_000, 0)
    with refused("Oversubscribed"):
        pool.subscribe("b", MEZZ, 1, 0)
    with refused("WrongPoolStage"):
        pool.transfer(MEZZ, "a", "b", 1, 0)
    with refused("WrongPoolStage"):
        pool.close(0, closing(0), 10_000)


def test_a_period_is_closed_once_and_in_turn():
    pool = sold()
    pool.collect(9_000)
    with refused("NotYet"):
        pool.close(0, closing(0) - 1, 10_000)
    with refused("OutOfTurn"):
        pool.close(1, closing(1), 10_000)
    pool.close(0, closing(0), 10_000)
    with refused("PeriodIsClosed"):
        pool.close(0, closing(0), 10_000)


def test_a_period_that_collects_nothing_closes():
    pool = sold()
    found = pool.close(0, closing(0), 10_000)
    assert found.dscr_bps == 0 and found.state.trigger
    # The reserve paid the trustee, and of 900 senior interest what it had.
    assert (pool.paid["trustee"], pool.cash) == (20, 0)
    assert found.state.senior_arrears == 900 - 480


def test_who_held_at_the_end_of_a_period_is_paid_for_it():
    """Whenever it is closed, and whatever was sold since; the next period is the buyer's."""
    pool = sold()
    pool.collect(6_000)
    pool.transfer(SENIOR, "a", "c", 1_000, TERMS.periods[0].end - 1)
    pool.transfer(SENIOR, "a", "late", 5_000, TERMS.periods[0].end)
    found = pool.close(0, closing(0) + 5 * DAY, 10_000)
    senior = found.paid("seniorInterest") + found.paid("seniorPrincipal")
    mezz = found.paid("mezzInterest") + found.paid("mezzPrincipal")
    assert senior == 900 + 2_500
    # In the order in which they came to hold: a, b, c.
    assert pool.paid["b"] == senior * 9_000 // 10_000 - senior * 5_000 // 10_000
    assert pool.paid["a"] == senior * 5_000 // 10_000 + mezz
    assert pool.paid["c"] == senior - senior * 9_000 // 10_000
    assert "late" not in pool.paid
    pool.collect(6_000)
    pool.close(1, closing(1), 10_000)
    assert pool.paid["late"] > 0


def test_units_that_are_not_there():
    pool = sold()
    with refused("NotHeld"):
        pool.transfer(SENIOR, "b", "c", 4_001, 0)
    with refused("NotHeld"):
        pool.transfer(SENIOR, "c", "b", 1, 0)
    with refused("OutOfBounds"):
        pool.transfer(SENIOR, "b", "c", 0, 0)


def matured():
    pool = sold()
    for period in range(4):
        pool.collect(6_000)
        pool.close(period, closing(period), 10_000)
    return pool


def test_what_comes_late_is_junior_s():
    pool = matured()
    assert (pool.stage, pool.state.owed, pool.cash) == (Stage.MATURED, 0, 0)
    with refused("NothingCollected"):
        pool.close_late(closing(3))
    with refused("WrongPoolStage"):
        pool.close(4, closing(3), 10_000)
    before = pool.paid["owner"]
    pool.transfer(JUNIOR, "owner", "heir", 2_000, closing(3))
    pool.collect(301)
    pool.close_late(closing(3) + 1)
    assert (pool.paid["owner"] - before, pool.paid["heir"], pool.cash) == (200, 101, 0)


def test_what_is_paid_is_redeemed():
    pool = matured()
    assert pool.redeem(SENIOR, "a") == 6_000 and pool.redeem(MEZZ, "a") == 4_000
    with refused("NothingHeld"):
        pool.redeem(SENIOR, "a")
    with refused("NotRedeemed"):
        pool.redeem(JUNIOR, "owner")


def test_what_is_still_owed_is_not_redeemed_and_comes_first():
    pool = sold()
    for period in range(4):
        pool.close(period, closing(period), 10_000)
    owed = pool.state.owed
    with refused("StillOwed"):
        pool.redeem(SENIOR, "a")
    with refused("StillOwed"):
        pool.redeem(MEZZ, "a")
    before = pool.paid["owner"]
    pool.collect(owed + 7)
    pool.close_late(closing(3))
    assert (pool.paid["owner"] - before, pool.state.owed) == (7, 0)
    assert pool.redeem(SENIOR, "b") == 4_000


def test_a_servicer_is_replaced_for_a_cause_and_the_next_starts_clean():
    pool = sold()
    with refused("NoCause"):
        pool.replace_servicer(["a"], "next")
    pool.close(0, closing(0), 9_499)
    assert not pool.replace_servicer(["b"], "next")
    with refused("NotApart"):
        pool.replace_servicer(["a"], "owner")
    with refused("NotApart"):
        pool.replace_servicer(["a"], "servicer")
    assert pool.replace_servicer(["a"], "next") and pool.cause is None
    pool.collect(1_000)
    pool.close(1, closing(1), 10_000)
    assert pool.paid["next"] == 50 and "servicer" not in pool.paid


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"limit": 13_999}, "AboveLimit"),
        ({"least": 0}, "OutOfBounds"),
        ({"least": 14_001}, "OutOfBounds"),
        ({"reserve": 7_001}, "ReserveAboveLeast"),
        ({"junior": 0}, "BadTerms"),
        ({"periods": ()}, "BadTerms"),
        ({"deadline": START + 1}, "BadTerms"),
        ({"periods": (Due(START, (0, 0)),)}, "BadTerms"),
        ({"periods": (Due(START + DAY + 1, (0, 0)),)}, "BadTerms"),
        ({"senior": -1}, "OutOfBounds"),
    ],
)
def test_terms_that_are_none(changes, name):
    with refused(name):
        replace(TERMS, **changes)


class Life(RuleBasedStateMachine):
    """A pool whose collections come as they please, whose units change hands, and whose money is always somewhere."""

    people = st.sampled_from(["a", "b", "c", "owner"])

    @initialize(parts=st.lists(st.tuples(people, st.sampled_from([SENIOR, MEZZ]), st.integers(1, 5_000)), max_size=8))
    def offer(self, parts):
        self.pool, self.now, self.brought = Pool(TERMS), 0, 0
        for holder, tranche, amount in parts:
            offered = TERMS.senior if tranche is SENIOR else TERMS.mezz
            if sum(self.pool.units[tranche].values()) + amount <= offered:
                self.pool.subscribe(holder, tranche, amount, self.now)
                self.brought += amount
        self.now = TERMS.deadline
        self.pool.decide(self.now)

    @precondition(lambda self: self.pool.stage in (Stage.ACTIVE, Stage.MATURED))
    @rule(amount=st.one_of(st.just(0), st.integers(0, 9_000), st.integers(0, 60_000)))
    def collect(self, amount):
        self.pool.collect(amount)
        self.brought += amount

    @precondition(lambda self: self.pool.stage in (Stage.ACTIVE, Stage.MATURED))
    @rule(
        tranche=st.sampled_from(list(Tranche)),
        holder=people,
        to=people,
        part=st.integers(1, 9),
        days=st.integers(0, 60),
    )
    def transfer(self, tranche, holder, to, part, days):
        self.now += days * DAY
        held = self.pool.units[tranche].get(holder, 0)
        if held * part // 9:
            self.pool.transfer(tranche, holder, to, held * part // 9, self.now)

    @precondition(lambda self: self.pool.stage is Stage.ACTIVE)
    @rule(complete=st.integers(9_400, 10_000))
    def close(self, complete):
        period, reserve, collected = self.pool.closed, self.pool.state.reserve, self.pool.collected
        self.now = max(self.now, closing(period))
        found = self.pool.close(period, self.now, complete)
        assert collected == found.outflows + self.pool.state.reserve - reserve

    @precondition(lambda self: self.pool.stage is Stage.MATURED and self.pool.collected)
    @rule()
    def close_late(self):
        collected = self.pool.collected
        self.now += DAY
        assert self.pool.close_late(self.now).outflows == collected

    @precondition(lambda self: self.pool.stage is Stage.CANCELLED)
    @rule(holder=people)
    def refund(self, holder):
        if any(holdings.get(holder) for holdings in self.pool.units.values()):
            self.pool.refund(holder)

    @invariant()
    def all_money_is_somewhere(self):
        if not hasattr(self, "pool"):
            return
        pool = self.pool
        assert self.brought == pool.cash + sum(pool.paid.values())
        if pool.stage in (Stage.ACTIVE, Stage.MATURED):
            assert pool.cash == pool.collected + pool.state.reserve
        else:
            assert pool.cash == sum(sum(holdings.values()) for holdings in pool.units.values())
        if pool.stage is Stage.MATURED:
            assert pool.state.reserve == 0


Life.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=25)
TestLife = Life.TestCase


class TestLate:
    """What comes in after the final period."""

    def test_once_a_day(self):
        pool = matured()
        pool.collect(5)
        pool.close_late(closing(3))
        pool.collect(5)
        with refused("NotYet"):
            pool.close_late(closing(3) - 1 + DAY)
        pool.close_late(closing(3) + DAY)

    def test_working_money_stays_while_something_is_owed(self):
        pool = sold(replace(TERMS, working=50))
        for period in range(4):
            pool.close(period, closing(period), 10_000)
        owed = pool.state.owed
        pool.collect(50)
        with refused("NothingCollected"):
            pool.close_late(closing(3))
        pool.collect(7)
        assert pool.close_late(closing(3)).outflows == 7
        assert (pool.collected, pool.state.owed) == (50, owed - 7)
        # What pays all is not kept.
        pool.collect(owed - 57)
        assert pool.close_late(closing(3) + DAY).outflows == owed - 7
        assert (pool.collected, pool.state.owed) == (0, 0)

    def test_a_servicer_is_replaced_until_nothing_is_owed(self):
        pool = sold()
        for period in range(4):
            pool.close(period, closing(period), 10_000)
        pool.collect(100)
        pool.transfer(SENIOR, "a", "b", 6_000, closing(3))
        pool.close_late(closing(3) + 1)
        with refused("NoUnitsToVote"):
            pool.replace_servicer(["a"], "next")
        assert pool.replace_servicer(["b"], "next")
        pool.collect(pool.state.owed)
        pool.close_late(closing(3) + 2 * DAY)
        with refused("WrongPoolStage"):
            pool.replace_servicer(["b"], "other")
