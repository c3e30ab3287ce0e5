"""Months of the calendar, to the second: leap days, turns of the year."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.months import ended, month_at, start_of, started

DAY = 86_400
FEBRUARY_2024 = (2024 - 1970) * 12 + 1


def seconds(*date):
    return int(datetime(*date, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(("year", "days"), [(2023, 28), (2024, 29), (2000, 29), (2100, 28), (2400, 29)])
def test_february(year, days):
    february = (year - 1970) * 12 + 1
    assert start_of(february) == seconds(year, 2, 1)
    assert start_of(february + 1) - start_of(february) == days * DAY


@given(st.integers(0, 12 * 400))
def test_a_month_begins_with_its_first_second(month):
    assert month_at(start_of(month)) == month
    assert month_at(start_of(month + 1) - 1) == month


def test_months_of_a_term_over_a_leap_day():
    """A quarter from February 2024."""
    times = [
        (2024, 1, 31, 23, 59, 59),
        (2024, 2, 1),
        (2024, 2, 29, 23, 59, 59),
        (2024, 3, 1),
        (2024, 4, 30),
        (2024, 5, 1),
    ]
    assert [started(FEBRUARY_2024, 3, seconds(*time)) for time in times] == [0, 1, 1, 2, 3, 3]
    assert [ended(FEBRUARY_2024, 3, seconds(*time)) for time in times] == [0, 0, 0, 1, 2, 3]


def test_long_before_and_long_after():
    assert started(FEBRUARY_2024, 3, 0) == ended(FEBRUARY_2024, 3, 0) == 0
    assert started(FEBRUARY_2024, 3, seconds(2030, 1, 1)) == ended(FEBRUARY_2024, 3, seconds(2030, 1, 1)) == 3
