"""What comes back, on both sides of every second, month and step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.packages.area import Area, AreaTerm
from wattbook.packages.cancelling import (
    AreaEnding,
    LotsEnding,
    end_area,
    end_area_free,
    end_lots,
    is_cooling_off,
    is_gone,
    is_in_default,
    unread_month,
)
from wattbook.packages.fields import PackageError
from wattbook.packages.flow import Flow, FlowTerm
from wattbook.packages.lots import Lot
from wattbook.packages.steps import Mode, Steps

from .test_area import BY_TERM, COOLING, HEATING, ODD
from .test_steps import BLOCKS, ELECTRICITY

PAID = 10_000 * 10**6
DAY = 86_400


def part_used(units, price=830, paid=PAID):
    return Lot(paid, paid - units * price, price)


def test_cooling_off_ends_with_its_last_second(tariff):
    assert tariff.cooling_off_seconds == DAY
    assert is_cooling_off(DAY - 1, DAY)
    assert not is_cooling_off(DAY, DAY)


@pytest.mark.parametrize("done", ["used", "begun"])
def test_what_was_used_or_has_begun_does_not_cool_off(done):
    assert not is_cooling_off(0, DAY, **{done: True})


def test_cooling_off_gives_all_back():
    assert end_lots([part_used(0)], ELECTRICITY, 200, free=True) == LotsEnding(PAID, 0, 0)
    assert end_lots([part_used(0)], ELECTRICITY, 200) == LotsEnding(PAID - 200_000_000, 0, 200_000_000)


@pytest.mark.parametrize(
    ("units", "price_then"),
    [
        # 1,000 PT of the money were used, or one unit less.
        (1_204_819, 880),
        (1_204_820, 860),
        (12_048_192, 860),
    ],
)
def test_the_step_that_the_money_used_reached(units, price_then):
    lot = part_used(units)
    due = units * (price_then - 830)
    assert end_lots([lot], ELECTRICITY, 0).clawback == min(due, lot.left)


def test_never_more_than_there_is():
    """Nearly all was used, and the lower step would have cost more than what is left."""
    assert end_lots([part_used(12_000_000)], ELECTRICITY, 200) == LotsEnding(0, 40_000_000, 0)


def test_block_by_block_nothing_is_clawed_back():
    lot = part_used(2_000_000)
    assert end_lots([lot], BLOCKS, 200) == LotsEnding(8_173_200_000, 0, 166_800_000)


def test_flow_is_rated_at_the_price_of_a_month():
    term = FlowTerm(Flow(420, {1: 0, 3: 300, 12: 800}), 12)
    lot = Lot(PAID, PAID - 1_000_000 * 386, 386)
    assert end_lots([lot], term, 200) == LotsEnding(9_388_400_000, 34_000_000, 191_600_000)
    # After the term it has the price of a month already.
    assert end_lots(term.after_term([lot]), term, 200).clawback == 0


def test_the_fee_is_taken_once_on_all_lots_and_rounded_up():
    lots, steps = [Lot.bought(49, 7), Lot.bought(1, 7)], Steps(((0, 7),), 7)
    assert end_lots(lots, steps, 200) == LotsEnding(49, 0, 1)
    assert end_lots(lots[:1], steps, 200) == LotsEnding(48, 0, 1)
    assert end_lots([*lots, Lot.bought(1, 7)], steps, 200) == LotsEnding(49, 0, 2)


def test_a_bonus_is_worth_nothing():
    bonus = Lot(300_000_000, 200_000_000, 830, bonus=True)
    for free in (False, True):
        assert end_lots([part_used(0), bonus], ELECTRICITY, 200, free=free) == end_lots(
            [part_used(0)], ELECTRICITY, 200, free=free
        )


def test_a_provider_s_default_costs_the_customer_nothing():
    assert end_lots([part_used(2_000_000)], ELECTRICITY, 200, free=True) == LotsEnding(8_340_000_000, 0, 0)


@pytest.mark.parametrize(
    ("read", "drawn", "charged"),
    [(0, [], 0), (70, [], 70), (0, [100, 51], 75), (74, [100, 51], 75), (76, [100, 51], 76), (5, [0, 0, 1], 5)],
)
def test_who_lets_his_meter_be_silent_pays_what_he_usually_takes(read, drawn, charged):
    assert unread_month(read, drawn) == charged


@given(st.integers(1, 10**12), st.integers(0, 10**10), st.integers(0, 10_000), st.sampled_from(list(Mode)))
def test_lots_come_apart_to_the_upt(paid, units, fee_bps, mode):
    steps = Steps(ELECTRICITY.steps, 968, mode=mode)
    for lot in steps.lots(paid):
        rest = Lot(lot.paid, lot.paid - min(units, lot.units) * lot.price, lot.price)
        ending = end_lots([rest], steps, fee_bps)
        assert ending.refund + ending.clawback + ending.fee == rest.left
        assert min(ending.refund, ending.clawback, ending.fee) >= 0


# ---------------------------------------------------------------------------------------------------------------- area


@pytest.mark.parametrize(("started", "used"), [(4, 0), (5, 2_400), (6, 12_000), (7, 25_200), (8, 38_400)])
def test_a_month_that_has_begun_is_charged_singly(started, used):
    term = AreaTerm.bought(COOLING, 120_000, 12 * 56, 12)
    rest = 43_200_000_000 - used * 10**6
    assert end_area(term, started, 200) == AreaEnding(43_200_000_000, used * 10**6, rest // 50, rest - rest // 50)


def test_singly_may_be_more_than_was_paid():
    term = AreaTerm.bought(COOLING, 120_000, 12 * 56, 12)
    assert end_area(term, 10, 200) == AreaEnding(43_200_000_000, 48_000_000_000, 0, 0)


def test_a_bundle_s_discount_is_not_kept_either():
    term = AreaTerm.bought(HEATING, 85_050, 12 * 56 + 10, 3, 300)
    assert end_area(term, 1, 0).used == 4_784_062_500


def test_what_was_added_comes_back_too():
    term = AreaTerm.bought(HEATING, 85_050, 12 * 56, 12, 200).rebundled(2, 100)
    assert end_area(term, 2, 0).refund == 33_756_345_000 + 172_226_250 - 2 * 9_568_125_000


def test_never_less_than_was_earned():
    """Months are rounded down one by one, the term as a whole: by single months less would be due than was earned."""
    tiny = Area(1, (834, 834, 834, 834, 833, 833, 833, 833, 833, 833, 833, 833), {1: 0, 3: 0, 12: 0})
    term = AreaTerm.bought(tiny, 101, 0, 3)
    assert (term.fee, term.earned(2), term.singly(2)) == (252, 168, 168)
    assert (term.earned(3), term.singly(3)) == (252, 252)
    term = AreaTerm.bought(tiny, 119, 0, 3)
    assert (term.fee, term.earned(2), term.singly(2)) == (297, 198, 198)
    lowest = [AreaTerm.bought(tiny, area, 0, 12) for area in range(100, 300)]
    assert any(term.earned(11) > term.singly(11) for term in lowest)
    assert all(end_area(term, 11, 0).used == max(term.earned(11), term.singly(11)) for term in lowest)


def test_free_of_charge_what_is_earned_stays_with_the_provider():
    term = AreaTerm.bought(COOLING, 120_000, 12 * 56, 12)
    assert end_area_free(term, 0) == AreaEnding(43_200_000_000, 0, 0, 43_200_000_000)
    assert end_area_free(term, 6) == AreaEnding(43_200_000_000, 10_800_000_000, 0, 32_400_000_000)
    assert end_area_free(term, 12).refund == 0


@given(st.integers(100, 10**7), st.integers(670, 700), st.sampled_from((3, 12)), st.data())
def test_areas_come_apart_to_the_upt(centi_m2, first, months, data):
    term = AreaTerm.bought(ODD, centi_m2, first, months)
    started = data.draw(st.integers(0, months))
    ending = end_area(term, started, data.draw(st.integers(0, 10_000)))
    assert ending.refund + ending.fee + min(ending.used, ending.paid) == ending.paid == term.paid
    assert ending.refund >= 0 and ending.fee >= 0
    # The provider keeps at least what he has had.
    assert ending.refund <= term.paid - term.earned(started)
    free = end_area_free(term, started)
    assert free.refund == term.paid - term.earned(started) >= ending.refund


# ------------------------------------------------------------------------------------------------------------ provider


@pytest.mark.parametrize(
    ("supplied", "days", "default"), [(27, 30, False), (26, 30, True), (27, 31, True), (28, 31, False)]
)
def test_nine_of_ten_days_are_enough(supplied, days, default):
    assert is_in_default(supplied, days) == default


@pytest.mark.parametrize(("days", "least"), [(28, 26), (29, 27)])
def test_a_leap_day_counts(days, least):
    assert not is_in_default(least, days) and is_in_default(least - 1, days)


def test_more_days_than_there_were():
    with pytest.raises(PackageError, match="supplied days must be a whole number from 0 to 30, not 31"):
        is_in_default(31, 30)


def test_gone_after_two_weeks_to_the_second():
    assert not is_gone(5, 5 + 14 * DAY - 1)
    assert is_gone(5, 5 + 14 * DAY)


def test_all_discounts_are_those_of_the_tariff(tariff):
    assert tariff.seasonal["heating"].area.discounts == BY_TERM
