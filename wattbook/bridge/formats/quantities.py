"""Energies, registers and times as records spell them, made the same for all."""

import re
import time as clock
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from wattbook.bridge.formats.records import RecordError, shown

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = 946_684_800  # 2000-01-01: no meter that signs or talks is older
_DAY = 86_400
_MAX_WH = 1 << 63
_MAX_NAME = 256
_WH = {"Wh": Decimal(1), "kWh": Decimal(1_000), "MWh": Decimal(1_000_000)}
# No more digits than Decimal multiplies without rounding.
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,12})?(?:[eE][+-]?[0-9]{1,2})?")
_OBIS = re.compile(
    r"(?:([0-9]{1,2})-([0-9]{1,2}|b):)?([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3}|e)(?:[.*]([0-9]{1,3}|FF))?",
    re.IGNORECASE,
)


def number(value: object) -> Decimal:
    """A JSON number, or a text with one and spaces around it."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RecordError(f"{shown(value)} is no number")
    text = str(value).strip(" ")
    if not _NUMBER.fullmatch(text):
        raise RecordError(f"{shown(value)} is no number")
    return Decimal(text)


def watt_hours(value: Decimal, unit: str) -> Decimal:
    """Exactly, and a register that can be."""
    if unit not in _WH:
        raise RecordError(f"{shown(unit)} is no unit of energy")
    wh = value * _WH[unit]
    if wh < 0:
        raise RecordError("the register is negative")
    if wh >= _MAX_WH:
        raise RecordError(f"{shown(str(value))} {unit} is more than a register can hold")
    return wh


def is_energy(unit: object) -> bool:
    return isinstance(unit, str) and unit in _WH


def obis(code: object) -> str:
    """One spelling of a register: `1-b:1.8.0`, `1-0:1.8.0*255`, `01-00:01.08.00.FF`, `1-0:1.8.e` are all 1.8.0.

    What differs stays: a medium that is not electricity, and a group F that is not the present value (BAUER's
    `1-0:1.8.0*198` counts from the beginning of a charge).
    """
    match = _OBIS.fullmatch(code.strip()) if isinstance(code, str) else None
    if not match:
        raise RecordError(f"{shown(code)} is no register")
    a, b, c, d, e, f = match.groups()
    register = f"{int(c)}.{int(d)}.{int(e) if e.isdigit() else 0}"
    if f and f.upper() != "FF" and int(f) != 255:
        register = f"{register}*{int(f)}"
    return register if a is None or int(a) == 1 else f"{int(a)}-{0 if b.lower() == 'b' else int(b)}:{register}"


def identification(text: str) -> str:
    """What a meter calls itself, if it can be shown and kept."""
    if len(text) > _MAX_NAME or not text.isprintable():
        raise RecordError(f"{shown(text)} is no meter's identification")
    return text


def iso_time(text: str) -> int:
    """Unix seconds of an ISO-8601 time with its distance from UTC."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise RecordError(f"the time {shown(text)} does not say how far from UTC it is")
        return (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise RecordError(f"{shown(text)} is no time") from None


def possible(time: int, received: int | None) -> int:
    """The time itself, if a meter can have taken a reading then; it can be a day ahead of its receipt, or of now."""
    if time < _FIRST:
        raise RecordError(f"its time is {_date(time)}")
    if time > (received if received is not None else clock.time_ns() // 10**9) + _DAY:
        raise RecordError(f"its time is {_date(time)}, in the future")
    return time


def _date(time: int) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=time):%Y-%m-%d}"
    except OverflowError:
        return f"second {shown(time)}"
