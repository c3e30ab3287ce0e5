"""What plants are paid of a subsidy, in plain Python."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.settlement.subsidy import Claim, ClaimRefusal, Payment, Pot, behind_feeder, pay

WH = st.integers(0, 10**6)
POT = Pot(budget=10**9, rate=50, tolerance_bps=200)
GOOD = Claim("pv", 60_000, 90_000, final=True, already_paid=False)


def test_a_good_claim_is_paid_by_the_kwh():
    assert pay(POT, 60_000, [GOOD]) == Payment(False, {}, {"pv": 3_000_000})


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"final": False, "already_paid": True, "wh": 90_001}, ClaimRefusal.NOT_FINAL),
        ({"already_paid": True, "wh": 90_001}, ClaimRefusal.ALREADY_PAID),
        ({"wh": 90_001}, ClaimRefusal.OVER_CAPACITY),
        ({"wh": 90_000}, None),
    ],
)
def test_the_first_reason_counts(changes, refusal):
    assert replace(GOOD, **changes).refusal is refusal


def test_held_from_the_first_wh_above_the_tolerance():
    """102 % of 100 kWh."""
    for wh, held in ((102_000, False), (102_001, True)):
        found = pay(POT, 100_000, [replace(GOOD, wh=wh, capacity_wh=wh)])
        assert found.held == held
        assert found.pay == {"pv": 0 if held else wh * 50}


def test_what_is_refused_does_not_hold_the_zone():
    false = replace(GOOD, device="false", wh=10**9)
    assert pay(POT, 60_000, [GOOD, false]) == Payment(False, {"false": ClaimRefusal.OVER_CAPACITY}, {"pv": 3_000_000})


@given(
    st.integers(0, 10**9),
    st.integers(0, 500),
    st.lists(st.builds(Claim, st.uuids().map(str), WH, WH, st.booleans(), st.booleans()), max_size=8),
)
def test_a_pot_is_never_overrun(budget, rate, claims):
    found = pay(Pot(budget, rate, 200), 10**9, claims)
    asked = {claim.device: claim.wh * rate for claim in claims if claim.refusal is None}
    assert found.spent == min(budget, sum(asked.values()))
    assert found.pay.keys() == asked.keys()
    assert all(found.pay[device] <= asked[device] for device in asked)
    if sum(asked.values()) > budget:
        for device, amount in asked.items():
            assert abs(found.pay[device] - Fraction(amount * budget, sum(asked.values()))) < 1


def test_own_consumption_is_seen_behind_the_feeder():
    """100 kWh made, 3 % lost, 40 used in the zone: the feeder sees 57."""
    assert behind_feeder(57_000, 0, 40_000, 300) == 100_000
    assert behind_feeder(0, 50_000, 40_000, 300) == 0
