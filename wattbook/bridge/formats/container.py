"""The XML that charging stations hand their customers: `<values>`, each value with a record and perhaps a key.

Some leave out the values and write the `<signedData>` one after the other.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from wattbook.bridge.formats import ocmf
from wattbook.bridge.formats.records import OWN_KEY, RecordError, Trust, Verdict, refused, shown
from wattbook.bridge.formats.safe_xml import local
from wattbook.metering.keys import MeterKeyError, Signer, parse_key

_DATA = ("signedData", "encodedData")
ROOTS = frozenset({"values", "value", *_DATA})


def verdicts(root: Element, key: Signer | None, received: int | None = None) -> Iterator[Verdict]:
    """One a value. A key that is given counts, not the one in the container."""
    values = root if local(root) == "values" else [root]
    for value in values:
        if local(value) in ROOTS:
            yield _verdict(value, key, received)


def with_own_key(raw: bytes, text: str, key: Signer | None, received: int | None) -> Verdict:
    """The verdict on a record that came with the text of a key, which may be empty."""
    if key is not None or not text.strip():
        return ocmf.verify(raw, key, received)
    try:
        own = parse_key(text)
    except MeterKeyError as error:
        return refused(ocmf.FORMAT, Trust.A, raw, f"its publicKey cannot be used: {error}")
    return ocmf.verify(raw, own, received).noting(OWN_KEY)


def _verdict(value: Element, key: Signer | None, received: int | None) -> Verdict:
    found = next((element for element in (value, *value) if local(element) in _DATA), None)
    text = "".join(found.itertext()) if found is not None else ""
    raw = text.strip().encode("utf-8", "surrogatepass")
    try:
        if found is None:
            raise RecordError("the value holds no signedData")
        if (named := found.get("format", "OCMF")).upper() != "OCMF":
            raise RecordError(f"its format is {shown(named)}; only OCMF is read here")
        raw = ocmf.unwrapped(text)
    except RecordError as error:
        return refused(ocmf.FORMAT, Trust.A, raw, error)
    own = next(("".join(child.itertext()) for child in value if local(child) == "publicKey"), "")
    return with_own_key(raw, own, key, received)
