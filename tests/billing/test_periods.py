"""Days and months of a place, those of 23 and 25 hours too."""

from datetime import UTC, datetime

import pytest

from wattbook.billing.periods import StatementError, month_name, month_period, parse_period

HOUR = 3_600


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        ("2026-11", "UTC", "2026-11-01", "2026-12-01"),
        ("2026-12", "UTC", "2026-12-01", "2027-01-01"),
        ("2024-02", "UTC", "2024-02-01", "2024-03-01"),
        ("2026-11-21", "UTC", "2026-11-21", "2026-11-22"),
        ("2026-11", "Europe/Berlin", "2026-10-31T23:00", "2026-11-30T23:00"),
        ("2026-11-21", "America/Lima", "2026-11-21T05:00", "2026-11-22T05:00"),
        ("2026-11-01..2026-11-07", "UTC", "2026-11-01", "2026-11-08"),
        ("2026-11..2027-01", "UTC", "2026-11-01", "2027-02-01"),
        ("2026-11-15..2026-12", "UTC", "2026-11-15", "2027-01-01"),
        ("2026-11-21..2026-11-21", "UTC", "2026-11-21", "2026-11-22"),
    ],
)
def test_begins_and_ends(text, zone, start, end):
    period = parse_period(text, zone)
    assert (period.start, period.end) == (utc(start), utc(end))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_hours_of_a_day(day, hours):
    period = parse_period(day, "Europe/Madrid")
    assert period.end - period.start == hours * HOUR


def test_the_two_hours_of_autumn_are_told_apart():
    period = parse_period("2026-10-25", "Europe/Madrid")
    shown = [period.shown(period.start + hour * HOUR) for hour in (2, 3)]
    assert shown == ["2026-10-25 02:00:00+02:00", "2026-10-25 02:00:00+01:00"]


def test_a_month_of_utc_has_a_number():
    assert parse_period("2026-11").month == 56 * 12 + 10
    assert parse_period("1970-01", "Etc/UTC").month == 0
    assert month_name(56 * 12 + 10) == "2026-11"
    assert month_period(56 * 12 + 10) == parse_period("2026-11")
    for text, zone in (("2026-11", "Europe/Madrid"), ("2026-11-01", "UTC"), ("2026-11..2026-11", "UTC")):
        assert parse_period(text, zone).month is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is no period; write a month"),
        ("November", "'November' is no period"),
        ("2026", "'2026' is no period"),
        ("2026-13", "'2026-13' is no period, as there is no 2026-13"),
        ("2026-02-29", "as there is no 2026-02-29"),
        ("0000-01", "as there is no 0000-01"),
        ("9999-12", "as there is no 9999-12"),
        ("2026-1", "is no period"),
        ("٢٠٢٦-11", "is no period"),
        ("2026-11..", "is no period"),
        ("2026-11..2026-12..2027-01", "is no period"),
        ("2026-11..2026-10", "the period 2026-11..2026-10 ends before it begins"),
        ("1969-12", "is before all time that chains know"),
    ],
)
def test_what_is_no_period(text, why):
    with pytest.raises(StatementError) as caught:
        parse_period(text)
    assert why in str(caught.value)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../secret", "/etc/passwd"])
def test_what_is_no_zone(zone):
    with pytest.raises(StatementError, match="there is no time zone"):
        parse_period("2026-11", zone)
