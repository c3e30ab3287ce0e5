"""What the waterfall pays, beside the vectors: nothing is lost, nobody is paid before his turn."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.finance.pools import amounts, lives, periods, states
from wattbook.finance.refusals import FinanceError
from wattbook.finance.waterfall import Flow, Period, State, interest, late, run, shares, through

# Like the vectors', with round interest: 100 a period senior, 60 mezzanine.
STATE = State(10_000, 4_000, 0, 0, 500, 600, 3_650, 5_475, 0, 0, 0, 0)
PERIOD = Period(3_000, 10, (1_000, 500))


def flows(outcome):
    return {flow.name: flow.paid for flow in outcome.flows}


@given(states, periods())
def test_what_comes_in_goes_out_or_into_the_reserve(state, period):
    found = run(state, period)
    assert period.collections == found.outflows + found.state.reserve - state.reserve
    assert all(0 <= flow.paid <= flow.due for flow in found.flows)


@given(states, lives)
def test_so_it_is_after_every_period_of_a_life(state, life):
    """And what is owed at the end is what was owed and accrued, less what was paid."""
    reserve, principal, accrued = state.reserve, state.senior + state.mezz, state.senior_arrears + state.mezz_arrears
    before = state
    for period, found in zip(life, through(state, life), strict=True):
        assert period.collections == found.outflows + found.state.reserve - reserve
        accrued += interest(before.senior, before.senior_bps, period.days)
        accrued += interest(before.mezz, before.mezz_bps, period.days)
        accrued -= found.paid("seniorInterest") + found.paid("mezzInterest")
        principal -= found.paid("seniorPrincipal") + found.paid("mezzPrincipal")
        assert principal == found.state.senior + found.state.mezz
        assert accrued == found.state.senior_arrears + found.state.mezz_arrears
        assert found.state.trigger or not before.trigger
        before, reserve = found.state, found.state.reserve
    assert before.reserve == 0


@given(states, periods())
def test_nobody_is_paid_before_his_turn(state, period):
    found = run(state, period)
    after, paid = found.state, flows(found)
    # What is left for junior, or fills the reserve, is left by all others.
    if paid["junior"] or paid.get("reserveTopUp"):
        assert after.senior_arrears == after.mezz_arrears == 0
    if paid["junior"] and period.final:
        assert after.owed == 0
    if paid["junior"] and not period.final:
        assert after.reserve >= state.target
    # While the trigger stands mezzanine waits for all of senior.
    if after.trigger and (found.paid("mezzPrincipal") or paid.get("mezzInterest")):
        assert after.senior == 0 or period.final
    if after.trigger and paid["junior"]:
        assert after.owed == 0
    # Senior's principal is paid from collections after its interest.
    if paid.get("seniorPrincipal"):
        assert after.senior_arrears == 0
    # The reserve is drawn for what stands first only when nothing is left.
    if after.reserve < state.reserve and not period.final:
        assert paid["junior"] == 0 and "reserveTopUp" not in paid


@given(states, periods(False))
def test_what_a_period_lists(state, period):
    found = run(state, period)
    names = [flow.name for flow in found.flows]
    assert names[-1] == "junior" and len(set(names)) == len(names)
    assert all(flow.due > 0 for flow in found.flows[:-1])
    assert not any(name.endswith("FromReserve") for name in names)
    assert all(flow.paid > 0 for flow in found.flows if flow.name == "reserveTopUp")


@given(states, periods(False), st.integers(1, 10**12))
def test_more_collections_never_pay_less_and_never_cover_worse(state, period, more):
    one, other = run(state, period), run(state, replace(period, collections=period.collections + more))
    assert other.dscr_bps >= one.dscr_bps
    assert other.outflows + other.state.reserve == one.outflows + one.state.reserve + more
    assert other.state.owed <= one.state.owed or (one.state.trigger and not other.state.trigger)


def test_the_trigger_is_at_eleven_tenths_and_sticks():
    # Due are 160 of interest and 1,500 of principal: 1,826 are eleven tenths.
    at, below = (run(STATE, replace(PERIOD, collections=amount)) for amount in (1_826, 1_825))
    assert (at.dscr_bps, at.state.trigger, below.dscr_bps, below.state.trigger) == (11_000, False, 10_993, True)
    assert flows(at) == {
        "seniorInterest": 100,
        "mezzInterest": 60,
        "seniorPrincipal": 1_000,
        "mezzPrincipal": 500,
        "reserveTopUp": 100,
        "junior": 66,
    }
    assert flows(below) == {
        "seniorInterest": 100,
        "seniorPrincipal": 1_725,
        "mezzInterest": 0,
        "mezzPrincipal": 0,
        "junior": 0,
    }
    rich = replace(PERIOD, collections=5_000)
    assert flows(run(below.state, rich))["junior"] == 0
    assert flows(run(below.state.reset(), rich))["junior"] == 5_000 - 82 - 120 - 1_500 - 100


def test_turbo_pays_senior_then_mezzanine_then_the_reserve_then_junior():
    found = run(replace(STATE, trigger=True), replace(PERIOD, collections=14_300))
    assert found.flows == (
        Flow("seniorInterest", 100, 100),
        Flow("seniorPrincipal", 10_000, 10_000),
        Flow("mezzInterest", 60, 60),
        Flow("mezzPrincipal", 4_000, 4_000),
        Flow("reserveTopUp", 100, 100),
        Flow("junior", 40, 40),
    )


def test_the_reserve_is_drawn_for_the_trustee_and_senior_interest_alone():
    found = run(replace(STATE, trustee=450), replace(PERIOD, collections=0))
    assert flows(found)["trustee"] == 450 and flows(found)["seniorInterest"] == 50
    assert (found.state.reserve, found.state.senior_arrears, found.state.mezz_arrears) == (0, 50, 60)
    # Arrears bear no interest.
    assert run(found.state, replace(PERIOD, collections=0)).state.senior_arrears == 150


def test_an_unpaid_trustee_lapses():
    found = run(replace(STATE, trustee=700), replace(PERIOD, collections=0))
    assert flows(found)["trustee"] == 500
    assert run(replace(found.state, reserve=5_000), replace(PERIOD, collections=0)).flows[0] == Flow(
        "trustee", 700, 700
    )


def test_a_final_period_empties_the_reserve():
    """Interest first, then principal, senior before mezzanine; what is missing stays owed."""
    found = run(
        replace(STATE, senior=300, mezz=200, senior_bps=0, mezz_bps=0, mezz_arrears=40),
        replace(PERIOD, final=True, collections=250),
    )
    assert found.flows == (
        Flow("seniorPrincipal", 300, 250),
        Flow("mezzInterest", 40, 0),
        Flow("mezzPrincipal", 200, 0),
        Flow("mezzInterestFromReserve", 40, 40),
        Flow("seniorPrincipalFromReserve", 50, 50),
        Flow("mezzPrincipalFromReserve", 200, 200),
        Flow("junior", 210, 210),
    )
    assert (found.state.owed, found.state.reserve) == (0, 0)
    short = run(replace(STATE, reserve=0), replace(PERIOD, final=True, collections=0))
    assert short.state.owed == 14_160 and flows(short)["seniorPrincipalFromReserve"] == 0


@given(states, amounts)
@example(STATE, 14_001)
def test_late_collections_are_junior_s_when_nobody_else_is_owed(state, collections):
    found = late(state, collections)
    assert found.outflows == collections and found.state.owed == max(0, state.owed - collections)
    assert flows(found)["junior"] == max(0, collections - state.owed)
    if found.paid("mezzInterest") or found.paid("mezzPrincipal"):
        assert found.state.senior == found.state.senior_arrears == 0


@given(st.lists(st.integers(0, 10**12), max_size=12), st.integers(0, 10**12))
def test_holders_share_to_the_unit(balances, amount):
    parts = shares(balances, amount)
    total = sum(balances)
    assert sum(parts) == (amount if total else 0)
    for part, balance in zip(parts, balances, strict=True):
        assert abs(part * total - balance * amount) <= max(0, total - 1)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: replace(STATE, reserve=-1), "reserve must be a whole number from 0 to"),
        (lambda: replace(STATE, tax_bps=10_001), "tax_bps must be a whole number from 0 to 10000, not 10001"),
        (lambda: replace(STATE, senior=1.0), "senior must be a whole number from 0 to"),
        (lambda: replace(PERIOD, collections=-1), "collections must be a whole number from 0 to"),
        (lambda: replace(PERIOD, days=367), "days must be a whole number from 0 to 366, not 367"),
        (lambda: replace(PERIOD, scheduled=(0, -1)), "scheduled principal, mezzanine must be a whole number"),
        (lambda: late(STATE, -1), "collections must be a whole number from 0 to"),
        (lambda: shares([1, -1], 5), "balance must be a whole number from 0 to"),
        (lambda: shares([1], -5), "amount must be a whole number from 0 to"),
    ],
)
def test_what_no_pool_has(make, complaint):
    with pytest.raises(FinanceError, match=complaint) as error:
        make()
    assert error.value.name == "OutOfBounds"
