"""Runs vector files against the engines.

A file's kind is told from its top-level keys and `meta.rule`. What no engine here can run yet is reported as not run,
never as passed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattbook.errors import WattbookError
from wattbook.vectors import nakamoto


class VectorError(WattbookError):
    """A vector file cannot be read."""


@dataclass(frozen=True)
class Mismatch:
    """A case whose result is not the expected one."""

    case: str
    expected: Any
    got: Any


@dataclass
class Outcome:
    """What became of one file's cases."""

    file: str
    passed: int = 0
    not_run: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)


Check = tuple[str, Any, Any, bool]
Kind = tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], list[Check]]]

_KINDS: tuple[Kind, ...] = ((nakamoto.recognises, nakamoto.checks),)


def vector_files(path: Path) -> list[Path]:
    """The vector files in a folder, or the one file."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise VectorError(f"there are no vector files in {path}")
    return files


def run_file(path: Path) -> Outcome:
    """Runs every case of a vector file that an engine exists for."""
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise VectorError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise VectorError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict) or "meta" not in data:
        raise VectorError(f"{path} is not a vector file: it has no meta")
    outcome = Outcome(str(path))
    for recognises, checks in _KINDS:
        if recognises(data):
            for case, expected, got, agrees in _checked(checks, data, path):
                if agrees:
                    outcome.passed += 1
                else:
                    outcome.mismatches.append(Mismatch(case, expected, got))
            return outcome
    outcome.not_run = sum(len(value) for key, value in data.items() if key != "meta" and isinstance(value, list))
    return outcome


def _checked(checks: Callable[[dict[str, Any]], list[Check]], data: dict[str, Any], path: Path) -> list[Check]:
    try:
        return checks(data)
    except (KeyError, TypeError, ArithmeticError) as error:
        raise VectorError(f"{path} has a case that is not whole ({type(error).__name__}: {error})") from None
