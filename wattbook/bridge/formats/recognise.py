"""Tells a record's format from its bytes, and has it checked."""

import re
from collections.abc import Iterator
from typing import Any

from wattbook.bridge.formats import container, exact_json, green_button, ocmf, ocpp_values, own, p1, tables
from wattbook.bridge.formats.records import RecordError, Trust, Verdict, refused, shown
from wattbook.bridge.formats.safe_xml import local, parsed
from wattbook.metering.keys import Signer

MAX_FILE = 16 << 20
MAX_RECORDS = 10_000
MAX_OBJECTS = 200_000
_BOM = b"\xef\xbb\xbf"
_OCMF = re.compile(rb"^[ \t]*(?=OCMF\|)", re.MULTILINE)
_MARKS: tuple[tuple[bytes, str, Trust], ...] = (
    (b"signedData", ocmf.FORMAT, Trust.A),
    (b"<values", ocmf.FORMAT, Trust.A),
    (b"signedMeter", ocmf.FORMAT, Trust.A),
    (b"naesb.org/espi", green_button.FORMAT, Trust.D),
    (b'"prevHash"', own.FORMAT, Trust.A),
)
_OCMF_PACKED = (b"4f434d467c", b"4F434D467C", b"T0NNRn")
_LOOSE = (b"<signedData", b"<encodedData")
_TELEGRAM = re.compile(rb"^(?=/[A-Za-z]{3})", re.MULTILINE)


def verdicts(data: bytes, key: Signer | None = None, received: int | None = None) -> tuple[Verdict, ...]:
    """One verdict a record, at least one.

    A key that is given counts instead of those in the file. `received` is when the bytes arrived, in Unix seconds; it
    is the time of telegrams that have none.
    """
    if len(data) > MAX_FILE:
        return (refused(None, None, b"", f"more than {MAX_FILE} bytes are not read"),)
    found: list[Verdict] = []
    try:
        for verdict in _verdicts(data, key, received):
            if len(found) == MAX_RECORDS:
                raise RecordError(f"more than {MAX_RECORDS} records are not read")
            found.append(verdict)
    except RecordError as error:
        found.append(refused(None, None, data, error))
    return tuple(found)


def _verdicts(data: bytes, key: Signer | None, received: int | None) -> Iterator[Verdict]:
    text = data.removeprefix(_BOM).strip()
    if not text:
        raise RecordError("there is nothing in it")
    if text.startswith(b"<"):
        yield from _of_xml(text, key, received)
    elif text.startswith(b"OCMF|"):
        for record in _pieces(_OCMF, text):
            yield ocmf.verify(record.strip(), key, received)
    elif text.startswith(_OCMF_PACKED):
        yield _unwrapped(text, key, received)
    elif text.startswith((b"{", b"[")):
        yield from _of_json(text, key, received)
    elif tables.is_table(text):
        yield tables.verify(text, received)
    elif text.startswith(b"/") or _TELEGRAM.search(text):
        for telegram in _pieces(_TELEGRAM, data.removeprefix(_BOM).lstrip()):
            yield p1.verify(telegram, received)
    else:
        raise RecordError("not a record of a format that is known here")


def _pieces(begin: re.Pattern[bytes], data: bytes) -> Iterator[bytes]:
    """What lies between one beginning and the next, with what comes before the first."""
    starts = [match.start() for match in begin.finditer(data)]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield data[start:end]


def _unwrapped(text: bytes, key: Signer | None, received: int | None) -> Verdict:
    try:
        return ocmf.verify(ocmf.unwrapped(text.decode("ascii")), key, received)
    except UnicodeDecodeError:
        return refused(ocmf.FORMAT, Trust.A, text, "not an OCMF record, neither as it is nor in hex or base64")
    except RecordError as error:
        return refused(ocmf.FORMAT, Trust.A, text, error)


def _of_xml(data: bytes, key: Signer | None, received: int | None) -> Iterator[Verdict]:
    try:
        root = parsed(b"<values>%b</values>" % data if data.startswith(_LOOSE) else data)
    except RecordError as error:
        yield refused(*_likely(data), data, error)
        return
    name = local(root)
    if name in container.ROOTS:
        empty = refused(ocmf.FORMAT, Trust.A, data, "the container holds no record")
        found = container.verdicts(root, key, received)
        yield next(found, empty)
        yield from found
    elif name in green_button.ROOTS:
        yield green_button.verify(data, root, received)
    else:
        raise RecordError(f"XML of {shown(name)}, which is no record that is known here")


def _of_json(text: bytes, key: Signer | None, received: int | None) -> Iterator[Verdict]:
    known = False
    try:
        for raw, value in _values(text):
            if own.is_own(value):
                known = True
                yield own.verify(raw, key, received)
                continue
            for carried in ocpp_values.carried(value):
                known = True
                yield ocpp_values.verify(carried, key, received)
    except RecordError as error:
        yield refused(*_likely(text), text, error)
        return
    if not known:
        raise RecordError("JSON with no reading and no signed meter value in it")


def _values(text: bytes) -> Iterator[tuple[bytes, Any]]:
    """JSON values one after the other, as a log of readings has them, and of an array its items."""
    if text.count(b"{") + text.count(b"[") > MAX_OBJECTS:
        raise RecordError(f"JSON with more than {MAX_OBJECTS} objects is not read")
    try:
        rest = text.decode()
    except UnicodeDecodeError:
        raise RecordError("JSON that is not UTF-8") from None
    position = 0
    while position < len(rest):
        value, end = exact_json.first(rest, position)
        if isinstance(value, list):
            for item_start, item_end, item in exact_json.items(rest, position):
                yield rest[item_start:item_end].encode(), item
        else:
            yield rest[position:end].encode(), value
        position = exact_json.after_space(rest, end)


def _likely(data: bytes) -> tuple[str | None, Trust | None]:
    """The format that a file was meant to be of, when it cannot be parsed."""
    return next(((format, trust) for mark, format, trust in _MARKS if mark in data), (None, None))
