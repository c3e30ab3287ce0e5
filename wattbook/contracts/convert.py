"""Between the values of web3.py and those of the typed clients."""

from enum import IntEnum
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
    if get_origin(kind) is list:
        return [as_type(get_args(kind)[0], item) for item in value]
    if get_origin(kind) is tuple:
        return type(value)(as_type(inner, item) for inner, item in zip(get_args(kind), value, strict=True))
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return kind(value)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        return kind(*(as_type(hints[field], item) for field, item in zip(kind._fields, value, strict=True)))
    return value
