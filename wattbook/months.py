"""Months of the calendar in UTC, counted from January 1970 as the contracts count them: 0, 12, 24 are Januaries."""

from datetime import UTC, datetime

MONTHS_A_YEAR = 12


def month_at(time: int) -> int:
    """The month of a time in Unix seconds."""
    moment = datetime.fromtimestamp(time, UTC)
    return (moment.year - 1970) * MONTHS_A_YEAR + moment.month - 1


def start_of(month: int) -> int:
    """Unix seconds at which a month begins."""
    year, place = divmod(month, MONTHS_A_YEAR)
    return int(datetime(1970 + year, place + 1, 1, tzinfo=UTC).timestamp())


def started(first: int, months: int, time: int) -> int:
    """How many of so many months from `first` have begun at a time: the second at which one begins is in it."""
    return min(max(month_at(time) - first + 1, 0), months)


def ended(first: int, months: int, time: int) -> int:
    """How many of so many months from `first` are over at a time."""
    return min(max(month_at(time) - first, 0), months)
