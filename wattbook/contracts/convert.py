"""Between the values of web3.py and those of the typed clients."""

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints


def plain(value: Any) -> Any:
    """A value as web3 takes it: flags can be iterated over, which web3 would do."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, tuple | list):
        return tuple(plain(item) for item in value)
    return value


def as_type(kind: Any, value: Any) -> Any:
    """A value as web3 decodes it, in the type that the typed client promises."""
    return _into(kind)(value)


@cache
def _into(kind: Any) -> Callable[[Any], Any]:
    """What makes values of a type: to look a type over takes longer than that."""
    if get_origin(kind) is list:
        item = _into(get_args(kind)[0])
        return lambda value: [item(one) for one in value]
    if get_origin(kind) is tuple:
        parts = [_into(inner) for inner in get_args(kind)]
        return lambda value: type(value)(part(one) for part, one in zip(parts, value, strict=True))
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return kind
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        fields = [_into(hints[field]) for field in kind._fields]
        return lambda value: kind(*(part(one) for part, one in zip(fields, value, strict=True)))
    return lambda value: value
