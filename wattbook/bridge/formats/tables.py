"""Readings as a table: CSV with the columns meter, register, time and wh, in any sequence."""

import csv
import io
from collections.abc import Iterator
from typing import Protocol

from wattbook.bridge.formats.quantities import identification, iso_time, obis, possible
from wattbook.bridge.formats.records import RecordError, Sample, Trust, Verdict, refused, shown

FORMAT = "csv"
COLUMNS = ("meter", "register", "time", "wh")
_MAX_WH = 1 << 63
_LISTED = 5


class _Rows(Iterator[list[str]], Protocol):
    @property
    def line_num(self) -> int: ...


def is_table(data: bytes) -> bool:
    """Whether the first line names a table's columns."""
    line = data.partition(b"\n")[0].decode("utf-8", "replace")
    return {"register", "wh"} <= set(_names(line.split(",")))


def verify(raw: bytes, received: int | None = None) -> Verdict:
    """The readings of all lines, on the word of whoever imports them; every line that is wrong is told."""
    try:
        rows = csv.reader(io.StringIO(raw.decode(), newline=""), strict=True)
        return Verdict(FORMAT, True, "", Trust.D, raw, tuple(_samples(rows, received)))
    except UnicodeDecodeError:
        return refused(FORMAT, Trust.D, raw, "the table is not UTF-8")
    except csv.Error as error:
        return refused(FORMAT, Trust.D, raw, f"not CSV: {error}")
    except RecordError as error:
        return refused(FORMAT, Trust.D, raw, error)


def _samples(rows: _Rows, received: int | None) -> list[Sample]:
    names = _names(next(rows))
    if sorted(names) != sorted(COLUMNS):
        raise RecordError(f"the columns are {shown(', '.join(names))}; they should be {', '.join(COLUMNS)}")
    samples: list[Sample] = []
    errors: list[str] = []
    wrong = 0
    last: dict[tuple[str, str], Sample] = {}
    for row in rows:
        if not row:
            continue
        try:
            sample = _sample(names, row, received)
            _after(last.get((sample.meter, sample.register)), sample)
        except RecordError as error:
            wrong += 1
            if wrong <= _LISTED:
                errors.append(f"line {rows.line_num}: {error}")
            continue
        last[sample.meter, sample.register] = sample
        samples.append(sample)
    if errors:
        more = [f"and {wrong - _LISTED} lines more"] if wrong > _LISTED else []
        raise RecordError("; ".join([*errors, *more]))
    if not samples:
        raise RecordError("the table has no lines")
    return samples


def _names(row: list[str]) -> list[str]:
    return [name.strip().strip('"').lower() for name in row]


def _sample(names: list[str], row: list[str], received: int | None) -> Sample:
    if len(row) != len(names):
        raise RecordError(f"{len(row)} fields where {len(names)} belong")
    fields = {name: field.strip() for name, field in zip(names, row, strict=True)}
    if not identification(fields["meter"]):
        raise RecordError("no meter is named")
    wh = fields["wh"]
    if not _is_whole(wh) or int(wh) >= _MAX_WH:
        raise RecordError(f"wh is {shown(wh)}, no whole number")
    text = fields["time"]
    time = int(text) if _is_whole(text) else iso_time(text)
    return Sample(fields["meter"], obis(fields["register"]), possible(time, received), int(wh))


def _after(before: Sample | None, sample: Sample) -> None:
    if before is None:
        return
    if before.time is not None and sample.time is not None and sample.time <= before.time:
        raise RecordError(f"the time is not after that of the line before of register {sample.register}")
    if sample.wh < before.wh:
        raise RecordError(f"register {sample.register} goes backward, from {before.wh} to {sample.wh} Wh")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
