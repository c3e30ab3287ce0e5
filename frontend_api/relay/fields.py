"""The fields of messages, as JSON has them and as contracts take them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils.address import is_address, is_checksum_address, to_checksum_address

from wattbook.eip712 import PARTS, Fields
from wattbook.errors import WattbookError

_LIST = "[]"
_UINT = re.compile(r"uint(\d+)")
_DIGITS = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
_WORD = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_MOST_PARTS = 64
_LONGEST_SIGNATURE = 4_096
_LONGEST_TEXT = 1_024
# What a number in JSON holds exactly wherever it is read.
_EXACT = 2**53 - 1
# What opens a sealed order; nobody signs it.
OPENING = "Opening"
_STRUCTS: dict[str, Fields] = {**PARTS, OPENING: (("order", "uint256"), ("salt", "bytes32"))}


class FieldError(WattbookError):
    """A field of a message is missing, unknown, or not of its kind."""


def taken(fields: Fields, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all fields and no others, each of its kind: integers, addresses with checksum, bytes, text."""
    names = [name for name, _ in fields]
    if missing := [name for name in names if name not in given]:
        raise FieldError(f"{missing[0]} is missing")
    if unknown := sorted(set(given) - set(names)):
        raise FieldError(f"there is no field {unknown[0][:40]!r}; the fields are {', '.join(names)}")
    return {name: _taken(kind, name, given[name]) for name, kind in fields}


def shown(fields: Fields, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same for JSON: numbers that not every reader holds exactly are decimal text, bytes are hex."""
    return {name: _shown(kind, values[name]) for name, kind in fields}


def signature_bytes(name: str, value: Any) -> bytes:
    """What somebody signed with, as hex."""
    try:
        found = bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise FieldError(f"{name} is no signature in hex") from None
    if not 0 < len(found) <= _LONGEST_SIGNATURE:
        raise FieldError(f"{name} is no signature")
    return found


def _taken(kind: str, name: str, value: Any) -> Any:
    if kind.endswith(_LIST):
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > _MOST_PARTS:
            raise FieldError(f"{name} is no list of at most {_MOST_PARTS}")
        return [_taken(kind.removesuffix(_LIST), f"{name}[{place}]", one) for place, one in enumerate(value)]
    if kind in _STRUCTS:
        if not isinstance(value, Mapping):
            raise FieldError(f"{name} is no object with the fields of {kind}")
        return taken(_STRUCTS[kind], value)
    if found := _UINT.fullmatch(kind):
        return _number(name, value, int(found[1]))
    if kind == "address":
        return _address(name, value)
    if kind == "bool":
        if not isinstance(value, bool):
            raise FieldError(f"{name} is neither true nor false")
        return value
    if kind == "bytes32":
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise FieldError(f"{name} is not 32 bytes in hex")
        return bytes.fromhex(value[2:])
    if kind == "bytes":
        return signature_bytes(name, value)
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not _encodes(value):
        raise FieldError(f"{name} is no text of at most {_LONGEST_TEXT} characters")
    return value


def _number(name: str, value: Any, bits: int) -> int:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise FieldError(f"{name} is no integer from 0 to 2^{bits} - 1")
    return value


def _address(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("0x") or not is_address(value):
        raise FieldError(f"{name} is no address")
    # Letters of both cases are a checksum, which guards against a slip of the hand.
    if value[2:] not in (value[2:].lower(), value[2:].upper()) and not is_checksum_address(value):
        raise FieldError(f"{name} is an address with a letter or number wrong")
    return str(to_checksum_address(value))


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(kind: str, value: Any) -> Any:
    if kind.endswith(_LIST):
        return [_shown(kind.removesuffix(_LIST), one) for one in value]
    if kind in _STRUCTS:
        return shown(_STRUCTS[kind], value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and value > _EXACT:
        return str(value)
    return value
