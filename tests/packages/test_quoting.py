"""Quotes are what the year then costs, cheapest first, with nothing left out."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.packages.fields import PackageError
from wattbook.packages.flow import Flow, FlowTerm
from wattbook.packages.lots import bonus_lots
from wattbook.packages.park import MOST_UNITS, Customer, huadian
from wattbook.packages.prepaid import Prepaid
from wattbook.packages.quoting import Basis, Option, payment_for, quote

from .test_steps import BLOCKS, ELECTRICITY

FLOW = FlowTerm(Flow(421, {1: 0, 3: 300, 12: 800}), 3)
PRICINGS = st.sampled_from([ELECTRICITY, BLOCKS, FLOW])


def customer(centi_m2=0, **year):
    return Customer("a shop", centi_m2, year)


def bought(pricing, amount, bundle_bps):
    return sum(lot.units for lot in pricing.lots(amount) + bonus_lots(pricing, amount, bundle_bps))


@given(PRICINGS, st.one_of(st.integers(1, 5), st.integers(1, 10**9)), st.sampled_from([0, 100, 300]))
def test_the_smallest_payment_that_is_enough(pricing, units, bundle_bps):
    amount = payment_for(pricing, units, bundle_bps)
    assert bought(pricing, amount, bundle_bps) >= units
    assert amount == 1 or bought(pricing, amount - 1, bundle_bps) < units


@pytest.mark.parametrize(
    ("units", "amount"),
    [
        # The last below 1,000 PT; then 1,000 PT are enough for 26,426 units more.
        (1_136_363, 999_999_440),
        (1_136_364, 1_000_000_000),
        (1_162_790, 1_000_000_000),
        (1_162_791, 1_000_000_260),
    ],
)
def test_near_a_step_the_step_is_paid(units, amount):
    assert payment_for(ELECTRICITY, units) == amount


def test_a_year_at_once_is_one_payment(tariff):
    found = quote(tariff, customer(electricity=12_000_000)).options["electricity"]
    # 12,000 kWh: at once they reach 10,000 PT, which leave 40 PT; 3,000 and 1,000 kWh cost 860 and 880.
    assert found == [
        Option("electricity", Basis.PREPAID, 12, 9_960_000_000, 40_000_000),
        Option("electricity", Basis.PREPAID, 3, 10_320_000_000),
        Option("electricity", Basis.PREPAID, 1, 10_560_000_000),
    ]


def test_area_or_flow(tariff):
    """1,200 m2 that take 100 MWh of cold a year pay less by flow; with 112 MWh they pay less by area."""
    found = quote(tariff, customer(120_000, cooling=100_000_000)).options["cooling"]
    assert [(one.basis.value, one.months, one.cost) for one in found] == [
        ("flow", 12, 38_600_000_000),
        ("flow", 3, 40_700_000_000),
        ("flow", 1, 42_000_000_000),
        ("area", 12, 43_200_000_000),
        ("area", 3, 46_080_000_000),
        ("area", 1, 48_000_000_000),
    ]
    more = quote(tariff, customer(120_000, cooling=112_000_000)).options["cooling"]
    assert [(one.basis.value, one.months) for one in more[:2]] == [("area", 12), ("flow", 12)]


def test_one_carrier_makes_no_bundle(tariff):
    assert quote(tariff, customer(electricity=1)).plans == []


def test_every_bundle_and_each_on_its_own(tariff):
    hotel = huadian().building("Hotel")
    plans = quote(tariff, hotel).plans
    carriers = list(hotel.year)
    bundles = [(), *(bundle for size in (2, 3, 4) for bundle in combinations(carriers, size))]
    assert sorted((plan.bundle, plan.months) for plan in plans) == sorted(
        (bundle, months) for bundle in bundles for months in (1, 3, 12)
    )
    assert plans == sorted(plans, key=lambda plan: plan.cost)
    assert all([one.carrier for one in plan.options] == carriers for plan in plans)
    assert plans[0].bundle == tuple(carriers) and plans[0].months == 12
    assert (plans[-1].bundle, plans[-1].months) == ((), 1)


def test_a_bundle_takes_off_areas_and_adds_to_payments(tariff):
    plans = quote(tariff, customer(120_000, electricity=12_000_000, cooling=130_000_000)).plans
    both = next(plan for plan in plans if plan.bundle and plan.months == 12)
    electricity, cooling = both.options
    assert (cooling.basis, cooling.cost) == (Basis.AREA, 43_200_000_000 * 99 // 100)
    # 10,000 PT with 100 PT on top give 12,168,674 units, of which the bonus is drawn last.
    assert (electricity.cost, electricity.left) == (9_960_000_000, 40_000_000)


def test_a_bonus_is_used_when_there_is_nothing_else(tariff):
    used = customer(electricity=100_000_000, hotwater=1_000_000)
    both = next(plan for plan in quote(tariff, used).plans if plan.bundle and plan.months == 12)
    electricity = both.options[0]
    # 79,207.92 PT and 792.08 PT on top are 100 MWh at 800.
    assert electricity == Option("electricity", Basis.PREPAID, 12, 79_207_920_800)


def test_what_a_term_of_flow_leaves_has_the_price_of_a_month(tariff):
    """100 Wh a quarter cost 40,700 uPT, with 407 on top: a unit, but none any more at 420 in the next quarter."""
    plans = quote(tariff, customer(100, electricity=1, cooling=400)).plans
    both = next(plan for plan in plans if plan.bundle and plan.months == 3)
    assert both.options[1] == Option("cooling", Basis.FLOW, 3, 4 * 40_700)


@pytest.mark.parametrize("months", [1, 3, 12])
@given(units=st.integers(1, 10**10), pricing=PRICINGS, bundle_bps=st.sampled_from([0, 300]))
def test_no_unit_is_owed(months, units, pricing, bundle_bps):
    """Whoever pays what a quote reckons with never comes into arrears."""
    supply = Prepaid(pricing)
    for place in range(months):
        part = units * (place + 1) // months - units * place // months
        missing = part - supply.units
        if missing > 0:
            amount = payment_for(pricing, missing, bundle_bps)
            supply = supply.top_up(amount).pay(amount, bundle_bps)
        supply, taken = supply.draw(supply.drawn_wh + part)
        assert taken.arrears_units == 0


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (customer(electricity=0), "a year's electricity in Wh must be a whole number from 1 to 1099511627775, not 0"),
        (customer(hotwater=-1), "a year's hotwater in litres must be a whole number from 1 to 1099511627775, not -1"),
        (
            customer(electricity=MOST_UNITS + 1),
            "a year's electricity in Wh must be a whole number from 1 to 1099511627775, not 1099511627776",
        ),
        (customer(cooling=1), "an area in hundredths of m2 must be a whole number from 100 to 4294967295, not 0"),
        (customer(99, heating=1), "an area in hundredths of m2 must be a whole number from 100 to 4294967295, not 99"),
        (customer(17_041_668, cooling=1), "cooling: 16360001 W do not fit, 0 of 16360000 W are reserved"),
        (customer(gas=1), "the tariff has no gas; it has electricity, hotwater, cooling, heating"),
    ],
)
def test_what_cannot_be_quoted(tariff, asked, complaint):
    with pytest.raises(PackageError) as caught:
        quote(tariff, asked)
    assert str(caught.value) == complaint


def test_the_last_area_that_the_station_can_cool(tariff):
    assert quote(tariff, customer(17_041_667, cooling=1)).options["cooling"]
