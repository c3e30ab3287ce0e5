"""Whom an owner may award, and what is paid for a supply, beside the vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.tender.awards import Award, AwardError, Quote, check, margin
from wattbook.tender.supply import Status, Terms, executed, least, most

QUOTE = Quote(0, 80_000, 520)


@pytest.mark.parametrize(
    "offered, reserve, awards, name",
    [
        (100_000, 521, [Award(QUOTE, 1)], "BelowReserve"),
        (100_000, 520, [Award(QUOTE, 80_001)], "AboveQuote"),
        (79_999, 520, [Award(QUOTE, 80_000)], "OverAward"),
        (100_000, 520, [Award(QUOTE, 80_000), Award(Quote(1, 20_001, 520), 20_001)], "OverAward"),
        # What is wrong with one comes before what is wrong with all.
        (1, 520, [Award(QUOTE, 80_000), Award(Quote(1, 5, 519), 5)], "BelowReserve"),
    ],
)
def test_refused(offered, reserve, awards, name):
    with pytest.raises(AwardError) as error:
        check(offered, reserve, awards)
    assert error.value.name == name


def test_up_to_the_unit():
    check(80_000, 520, [Award(QUOTE, 80_000)])
    check(100_000, 520, [Award(QUOTE, 80_000), Award(Quote(1, 20_000, 520), 20_000)])


def test_margins_are_rounded_down():
    assert (margin(33_337, 437, 2000), margin(1, 1, 9_999), margin(1, 1, 10_000)) == (2_913_653, 0, 1)


@pytest.mark.parametrize(
    "wh, tolerance, low, high", [(100, 300, 97, 103), (101, 300, 98, 104), (101, 0, 101, 101), (7, 10_000, 0, 14)]
)
def test_the_band(wh, tolerance, low, high):
    assert (least(wh, tolerance), most(wh, tolerance)) == (low, high)


bps = st.integers(0, 10_000)
terms = st.builds(Terms, bps, bps, bps, bps, bps)
some_wh = st.integers(0, 2**20)


@given(
    wh=st.integers(1, 2**20),
    price=st.integers(0, 2**16 - 1),
    delivered=some_wh,
    available=some_wh,
    funds=st.none() | st.integers(0, 2**40),
    its=terms,
    funded=st.booleans(),
    spared=st.booleans(),
)
def test_nothing_is_lost_whatever_happens(wh, price, delivered, available, funds, its, funded, spared):
    escrow = most(wh, its.tolerance) * price if funded else 0
    result = executed(wh, price, delivered, available, funds, its, escrow=escrow, force_majeure=spared)
    owed = result.due + result.user_penalty
    assert result.paid + result.unpaid == owed
    assert result.owner_fault + result.user_fault == result.short == max(0, result.least - delivered)
    assert result.billed + result.excess == delivered
    assert result.owner_penalty <= margin(wh, price, its.owner_margin)
    assert result.from_margin <= margin(wh, price, its.user_margin)
    assert result.status is (Status.DEFAULTED if result.unpaid else Status.SETTLED)
    if funds is not None:
        assert result.from_funds <= funds
    # What was set aside as price pays all that is delivered.
    if funded:
        assert result.from_escrow >= result.due
    if spared:
        assert result.owner_penalty == result.user_penalty == 0
    if delivered >= result.least:
        assert result.owner_penalty == result.user_penalty == 0
