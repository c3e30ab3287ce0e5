"""OCMF, the Open Charge Metering Format: `OCMF|payload|signature`, both JSON, the payload signed byte for byte."""

import base64
import binascii
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wattbook.bridge.formats import exact_json
from wattbook.bridge.formats.quantities import identification, is_energy, iso_time, number, obis, possible, watt_hours
from wattbook.bridge.formats.records import (
    NO_KEY,
    NOT_SIGNED,
    RecordError,
    Sample,
    Trust,
    Verdict,
    refused,
    shown,
)
from wattbook.metering.keys import Curve, Signer

FORMAT = "ocmf"
HEADER = b"OCMF|"
MAX_RECORD = 1 << 20
_TIME = re.compile(r"(\S+) ?([UISR])")
_PAGE = re.compile(r"([TF])([0-9]{1,18})")
_ALGORITHM = re.compile(r"ECDSA-([A-Za-z0-9]+)-SHA256")
# The table of the specification writes brainpool without its P.
_NAMES = {curve.lower().replace("brainpoolp", "brainpool"): curve for curve in Curve}


@dataclass(frozen=True)
class _Sections:
    payload: bytes
    payload_error: str
    fields: Any
    signature: str


def verify(raw: bytes, key: Signer | None, received: int | None = None) -> Verdict:
    """Whether a key signed the record, and whether its readings can be."""
    try:
        sections = _split(raw)
        signature = _signature(sections.signature)
    except RecordError as error:
        return refused(FORMAT, Trust.A, raw, error)
    if key is None:
        return refused(FORMAT, Trust.A, raw, NO_KEY)
    if not key.verify(sections.payload, signature.value):
        return Verdict(FORMAT, False, NOT_SIGNED, Trust.A, raw, signature=False, key=key)
    try:
        if sections.payload_error:
            raise RecordError(sections.payload_error)
        readings = _readings(sections.fields, received)
    except RecordError as error:
        return Verdict(FORMAT, False, f"signed, but {error}", Trust.A, raw, signature=True, key=key)
    verdict = Verdict(FORMAT, True, "", Trust.A, raw, readings, signature=True, key=key)
    if signature.curve not in (None, key.curve):
        verdict = verdict.noting(f"the record names {signature.curve}; its key is on {key.curve}")
    return verdict if readings else verdict.noting("no register of energy in it")


def unwrapped(text: str) -> bytes:
    """A record from the spellings that transports use: as it is, in hex, in base64."""
    if text.lstrip().startswith(HEADER.decode()):
        return text.strip().encode("utf-8", "surrogatepass")
    packed = "".join(text.split())
    if not packed:
        raise RecordError("the record is empty")
    try:
        raw = bytes.fromhex(packed)
    except ValueError:
        try:
            raw = base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
    if not raw.startswith(HEADER):
        raise RecordError("not an OCMF record, neither as it is nor in hex or base64")
    return raw


def _split(raw: bytes) -> _Sections:
    """The sections; the payload ends where its JSON does, since only its exact bytes were signed."""
    if len(raw) > MAX_RECORD:
        raise RecordError(f"the record is longer than {MAX_RECORD} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise RecordError("the record is not UTF-8") from None
    if not text.startswith(HEADER.decode()):
        raise RecordError("the record does not begin with OCMF|")
    start = len(HEADER)
    error = ""
    fields: Any = None
    try:
        fields, end = exact_json.first(text, start)
    except RecordError as failure:
        # Whether it is signed can be told all the same.
        error, end = f"its payload is {failure}", text.rfind("|{")
        if end < start:
            raise RecordError(f"the payload is {failure}") from None
    payload = text[start:end]
    rest = text[end:].lstrip()
    if not rest:
        raise RecordError("the record ends before its signature")
    if not rest.startswith("|"):
        raise RecordError(f"{shown(rest[:80])} follows the payload, where | belongs")
    signature = rest[1:]
    if "|" in payload or "|" in signature:
        raise RecordError("a section contains |, which OCMF forbids")
    return _Sections(payload.lstrip().encode(), error, fields, signature)


@dataclass(frozen=True)
class _Signature:
    value: bytes
    curve: Curve | None


def _signature(section: str) -> _Signature:
    """SD, and the curve that SA names. SA decides nothing: records leave it out or have it wrong."""
    try:
        fields = exact_json.loads(section)
    except RecordError as error:
        raise RecordError(f"the signature is {error}") from None
    if not isinstance(fields, dict) or not isinstance(data := fields.get("SD"), str):
        raise RecordError("the signature has no SD")
    encoding = fields.get("SE", "hex")
    try:
        if encoding == "hex":
            value = bytes.fromhex(data)
        elif encoding == "base64":
            value = base64.b64decode(data, validate=True)
        else:
            raise RecordError(f"the signature's encoding SE is {shown(encoding)}, neither hex nor base64")
    except (ValueError, binascii.Error):
        raise RecordError(f"the signature is not {encoding}") from None
    algorithm = fields.get("SA")
    named = _ALGORITHM.fullmatch(algorithm) if isinstance(algorithm, str) else None
    return _Signature(value, _NAMES.get(named[1].lower().replace("brainpoolp", "brainpool")) if named else None)


def _readings(fields: Any, received: int | None) -> tuple[Sample, ...]:
    if not isinstance(fields, dict):
        raise RecordError("its payload is no JSON object")
    meter = identification(_text(fields, "MS") or _text(fields, "GS"))
    page = _PAGE.fullmatch(_text(fields, "PG"))
    if not page:
        raise RecordError(f"its pagination PG is {shown(fields.get('PG'))}")
    rows = fields.get("RD")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise RecordError("it has no readings RD")
    samples: list[Sample] = []
    last: dict[str, tuple[int, Decimal]] = {}
    row: dict[str, Any] = {}
    for index, given in enumerate(rows, 1):
        # What a reading leaves out is as in the one before, but for its value.
        row = {**row, "RV": None, **given}
        try:
            read = _reading(row, received)
            if read is None:
                continue
            register, time, wh, synchronised = read
            if register in last:
                _forward(register, last[register], (time, wh))
        except RecordError as error:
            raise RecordError(f"{error} (reading {index})" if len(rows) > 1 else str(error)) from None
        last[register] = (time, wh)
        samples.append(Sample(meter, register, time, int(wh), int(page[2]), synchronised, page[1]))
    return tuple(samples)


def _reading(row: dict[str, Any], received: int | None) -> tuple[str, int, Decimal, bool] | None:
    """Register, time, Wh and whether the clock was synchronised; None when it is not of energy."""
    if row.get("EF", "") != "":
        raise RecordError(f"the meter reports an error, EF is {shown(row['EF'])}")
    if row.get("ST") != "G":
        raise RecordError(f"the meter's status ST is {shown(row.get('ST'))}, not 'G'")
    stamp = _TIME.fullmatch(_text(row, "TM"))
    if not stamp:
        raise RecordError(f"TM is {shown(row.get('TM'))}, no time with the state of its clock")
    time = possible(iso_time(stamp[1]), received)
    if not is_energy(row.get("RU")):
        return None
    return obis(row.get("RI")), time, watt_hours(number(row["RV"]), row["RU"]), stamp[2] == "S"


def _forward(register: str, before: tuple[int, Decimal], after: tuple[int, Decimal]) -> None:
    if after[0] < before[0]:
        raise RecordError(f"the time of {register} goes backward")
    if after[1] < before[1]:
        raise RecordError(f"register {register} goes backward, from {before[1]:f} to {after[1]:f} Wh")


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""
