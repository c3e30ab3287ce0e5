"""DSMR telegrams, as meters say them at their P1 port, and the older D0: OBIS lines between `/` and `!`.

From DSMR 4 on a CRC16 follows the `!`. It guards against a bad line, not against anybody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from wattbook.bridge.formats.quantities import identification, possible, watt_hours
from wattbook.bridge.formats.records import RecordError, Sample, Trust, Verdict, refused, shown

FORMAT = "dsmr-p1"
MAX_TELEGRAM = 1 << 16
NO_CHECKSUM = "no checksum: what the line garbled cannot be told"
NO_TIME = "no time of its own, and none of receipt"
_END = re.compile(rb"^!([0-9A-Fa-f]{0,4})\r?$", re.MULTILINE)
_LINE = re.compile(r"(?:([0-9]{1,3})-([0-9]{1,3}):)?([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})(?:\*([0-9]{1,3}))?(\(.*)")
_ENERGY = re.compile(r"\(([0-9]{1,12}(?:\.[0-9]{1,12})?)\*(Wh|kWh|MWh)\)")
_HEAT = re.compile(r"\(([^()]*)\)\(([0-9]{1,12}(?:\.[0-9]{1,12})?)\*(GJ|MJ|Wh|kWh|MWh)\)")
_STAMP = re.compile(r"\(([0-9]{12})([SW])\)")
_METER = ("0-0:96.1.1", "0-0:96.1.0", "0-0:42.0.0", "0-0:96.1.255", "1-0:0.0.0")
_DATED = ("0-0:1.0.0", "1-3:0.2.8", "0-0:96.1.4")
_DIRECTIONS = ("1.8", "2.8")
# A J is a Ws.
_HEAT_UNITS = {"GJ": 10**9, "MJ": 10**6}
_SECONDS = 3600


def verify(raw: bytes, received: int | None = None) -> Verdict:
    """Whether the checksum is that of the bytes, and whether the readings can be.

    `received` is when the telegram arrived; it is the time of the readings where a telegram has none.
    """
    try:
        end = _end(raw)
        lines = _lines(raw[: end.start()])
        given = end[1].decode()
        _check_crc(raw[: end.start() + 1], given, lines)
        samples, notes = _samples(lines, received)
    except RecordError as error:
        return refused(FORMAT, Trust.C, raw, error)
    verdict = Verdict(FORMAT, True, "", Trust.C, raw[: end.end()], samples)
    for note in (*([] if given else [NO_CHECKSUM]), *notes):
        verdict = verdict.noting(note)
    return verdict


def crc16(data: bytes) -> int:
    """CRC-16 with the reflected polynomial 0xA001, beginning at 0."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def _table() -> Sequence[int]:
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_TABLE = _table()


@dataclass(frozen=True)
class _Line:
    """`0-1:24.2.1*255(...)(...)`: the code with its medium and channel, group F, and all that is in brackets."""

    code: str
    f: str | None
    values: str

    @property
    def value(self) -> str:
        return self.values.removeprefix("(").partition(")")[0]


def _end(raw: bytes) -> re.Match[bytes]:
    if not raw.startswith(b"/"):
        raise RecordError("the telegram has no beginning /")
    end = _END.search(raw, 0, MAX_TELEGRAM + 1)
    if not end:
        if len(raw) > MAX_TELEGRAM:
            raise RecordError(f"the telegram is longer than {MAX_TELEGRAM} bytes")
        raise RecordError("the telegram ends before its !, or what follows the ! is no checksum")
    return end


def _lines(body: bytes) -> list[_Line]:
    """The lines that are OBIS; a line that begins with a bracket goes on with the one before (DSMR 2 and 3, gas)."""
    text = re.sub(r"\r?\n\(", "(", body.decode("latin-1"))
    found = []
    for row in text.split("\n")[1:]:
        if match := _LINE.fullmatch(row.strip()):
            a, b, code, f, values = match.groups()
            found.append(_Line(f"{1 if a is None else int(a)}-{0 if b is None else int(b)}:{code}", f, values))
    return found


def _check_crc(data: bytes, given: str, lines: list[_Line]) -> None:
    if not given:
        if any(line.code in _DATED for line in lines):
            raise RecordError("the telegram has lost its checksum: it is of DSMR 4 or newer, which has one")
        return
    found = crc16(data)
    if found == int(given, 16):
        return
    reason = f"the checksum is {given}, that of the bytes is {found:04X}"
    if b"\r\n" not in data and crc16(data.replace(b"\n", b"\r\n")) == int(given, 16):
        reason += "; line ends were changed from CRLF to LF"
    raise RecordError(reason)


def _samples(lines: list[_Line], received: int | None) -> tuple[tuple[Sample, ...], list[str]]:
    notes = []
    time, consistent = _time(lines, received)
    if time is None:
        notes.append(NO_TIME)
    if not consistent:
        notes.append("its clock says summer time in winter, or winter time in summer")
    codes = {line.code: line.value for line in reversed(lines)}
    meter = identification(next((codes[code] for code in _METER if codes.get(code)), ""))
    exact: dict[str, Decimal] = {}
    for line in lines:
        register = line.code.removeprefix("1-0:")
        if not register.startswith(tuple(f"{direction}." for direction in _DIRECTIONS)) or line.f not in (None, "255"):
            continue
        match = _ENERGY.fullmatch(line.values)
        if not match:
            raise RecordError(f"register {register} is {shown(line.values)}, no energy")
        if register in exact:
            raise RecordError(f"register {register} stands there twice")
        exact[register] = watt_hours(Decimal(match[1]), match[2])
    for direction in _DIRECTIONS:
        # Meters with tariffs often leave out the total.
        tariffs = [wh for register, wh in exact.items() if register.startswith(f"{direction}.")]
        if tariffs and f"{direction}.0" not in exact:
            exact[f"{direction}.0"] = sum(tariffs, Decimal(0))
    samples = [
        Sample(meter, register, time, int(wh), synchronised=consistent) for register, wh in sorted(exact.items())
    ]
    samples += _heat(lines, codes, received)
    if not samples:
        notes.append("no register of energy in it")
    return tuple(samples), notes


def _time(lines: list[_Line], received: int | None) -> tuple[int | None, bool]:
    stamps = [line for line in lines if line.code == "0-0:1.0.0"]
    if not stamps:
        return received, True
    if len(stamps) > 1:
        raise RecordError("the telegram has two times")
    time, consistent = _stamp(stamps[0].values)
    return possible(time, received), consistent


def _stamp(values: str) -> tuple[int, bool]:
    """Unix seconds of `(YYMMDDhhmmssX)` in Central European Time, and whether X is what the season has.

    X tells summer from winter, so that the hour that comes twice in October has two times.
    """
    match = _STAMP.fullmatch(values)
    if not match:
        raise RecordError(f"the time is {shown(values)}, not YYMMDDhhmmss with S or W")
    digits, summer = match[1], match[2] == "S"
    # A clock that was never set says 1970.
    century = "20" if digits < "70" else "19"
    try:
        local = datetime.strptime(century + digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise RecordError(f"the time is {shown(values)}, which no calendar has") from None
    moment = local - timedelta(hours=2 if summer else 1)
    begin, end = (_last_sunday(moment.year, month) for month in (3, 10))
    time = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return time, (begin <= moment < end) == summer


def _last_sunday(year: int, month: int) -> datetime:
    """01:00 UTC of a month's last Sunday, when Europe moves its clocks; the month has 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _heat(lines: list[_Line], codes: dict[str, str], received: int | None) -> list[Sample]:
    """Registers of energy of the meters behind this one, on M-Bus. They have clocks of their own."""
    found = []
    for line in lines:
        channel, _, code = line.code.partition(":")
        match = _HEAT.fullmatch(line.values) if code.startswith("24.2.") else None
        if not match:
            continue
        stamp, amount, unit = match.groups()
        try:
            time, consistent = _stamp(f"({stamp})")
            time = possible(time, received)
        except RecordError:
            continue
        if unit in _HEAT_UNITS:
            wh = int(Decimal(amount) * _HEAT_UNITS[unit]) // _SECONDS
        else:
            wh = int(watt_hours(Decimal(amount), unit))
        meter = codes.get(f"{channel}:96.1.0") or codes.get(f"{channel}:96.1.1") or channel
        found.append(Sample(identification(meter), code, time, wh, synchronised=consistent))
    return found
