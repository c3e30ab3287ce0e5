"""Signed meter values inside of OCPP messages, which carry OCMF records.

2.0.1 has an object `signedMeterValue` with the record and the key in base64, the key often empty. 1.6 has a text, and
stations fill it in three ways: the record, its hex, or an object as JSON.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wattbook.bridge.formats import exact_json, ocmf
from wattbook.bridge.formats.container import with_own_key
from wattbook.bridge.formats.records import RecordError, Trust, Verdict, refused, shown
from wattbook.metering.keys import Signer

_DATA = ("signedMeterData", "signedMeterValue")


@dataclass(frozen=True)
class Carried:
    """A value as a message carries it: an object of 2.0.1, or a text of 1.6."""

    value: dict[str, Any] | str


def carried(message: Any) -> Iterator[Carried]:
    """Every signed value in a message, in the sequence in which they stand there, however deep."""
    waiting = [message]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            if isinstance(_data(item), str):
                yield Carried(item)
            elif item.get("format") == "SignedData" and isinstance(item.get("value"), str):
                yield Carried(item["value"])
            else:
                waiting.extend(reversed(item.values()))


def verify(value: Carried, key: Signer | None, received: int | None = None) -> Verdict:
    """The verdict on one. A key that is given counts, not the one in the message."""
    raw = b""
    try:
        envelope = _envelope(value.value)
        raw = str(_data(envelope)).encode("utf-8", "surrogatepass")
        encoding = envelope.get("encodingMethod") or "OCMF"
        if not isinstance(encoding, str) or encoding.upper() != "OCMF":
            raise RecordError(f"its encodingMethod is {shown(encoding)}; only OCMF is read here")
        own = envelope.get("publicKey") or ""
        if not isinstance(own, str):
            raise RecordError(f"its publicKey is {shown(own)}, no text")
        record = ocmf.unwrapped(str(_data(envelope)))
    except RecordError as error:
        return refused(ocmf.FORMAT, Trust.A, raw, error)
    return with_own_key(record, own, key, received)


def _envelope(value: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if not value.lstrip().startswith("{"):
        return {"signedMeterData": value}
    envelope = exact_json.loads(value)
    if not isinstance(_data(envelope), str):
        raise RecordError(f"the envelope has neither {' nor '.join(_DATA)}")
    return dict(envelope)


def _data(envelope: dict[str, Any]) -> Any:
    return next((envelope[name] for name in _DATA if name in envelope), None)
