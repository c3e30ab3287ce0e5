"""The waterfall on chain pays what the engine pays, to the uPT, whatever the pool."""

from dataclasses import replace
from random import Random

import pytest

from tests.assertions import refused
from tests.finance_chain.asking import ask_each
from wattbook.contracts import reverts
from wattbook.contracts.structs import PoolOutcome
from wattbook.finance import waterfall as engine
from wattbook.finance.admission import dscr_bps
from wattbook.finance.refusals import MOST_UPT, FinanceError
from wattbook.finance.waterfall import Period, State
from wattbook.trial.financing import FLOWS, outcome_of, parts_of, period_of

CASES = 1_500
LATE = 500
PT = 10**6
STATE = State(
    senior=7_000_000 * PT,
    mezz=1_500_000 * PT,
    senior_arrears=0,
    mezz_arrears=0,
    reserve=100_000 * PT,
    target=150_000 * PT,
    senior_bps=380,
    mezz_bps=650,
    tax_bps=300,
    servicer_bps=500,
    servicer_cap=60_000 * PT,
    trustee=5_000 * PT,
)
QUARTER = Period(900_000 * PT, 90, (400_000 * PT, 50_000 * PT))
FULL = State(*(MOST_UPT,) * 6, *(10_000,) * 4, MOST_UPT, MOST_UPT)
NOTHING = State(*(0,) * 12)
BOUNDARY = [
    (NOTHING, Period(0, 0, (0, 0))),
    (NOTHING, Period(0, 0, (0, 0), final=True)),
    (NOTHING, Period(MOST_UPT, 366, (MOST_UPT, MOST_UPT))),
    (FULL, Period(0, 366, (0, 0))),
    (replace(FULL, senior_arrears=0, mezz_arrears=0, senior_bps=0, mezz_bps=0), Period(0, 366, (0, 0))),
    (FULL, Period(MOST_UPT, 366, (MOST_UPT, MOST_UPT), final=True)),
    (replace(FULL, senior_bps=0, mezz_bps=0), Period(MOST_UPT, 366, (MOST_UPT, MOST_UPT), final=True)),
    (replace(FULL, trigger=True, tax_bps=0, servicer_cap=0, trustee=0), Period(MOST_UPT, 1, (0, 0))),
    (replace(STATE, senior=7, mezz=11, senior_arrears=1, mezz_arrears=2), Period(1, 1, (1, 1))),
    (replace(STATE, trigger=True), QUARTER),
    (replace(STATE, reserve=150_001 * PT), QUARTER),
    (STATE, replace(QUARTER, final=True)),
    # Exactly the coverage below which it is triggered, and one uPT less.
    (State(1_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), Period(1_100, 1, (1_000, 0))),
    (State(1_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), Period(1_099, 1, (1_000, 0))),
]


def some_amount(random: Random, scale: int) -> int:
    return random.choice([0, random.randrange(3), random.randrange(50), random.randrange(scale), scale])


def some_state(random: Random) -> State:
    scale = random.choice([100, 10**13, MOST_UPT])
    amounts = [some_amount(random, scale) for _ in range(6)]
    rates = [random.choice([0, random.randrange(1_000), random.randrange(10_001), 10_000]) for _ in range(4)]
    fees = [some_amount(random, scale // 20 + 1) for _ in range(2)]
    return State(*amounts, *rates, *fees, trigger=random.random() < 0.3)


def some_period(random: Random, state: State) -> Period:
    """Of which some collect nothing, some what is due and some far more."""
    owed = min(MOST_UPT // 4, state.owed)
    collections = random.choice([0, random.randrange(owed + 1), owed, owed + random.randrange(owed + 2), MOST_UPT])
    scheduled = tuple(some_amount(random, max(1, amount)) for amount in (state.senior, state.mezz))
    return Period(collections, random.randrange(367), scheduled, random.random() < 0.3)


def engine_says(make):
    try:
        return make()
    except FinanceError as error:
        return error.name


def chain_says(answer, before, *, late=False):
    if isinstance(answer, reverts.OutOfBounds):
        return "OutOfBounds"
    assert isinstance(answer, PoolOutcome), answer
    return outcome_of(answer, before, late=late)


def compare(market, cases):
    asked = [(*parts_of(state), period_of(period)) for state, period in cases]
    answers = ask_each(market.waterfall, "run", PoolOutcome, asked)
    met = set()
    for (state, period), answer in zip(cases, answers, strict=True):
        expected = engine_says(lambda state=state, period=period: engine.run(state, period))
        assert chain_says(answer, state) == expected, (state, period)
        met |= {"refused"} if expected == "OutOfBounds" else {flow.name for flow in expected.flows if flow.paid}
        if expected != "OutOfBounds":
            reserve = expected.state.reserve - state.reserve
            assert period.collections == sum(answer.paid) - answer.paid[FLOWS.index("reserveTopUp")] + reserve
    return met


def test_random_pools(market):
    """In some all is paid that can be: senior interest has drawn the reserve before that pays what is unpaid."""
    random = Random(8)
    states = [some_state(random) for _ in range(CASES)]
    met = compare(market, [(state, some_period(random, state)) for state in states])
    assert met == {*FLOWS, "refused"} - {"seniorInterestFromReserve"}


def test_the_edges(market):
    compare(market, BOUNDARY)


def test_a_coverage_that_just_holds(market):
    state = State(1_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    enough = market.waterfall.run(*parts_of(state), period_of(Period(1_100, 1, (1_000, 0))))
    assert (enough.dscr_bps, enough.state.trigger) == (market.waterfall.trigger_bps(), False)
    short = market.waterfall.run(*parts_of(state), period_of(Period(1_099, 1, (1_000, 0))))
    assert (short.dscr_bps, short.state.trigger) == (10_990, True)


def test_a_life_goes_on_from_what_the_chain_made(market):
    random, state = Random(9), STATE
    for place in range(12):
        period = Period(random.randrange(1_400_000 * PT), 90, (600_000 * PT, 120_000 * PT), final=place == 11)
        made = outcome_of(market.waterfall.run(*parts_of(state), period_of(period)), state)
        assert made == engine.run(state, period)
        state = made.state
    assert state.reserve == 0


def test_what_comes_late(market):
    random = Random(10)
    states = [FULL, NOTHING, replace(NOTHING, reserve=7)] + [some_state(random) for _ in range(LATE)]
    cases = [(state, some_period(random, state).collections) for state in states]
    asked = [(parts_of(state)[0], collections) for state, collections in cases]
    answers = ask_each(market.waterfall, "late", PoolOutcome, asked)
    for (state, collections), answer in zip(cases, answers, strict=True):
        assert chain_says(answer, state, late=True) == engine.late(state, collections)


def test_coverage(market):
    random = Random(11)
    cases = [(0, 0), (1, 0), (MOST_UPT, 1), (0, 1)]
    cases += [(random.randrange(10**14), random.randrange(10**12)) for _ in range(200)]
    answers = ask_each(market.waterfall, "coverage", int, cases)
    assert answers == [dscr_bps(net, service) for net, service in cases]


def test_a_period_has_at_most_366_days(market):
    assert market.waterfall.most_days() == 366
    state, rates = parts_of(STATE)
    with refused(reverts.OutOfBounds, value=367, most=366):
        market.waterfall.run(state, rates, period_of(QUARTER)._replace(length=367))


@pytest.mark.parametrize("name", ["senior_bps", "mezz_bps", "tax_bps", "servicer_bps"])
def test_shares_and_rates_are_at_most_the_whole(market, name):
    state, rates = parts_of(STATE)
    market.waterfall.run(state, rates._replace(**{name: 10_000}), period_of(QUARTER))
    with refused(reverts.OutOfBounds, value=10_001, most=10_000):
        market.waterfall.run(state, rates._replace(**{name: 10_001}), period_of(QUARTER))


def test_arrears_do_not_outgrow_what_a_pool_can_owe(market):
    state, rates = parts_of(replace(FULL, trustee=0, tax_bps=0, servicer_bps=0, reserve=0, mezz=0, mezz_arrears=0))
    due = MOST_UPT + MOST_UPT * 10_000 * 366 // 3_650_000
    with refused(reverts.OutOfBounds, value=due, most=MOST_UPT):
        market.waterfall.run(state, rates, period_of(Period(0, 366, (0, 0))))
