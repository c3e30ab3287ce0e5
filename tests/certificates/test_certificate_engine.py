"""Whole certificates, slices and storage, in plain Python."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.certificates.storage import Discharge, discharge
from wattbook.certificates.whole import WHOLE_WH, issued, slices

WH = st.integers(0, 3 * WHOLE_WH)


@given(st.lists(WH))
def test_nothing_is_lost_between_certificates(deliveries):
    certificates = carried = 0
    for wh in deliveries:
        new, carried = issued(carried, wh)
        certificates += new
    assert certificates * WHOLE_WH + carried == sum(deliveries)
    assert 0 <= carried < WHOLE_WH


@given(st.lists(st.tuples(st.integers(0, 9), WH)))
def test_slices_make_a_certificate_or_nothing(holdings):
    found = slices(holdings)
    if sum(wh for _, wh in holdings) < WHOLE_WH:
        assert found is None
        return
    assert sum(wh for _, wh in found) == WHOLE_WH
    given_ = [one for one in holdings if one[1]][: len(found)]
    # All are taken whole but the last.
    assert found[:-1] == given_[:-1]
    assert found[-1][0] == given_[-1][0]
    assert 0 < found[-1][1] <= given_[-1][1]


@given(st.data())
def test_storage_makes_nothing_clean(data):
    charged = data.draw(WH)
    clean = data.draw(st.integers(0, charged))
    eta = data.draw(st.integers(1, 10_000))
    found = discharge(charged, clean, data.draw(WH), eta)
    assert found.burned <= clean
    assert Fraction(found.clean * 10_000, eta) <= found.burned < Fraction(found.clean * 10_000, eta) + 1
    assert found.clean >= 0
    assert found.grey >= 0


def test_what_was_not_clean_stays_grey():
    assert discharge(10_000, 0, 8_600, 8_600) == Discharge(0, 0, 8_600)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((10, 11, 5, 9_000), "11 clean Wh are more than the 10 Wh that were charged"),
        ((10, -1, 5, 9_000), "-1 clean Wh are more than"),
        ((10, 10, 5, 0), "gives back 0 of 10000"),
        ((10, 10, 5, 10_001), "gives back 10001 of 10000"),
    ],
)
def test_storage_that_cannot_be(arguments, said):
    with pytest.raises(ValueError, match=said):
        discharge(*arguments)
