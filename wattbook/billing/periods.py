"""The time that a statement is about: days and months as the calendar of a place has them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wattbook.errors import WattbookError

_FORM = "write a month (2026-11), a day (2026-11-21), or FROM..TO of either"
_PART = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)
_UTC = ("UTC", "Etc/UTC")


class StatementError(WattbookError):
    """A statement or bill cannot be made, or does not agree with the chain."""


@dataclass(frozen=True)
class Period:
    """From the first second of `start` up to that of `end`, in Unix seconds.

    - name: as it was asked for
    - zone: whose calendar it is in
    - month: when it is a month of UTC, its number as the contracts count it, from January 1970
    """

    name: str
    zone: str
    start: int
    end: int
    month: int | None = None

    @property
    def place(self) -> tzinfo:
        return _place(self.zone)

    def shown(self, time: int) -> str:
        """A time as clocks there show it, with its distance from UTC, which tells the two hours of autumn apart."""
        return datetime.fromtimestamp(time, self.place).isoformat(" ", "seconds")


def parse_period(text: str, zone: str = "UTC") -> Period:
    """`2026-11`, `2026-11-21` or `FROM..TO`, of which the last day or month is part."""
    place = _place(zone)
    first, dots, last = text.partition("..")
    begin, _ = _days(first, text)
    _, end = _days(last, text) if dots else _days(first, text)
    if begin >= end:
        raise StatementError(f"the period {text} ends before it begins")
    month = None
    if zone in _UTC and not dots and begin.day == 1 and end != begin + timedelta(days=1):
        month = (begin.year - 1970) * 12 + begin.month - 1
    return Period(text, zone, _midnight(begin, place), _midnight(end, place), month)


def month_period(month: int) -> Period:
    """A month of UTC, by its number."""
    return parse_period(month_name(month))


def month_name(month: int) -> str:
    return f"{1970 + month // 12}-{month % 12 + 1:02}"


def _days(text: str, whole: str) -> tuple[date, date]:
    """The first day of a day or month, and the first after it."""
    found = _PART.fullmatch(text)
    if not found:
        raise StatementError(f"{whole!r} is no period; {_FORM}")
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        begin = date(year or 0, month or 0, day or 1)
        end = begin + timedelta(days=1) if day else (begin + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        raise StatementError(f"{whole!r} is no period, as there is no {text}; {_FORM}") from None
    if begin.year < 1970:
        raise StatementError(f"{whole!r} is before all time that chains know")
    return begin, end


def _midnight(day: date, place: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=place).timestamp())


def _place(zone: str) -> tzinfo:
    if zone in _UTC:
        return UTC
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise StatementError(f"there is no time zone {zone!r}; write one like Europe/Madrid") from None
