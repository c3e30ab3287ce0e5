"""Bills and their parts, in plain Python."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.settlement.bills import split


@st.composite
def shares(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), max_size=5)))
    return [(f"payee {place}", end - start) for place, (start, end) in enumerate(pairwise([0, *cuts, 10_000]))]


@given(st.integers(0, 2**63), shares())
def test_the_parts_make_the_amount(amount, given_shares):
    parts = split(amount, given_shares)
    assert sum(parts.values()) == amount
    (first, bps), *others = given_shares
    assert all(parts[payee] == amount * part // 10_000 for payee, part in others)
    assert 0 <= parts[first] - amount * bps // 10_000 <= len(others)


@pytest.mark.parametrize("wrong", [[], [("a", 9_999)], [("a", 5_000), ("b", 5_001)]])
def test_shares_that_make_no_whole(wrong):
    with pytest.raises(ValueError, match="do not make a whole"):
        split(1, wrong)


def test_one_payee_twice():
    with pytest.raises(ValueError, match="somebody has two shares"):
        split(1, [("a", 5_000), ("a", 5_000)])
