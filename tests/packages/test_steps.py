"""What a payment buys, to the uPT on both sides of every step."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.packages.fields import PackageError
from wattbook.packages.lots import MOST_UPT, Lot, bonus_lots
from wattbook.packages.steps import Mode, Steps

ELECTRICITY = Steps(
    ((0, 880), (1_000 * 10**6, 860), (10_000 * 10**6, 830), (50_000 * 10**6, 800), (200_000 * 10**6, 780)), 968
)
BLOCKS = replace(ELECTRICITY, mode=Mode.INCREMENTAL)
PAIRS = list(zip(ELECTRICITY.steps, ELECTRICITY.steps[1:], strict=False))
AMOUNTS = st.integers(1, 300_000 * 10**6)


def test_the_steps_are_those_of_the_tariff(tariff):
    assert tariff.steps["electricity"] == ELECTRICITY
    water = tariff.steps["hotwater"]
    assert (water.wh_per_unit, water.postpaid, water.price(500 * 10**6)) == (52, 35_200, 30_500)


@pytest.mark.parametrize(("below", "step"), PAIRS)
def test_a_step_begins_at_its_amount(below, step):
    threshold, price = step
    assert ELECTRICITY.lots(threshold - 1) == (Lot(threshold - 1, threshold - 1, below[1]),)
    assert ELECTRICITY.lots(threshold) == (Lot(threshold, threshold, price),)


@pytest.mark.parametrize(("below", "step"), PAIRS)
def test_block_by_block_only_what_is_above_costs_less(below, step):
    (start, dear), (threshold, price) = below, step
    assert BLOCKS.lots(threshold)[-1] == Lot.bought(threshold - start, dear)
    assert BLOCKS.lots(threshold + 1)[-2:] == (Lot.bought(threshold - start, dear), Lot.bought(1, price))


@pytest.mark.parametrize("steps", [ELECTRICITY, BLOCKS])
@pytest.mark.parametrize("amount", [0, -1, MOST_UPT + 1, 1.5, True, "1"])
def test_what_is_no_payment(steps, amount):
    with pytest.raises(PackageError, match="amount must be a whole number from 1 to"):
        steps.lots(amount)


@given(AMOUNTS)
def test_blocks_are_the_payment_and_give_no_more(amount):
    blocks = BLOCKS.lots(amount)
    assert sum(lot.paid for lot in blocks) == amount
    assert [lot.price for lot in blocks] == [price for _, price in BLOCKS.steps[: len(blocks)]]
    [whole] = ELECTRICITY.lots(amount)
    assert sum(lot.units for lot in blocks) <= whole.units


@given(AMOUNTS, AMOUNTS)
def test_who_pays_more_gets_no_less(one, other):
    less, more = sorted((one, other))
    for steps in (ELECTRICITY, BLOCKS):
        assert sum(lot.units for lot in steps.lots(less)) <= sum(lot.units for lot in steps.lots(more))


def test_used_money_is_rated_by_the_step_that_it_reaches():
    spent = 10_000 * 10**6
    assert ELECTRICITY.rerated(Lot(2 * spent, spent, 780)) == 830
    assert ELECTRICITY.rerated(Lot(2 * spent, spent + 1, 780)) == 860
    assert BLOCKS.rerated(Lot(2 * spent, spent + 1, 780)) == 780


@pytest.mark.parametrize(("steps", "amount", "price"), [(ELECTRICITY, 10**9, 860), (BLOCKS, 10**9 + 1, 860)])
def test_a_bonus_has_the_price_that_the_payment_reached(steps, amount, price):
    assert bonus_lots(steps, amount, 300) == (Lot(30_000_000, 30_000_000, price, bonus=True),)


def test_a_bonus_is_rounded_down_and_may_be_nothing():
    assert bonus_lots(ELECTRICITY, 199, 100) == (Lot(1, 1, 880, bonus=True),)
    assert bonus_lots(ELECTRICITY, 99, 100) == ()
    assert bonus_lots(ELECTRICITY, 10**9, 0) == ()


def test_steps_know_no_term():
    lots = ELECTRICITY.lots(10**9)
    assert ELECTRICITY.after_term(lots) == lots
