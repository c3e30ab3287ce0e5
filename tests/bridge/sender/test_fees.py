"""A raised fee is always one that geth takes as a replacement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.bridge.sender.fees import Fees

FEES = st.integers(0, 10**15)


def replaces(new: int, old: int) -> bool:
    """Geth's rule, for the tip and for the cap alike: more than before, and at least a tenth more."""
    return new > old and new >= old * 110 // 100


@given(tip=FEES, room=FEES)
def test_a_raised_fee_replaces(tip, room):
    old = Fees(tip, tip + room)
    new = old.raised()
    assert replaces(new.tip, old.tip) and replaces(new.cap, old.cap)
    assert new.tip <= new.cap


@given(tip=FEES, room=FEES, base=FEES, asked=FEES)
def test_it_replaces_whatever_is_asked_now(tip, room, base, asked):
    old = Fees(tip, tip + room)
    new = old.raised().at_least(Fees.now(base, asked))
    assert replaces(new.tip, old.tip) and replaces(new.cap, old.cap)
    assert new.tip <= new.cap and new.cap >= base + asked


@pytest.mark.parametrize(
    ("before", "after"),
    [(0, 1), (1, 2), (7, 8), (8, 9), (9, 11), (1_000, 1_125), (1_001, 1_127), (10**9, 1_125_000_000)],
)
def test_an_eighth_more_rounded_up(before, after):
    assert Fees(before, before).raised() == Fees(after, after)


def test_the_base_fee_can_double():
    assert Fees.now(30, 2) == Fees(2, 62)


def test_the_ceiling_holds_for_both():
    assert Fees(50, 90).at_most(60) == Fees(50, 60)
    assert Fees(50, 90).at_most(40) == Fees(40, 40)
