"""Area: fees by season and term, and what of them is earned when."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.months import month_at, start_of
from wattbook.packages.area import MOST_CENTI_M2, Area, AreaTerm
from wattbook.packages.fields import PackageError

BY_TERM = {1: 0, 3: 400, 12: 1_000}
COOLING = Area(40_000, (0, 0, 0, 0, 500, 2_000, 2_750, 2_750, 1_500, 500, 0, 0), BY_TERM)
HEATING = Area(45_000, (2_500, 2_500, 1_250, 0, 0, 0, 0, 0, 0, 0, 1_250, 2_500), BY_TERM)
# Prices and weights that divide nothing evenly.
ODD = Area(39_997, (833, 1, 834, 833, 0, 833, 2_499, 833, 834, 833, 833, 834), {1: 0, 3: 399, 12: 999})
AREAS = st.integers(100, 10**7)
TERMS = st.sampled_from((1, 3, 12))
FIRSTS = st.integers(670, 700)


def test_the_areas_are_those_of_the_tariff(tariff):
    assert (tariff.seasonal["cooling"].area, tariff.seasonal["heating"].area) == (COOLING, HEATING)


def test_a_year_is_the_same_whenever_it_begins():
    assert {COOLING.fee(120_000, first, 12) for first in range(660, 690)} == {43_200_000_000}


def test_a_term_goes_on_into_the_next_year():
    november = month_at(1_700_000_000)
    assert november % 12 == 10
    assert HEATING.weight(november, 3) == 1_250 + 2_500 + 2_500
    assert HEATING.fee(85_050, november, 3) == 22_963_500_000


def test_the_bundle_comes_off_after_the_term_each_rounded_down():
    # 101 * 39,997 * 833 / 1,000 = 3,365,067.601; then 1 % off.
    assert ODD.fee(101, 0, 1) == 3_365_067
    assert ODD.fee(101, 0, 1, 100) == 3_331_416


@given(AREAS, FIRSTS)
def test_a_longer_term_costs_less_than_its_parts(centi_m2, first):
    months = sum(COOLING.fee(centi_m2, month, 1) for month in range(first, first + 12))
    quarters = sum(COOLING.fee(centi_m2, month, 3) for month in range(first, first + 12, 3))
    assert COOLING.fee(centi_m2, first, 12) < quarters < months == COOLING.singly(centi_m2, first, 12)


def test_at_least_one_m2():
    assert AreaTerm.bought(COOLING, 100, 6, 1).fee == 11_000_000
    for centi_m2 in (99, 0, -100, MOST_CENTI_M2 + 1):
        with pytest.raises(PackageError, match=f"an area in hundredths of m2 must be .* not {centi_m2}"):
            AreaTerm.bought(COOLING, centi_m2, 6, 1)


def test_months_that_cost_nothing_are_not_sold():
    with pytest.raises(PackageError, match="the term from month 7 to 7 costs nothing"):
        AreaTerm.bought(HEATING, 100, 6, 1)
    with pytest.raises(PackageError, match="the term from month 4 to 6 costs nothing"):
        AreaTerm.bought(HEATING, 10**6, 12 * 56 + 3, 3)
    # One of three has a weight.
    assert AreaTerm.bought(HEATING, 100, 12 * 56 + 8, 3).fee == 5_400_000


def test_what_is_earned_follows_the_season():
    """The example of the docs: 1,200 m2 for the year, cooled from May to October."""
    term = AreaTerm.bought(COOLING, 120_000, 12 * 56, 12)
    millions = [term.earned(months) // 10**6 for months in range(13)]
    assert millions == [0, 0, 0, 0, 0, 2_160, 10_800, 22_680, 34_560, 41_040, 43_200, 43_200, 43_200]


@given(AREAS, FIRSTS, TERMS)
def test_earning_ends_with_the_fee(centi_m2, first, months):
    term = AreaTerm.bought(ODD, centi_m2, first, months) if ODD.weight(first, months) else None
    if term:
        earned = [term.earned(ended) for ended in range(months + 1)]
        assert earned[0] == 0 and earned[-1] == term.paid == term.fee
        assert earned == sorted(earned)


@given(AREAS, FIRSTS, st.sampled_from((3, 12)), st.lists(st.integers(0, 12), max_size=3))
def test_partners_that_end_raise_only_what_has_not_begun(centi_m2, first, months, ends):
    term = AreaTerm.bought(ODD, centi_m2, first, months, 300)
    bundle = [200, 100, 0]
    for started, bundle_bps in zip(sorted(min(end, months) for end in ends), bundle, strict=False):
        after = term.rebundled(started, bundle_bps)
        assert after.paid >= term.paid and after.bundle_bps == bundle_bps
        for ended in range(months + 1):
            change = after.earned(ended) - term.earned(ended)
            assert change == 0 if ended <= started else change >= 0
        assert after.earned(months) == after.paid
        # What it adds is the discount on the months that have not begun, give or take what is rounded.
        off = Fraction(ODD.fee(centi_m2, first, months) * (term.bundle_bps - bundle_bps), 10_000)
        off *= Fraction(ODD.weight(first + started, months - started), ODD.weight(first, months))
        assert abs(after.paid - term.paid - off) < 3
        term = after


def test_a_partner_that_ends_at_once_or_at_the_end():
    """The example of the docs: 850.5 m2 heated for a year in a bundle of three, of which one ends."""
    term = AreaTerm.bought(HEATING, 85_050, 12 * 56, 12, 200)
    assert term.fee == 33_756_345_000
    assert term.rebundled(0, 100).paid == HEATING.fee(85_050, 12 * 56, 12, 100) == 34_100_797_500
    assert term.rebundled(2, 100).paid == 33_756_345_000 + 172_226_250
    assert term.rebundled(12, 100).paid == term.paid
    # From April to October nothing is due, so that in March the partner costs what he costs in October.
    assert term.rebundled(3, 100).paid == term.rebundled(10, 100).paid


def test_what_a_customer_does_not_have_is_waived():
    term = AreaTerm.bought(HEATING, 85_050, 12 * 56, 12, 200)
    assert term.rebundled(2, 100, 172_226_250) == term.rebundled(2, 100, 10**12) == term.rebundled(2, 100)
    part = term.rebundled(2, 100, 172_226_249)
    assert (part.paid, part.earned(12), part.bundle_bps) == (term.paid + 172_226_249, part.paid, 100)
    assert term.rebundled(2, 100, 0).paid == term.paid


def test_calendar_months_of_a_term():
    term = AreaTerm.bought(HEATING, 100, month_at(1_707_000_000), 3)
    assert start_of(term.first) == 1_706_745_600
    assert HEATING.weight(term.first, 3) == 3_750
