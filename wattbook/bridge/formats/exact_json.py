"""JSON without what one reader takes for this and another for that: no name twice, no NaN, no rounding."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from wattbook.bridge.formats.records import RecordError, shown


def loads(text: str) -> Any:
    """The one value in a text."""
    value, end = first(text, 0)
    if (rest := after_space(text, end)) < len(text):
        raise RecordError(f"{shown(text[rest : rest + 80])} follows the JSON")
    return value


def first(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, after spaces, and where it ends."""
    start = after_space(text, start)
    _check_depth(text, start)
    try:
        return _DECODER.raw_decode(text, start)
    except ValueError as error:
        raise RecordError(f"not JSON: {error}") from None


def items(text: str, start: int) -> Iterator[tuple[int, int, Any]]:
    """Where the items of an array lie that is well-formed and begins at `start`, and what they are."""
    position = after_space(text, start + 1)
    while text[position] != "]":
        value, end = first(text, position)
        yield position, end, value
        position = after_space(text, end)
        if text[position] == ",":
            position = after_space(text, position + 1)


def after_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _check_depth(text: str, start: int) -> None:
    """Python's parser recurses, and where something raised the limit of recursion, it takes the process down."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                raise RecordError(f"not JSON that is read here: nested more than {_MAX_DEPTH} deep")
        elif mark in "]}":
            depth -= 1
            if depth <= 0:
                return


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RecordError(f"{shown(name)} stands there twice")
        found[name] = value
    return found


def _refuse(constant: str) -> NoReturn:
    raise RecordError(f"not JSON: {constant}")


_MAX_DEPTH = 64
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=Decimal, parse_constant=_refuse)
