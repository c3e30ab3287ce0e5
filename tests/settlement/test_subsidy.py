"""What plants are paid of a subsidy, in plain Python."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.settlement.losses import Counted
from wattbook.settlement.subsidy import (
    Claim,
    ClaimRefusal,
    Hold,
    Payment,
    Pot,
    hold,
    kept,
    owed_after,
    pay,
    returned,
)

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
    assert Counted(0, 40_000, 0, 57_000).behind_feeder(300) == 100_000
    assert Counted(0, 40_000, 50_000, 0).behind_feeder(300) == 0


class TestHold:
    """100 kWh made, 3 % lost, 40 used in the zone, 57 given to the grid."""

    good = Counted(100_000, 40_000, 0, 57_000)

    def test_not_when_the_meters_agree(self):
        assert hold(POT, self.good, 300, 100_000, measured=True) is None

    def test_when_nobody_has_seen(self):
        assert hold(POT, self.good, 300, 0, measured=False) is Hold.UNMEASURED

    @pytest.mark.parametrize(("claimed", "held"), [(102_000, None), (102_001, Hold.CLAIMS)])
    def test_when_more_is_claimed_than_was_seen(self, claimed, held):
        assert hold(POT, self.good, 300, claimed, measured=True) is held

    @pytest.mark.parametrize(("exported", "held"), [(55_000, None), (54_999, Hold.LOSSES), (59_001, Hold.LOSSES)])
    def test_when_more_or_less_is_lost_than_declared(self, exported, held):
        """2 % of what was injected are 2 kWh."""
        assert hold(POT, replace(self.good, exported=exported), 300, 50_000, measured=True) is held


def test_what_was_paid_too_much_is_kept_from_what_comes_next():
    assert owed_after(3_000_000, 60_000, 45_000) == 750_000
    assert kept([500_000, 500_000, 0], [750_000, 250_000, 1]) == [500_000, 250_000, 0]


def test_of_a_share_that_was_rounded_no_less_than_a_whole_unit_is_owed():
    assert owed_after(1, 3, 2) == 1


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=8), st.data())
def test_what_is_left_goes_back_to_the_last_unit(fundings, data):
    paid = data.draw(st.integers(0, sum(fundings)))
    parts = returned(fundings, paid)
    assert sum(parts) == sum(fundings) - paid
    assert all(0 <= part <= gift for part, gift in zip(parts, fundings, strict=True))
