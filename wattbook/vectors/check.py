"""What a vector file is, and what becomes of its cases."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattbook.errors import WattbookError


class VectorError(WattbookError):
    """A vector file cannot be read."""


@dataclass(frozen=True)
class VectorFile:
    """A vector file as it was read; `data["meta"]` is an object."""

    path: Path
    data: dict[str, Any]


@dataclass(frozen=True)
class Check:
    """A case that was run, and whether its result is the expected one."""

    case: str
    expected: Any
    got: Any
    agrees: bool


@dataclass(frozen=True)
class NotRun:
    """A case that no engine here can run."""

    case: str
    reason: str


@dataclass(frozen=True)
class Kind:
    """A kind of vector file: how to tell it, how to run it, and which of the file's lists that covers."""

    recognises: Callable[[VectorFile], bool]
    checks: Callable[[VectorFile], Iterable[Check | NotRun]]
    covers: tuple[str, ...] = ("cases",)


def read(path: Path) -> VectorFile:
    """Reads a vector file of any kind."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise VectorError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise VectorError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("meta"), dict):
        raise VectorError(f"{path} is not a vector file: it has no meta")
    return VectorFile(path, data)


def compared(case: str, expected: Mapping[str, Any], got: Mapping[str, Any]) -> Check:
    """A check of an object, key by key; where it fails it shows the differing keys only."""
    differing = [key for key in {**expected, **got} if _exact(expected, key) != _exact(got, key)]
    return Check(
        case,
        {key: expected[key] for key in differing if key in expected},
        {key: got[key] for key in differing if key in got},
        not differing,
    )


def _exact(result: Mapping[str, Any], key: str) -> str | None:
    """A text that is the same for equal values of equal types only, so that neither 1.0 nor true is 1."""
    return json.dumps(result[key], sort_keys=True) if key in result else None
