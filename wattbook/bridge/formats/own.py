"""Our own record: a reading as JSON, signed by the meter as EIP-712, so that a contract can check it too.

{"meter": 7, "carrier": 0, "direction": 1, "t": 1767225600, "register": 1234567, "seq": 42, "quality": 0,
 "prevHash": "0x...", "chainId": 31337, "contract": "0x...", "signature": "0x...", "publicKey": "..."}

Only `publicKey` may be missing. A secp256k1 signature is r, s, v in 65 bytes, or 64 as EIP-2098 has them; on P-256 it
is r and s.
"""

import re
from typing import Any

from eth_utils.address import is_checksum_address

from wattbook.bridge.formats import exact_json
from wattbook.bridge.formats.quantities import possible
from wattbook.bridge.formats.records import (
    NO_KEY,
    NOT_SIGNED,
    OWN_KEY,
    RecordError,
    Sample,
    Trust,
    Verdict,
    refused,
    shown,
)
from wattbook.contracts.structs import Direction
from wattbook.metering.keys import Curve, MeterKey, MeterKeyError, Signer, parse_key, recover
from wattbook.metering.readings import Reading, ReadingError

FORMAT = "wattbook"
_NUMBERS = ("meter", "carrier", "direction", "t", "register", "seq", "quality", "chainId")
_TEXTS = ("prevHash", "contract", "signature")
_REGISTERS = {Direction.WITHDRAWAL: "1.8.0", Direction.INJECTION: "2.8.0"}
# One spelling only: of two records that differ in letters' case, one is not what the meter wrote.
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")
_HIGH = 1 << 255


def is_own(value: Any) -> bool:
    """Whether a JSON object is meant to be a reading of ours."""
    return isinstance(value, dict) and "prevHash" in value


def verify(raw: bytes, key: Signer | None, received: int | None = None) -> Verdict:
    """Whether a key signed the reading, and whether it can be. A key that is given counts, not the record's."""
    try:
        fields = _fields(raw)
        reading = _reading(fields)
        digest = reading.digest(fields["chainId"], fields["contract"])
        signature = _hex(fields, "signature")
        signer = key or _own_key(fields)
    except (RecordError, ReadingError, MeterKeyError) as error:
        return refused(FORMAT, Trust.A, raw, error)
    if signer is None:
        return refused(FORMAT, Trust.A, raw, NO_KEY)
    signed = _signed(signer, digest, signature)
    reason = "" if signed else NOT_SIGNED
    samples: tuple[Sample, ...] = ()
    if signed:
        try:
            time = possible(reading.time, received)
            register = _REGISTERS[Direction(reading.direction)]
            samples = (Sample(str(reading.device), register, time, reading.register, reading.sequence),)
        except RecordError as error:
            reason = f"signed, but {error}"
    verdict = Verdict(FORMAT, not reason, reason, Trust.A, raw, samples, signed, signer)
    return verdict if key else verdict.noting(OWN_KEY)


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        fields = exact_json.loads(raw.decode())
    except UnicodeDecodeError:
        raise RecordError("the reading is not UTF-8") from None
    if not isinstance(fields, dict):
        raise RecordError("the reading is no JSON object")
    return fields


def _reading(fields: dict[str, Any]) -> Reading:
    if missing := [name for name in (*_NUMBERS, *_TEXTS) if name not in fields]:
        raise RecordError(f"the reading has no {missing[0]}")
    if unknown := [name for name in fields if name not in (*_NUMBERS, *_TEXTS, "publicKey")]:
        raise RecordError(f"a reading has no field {shown(unknown[0])}")
    for name in _NUMBERS:
        if not isinstance(fields[name], int) or isinstance(fields[name], bool):
            raise RecordError(f"{name} is {shown(fields[name])}, no integer")
    if not is_checksum_address(fields["contract"]):
        raise RecordError("contract is no address with the checksum of EIP-55")
    if fields["direction"] not in set(Direction):
        raise RecordError(f"direction is {shown(fields['direction'])}, neither injection (0) nor withdrawal (1)")
    return Reading(
        device=fields["meter"],
        carrier=fields["carrier"],
        direction=fields["direction"],
        time=fields["t"],
        register=fields["register"],
        sequence=fields["seq"],
        quality=fields["quality"],
        previous=_hex(fields, "prevHash"),
    )


def _own_key(fields: dict[str, Any]) -> Signer | None:
    text = fields.get("publicKey", "")
    if not isinstance(text, str):
        raise RecordError(f"publicKey is {shown(text)}, no text")
    return parse_key(text) if text else None


def _signed(key: Signer, digest: bytes, signature: bytes) -> bool:
    if isinstance(key, MeterKey) and key.curve == Curve.SECP256R1:
        return len(signature) == 64 and key.verify_digest(digest, signature)
    if key.curve != Curve.SECP256K1 or len(signature) not in (64, 65):
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if len(signature) == 65:
        v = signature[64] - 27 if signature[64] >= 27 else signature[64]
    else:
        v, s = divmod(s, _HIGH)
    return v in (0, 1) and recover(digest, r, s, v) == key.address


def _hex(fields: dict[str, Any], name: str) -> bytes:
    value = fields[name]
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise RecordError(f"{name} is {shown(value)}, not 0x and bytes in small hex digits")
    return bytes.fromhex(value[2:])
