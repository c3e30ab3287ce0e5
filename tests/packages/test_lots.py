"""How lots are drawn: first in first out, a bonus last, dust returned, the rest owed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.packages.fields import PackageError
from wattbook.packages.lots import (
    FORBEARANCE_SECONDS,
    GRACE_SECONDS,
    Lot,
    draw,
    is_suspended,
    may_be_ended,
    units_between,
)

LOTS = st.lists(st.builds(Lot.bought, st.integers(1, 5_000), st.integers(1, 900), bonus=st.booleans()), max_size=6)


def test_a_lot_is_closed_by_its_last_unit_and_not_before():
    lot = Lot.bought(1_760 + 879, 880)
    assert draw([lot], 1, 968, 0).lots == (Lot(2_639, 1_759, 880),)
    last = draw([lot], 2, 968, 0)
    assert (last.lots, last.charged, last.dust, last.wallet) == ((), 1_760, 879, 879)


def test_one_unit_more_is_the_next_lot_s():
    lots = [Lot.bought(1_760, 880), Lot.bought(1_660, 830)]
    assert draw(lots, 2, 968, 0).lots == (Lot.bought(1_660, 830),)
    third = draw(lots, 3, 968, 0)
    assert (third.lots, third.used, third.charged) == ((Lot(1_660, 830, 830),), ((2, 880), (1, 830)), 2_590)


def test_one_unit_beyond_all_is_owed():
    paid = draw([Lot.bought(880, 880)], 2, 968, 967)
    assert (paid.arrears_units, paid.arrears, paid.paid_from_wallet, paid.debt, paid.wallet) == (1, 968, 967, 1, 0)
    assert draw([Lot.bought(880, 880)], 2, 968, 968).debt == 0


def test_a_bonus_is_drawn_last_and_charges_nobody():
    bonus, later = Lot.bought(1_000, 880, bonus=True), Lot.bought(880, 880)
    first = draw([bonus, later], 1, 968, 0)
    assert (first.lots, first.charged, first.bonus) == ((bonus,), 880, 0)
    second = draw(first.lots, 1, 968, 0)
    # What it has left buys no unit, and is nobody's.
    assert (second.lots, second.charged, second.bonus, second.dust, second.wallet) == ((), 0, 880, 0, 0)
    assert second.used == ()


def test_nothing_delivered_changes_nothing():
    lots = (Lot.bought(1, 880), Lot.bought(880, 880))
    found = draw(lots, 0, 968, 5)
    assert (found.lots, found.charged, found.dust, found.wallet) == (lots, 0, 0, 5)


def test_units_cannot_be_given_back():
    with pytest.raises(PackageError, match="units must be a whole number from 0 to"):
        draw([], -1, 968, 0)


@given(LOTS, st.integers(0, 40), st.integers(1, 1_000), st.integers(0, 5_000))
def test_every_unit_and_every_upt_is_somewhere(lots, units, postpaid, wallet):
    found = draw(lots, units, postpaid, wallet)
    before, after = (sum(lot.left for lot in some if not lot.bonus) for some in (lots, found.lots))
    assert before == found.charged + found.dust + after
    assert wallet + found.dust == found.wallet + found.paid_from_wallet
    assert found.arrears == found.paid_from_wallet + found.debt == found.arrears_units * postpaid
    assert found.charged == sum(count * price for count, price in found.used)
    given = sum(lot.units for lot in lots) - sum(lot.units for lot in found.lots)
    assert units == given + found.arrears_units
    assert not (found.lots and found.arrears_units) and not (found.debt and found.wallet)
    assert all(count for count, _ in found.used)
    virtual = sum(lot.left for lot in lots if lot.bonus) - sum(lot.left for lot in found.lots if lot.bonus)
    # What a bonus has left that buys no unit lapses.
    assert 0 <= virtual - found.bonus <= sum(lot.price - 1 for lot in lots if lot.bonus)


def test_parts_of_a_unit_are_carried_on():
    assert [units_between(wh, wh + 26, 52) for wh in (0, 26, 52, 78)] == [0, 1, 0, 1]
    assert units_between(0, 51, 52) == 0 and units_between(0, 52, 52) == 1


def test_a_counter_cannot_fall():
    with pytest.raises(PackageError, match="a counter cannot fall from 53 to 52 Wh"):
        units_between(53, 52, 52)


def test_supply_is_suspended_after_three_days_to_the_second():
    assert GRACE_SECONDS == 259_200
    assert not is_suspended(1_000, 1_000 + 259_199)
    assert is_suspended(1_000, 1_000 + 259_200)


def test_anyone_may_end_it_thirty_days_after_that_to_the_second():
    assert FORBEARANCE_SECONDS == 2_592_000
    assert not may_be_ended(1_000, 1_000 + 259_200 + 2_591_999)
    assert may_be_ended(1_000, 1_000 + 259_200 + 2_592_000)
