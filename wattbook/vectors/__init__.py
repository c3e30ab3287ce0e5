"""Runs vector files against the engines.

A file's kind is told from its top-level keys and from `meta`. What no engine here can run yet is reported as not run,
never as passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wattbook.vectors import (
    clearing,
    comparison,
    escrow,
    finance,
    governance,
    metering,
    nakamoto,
    packages,
    rewards,
    tender,
)
from wattbook.vectors.check import Check, Kind, NotRun, VectorError, VectorFile, read

__all__ = ["ENGINES", "Check", "Kind", "NotRun", "Outcome", "VectorError", "VectorFile", "run_file", "vector_files"]

ENGINES: tuple[Kind, ...] = (
    Kind(clearing.recognises, clearing.checks),
    Kind(comparison.recognises, comparison.checks, covers=("rows",)),
    Kind(escrow.recognises, escrow.checks),
    Kind(finance.recognises, finance.checks, covers=finance.LISTS),
    Kind(governance.recognises, governance.checks, covers=governance.LISTS),
    Kind(metering.recognises, metering.checks, covers=("intervals", "imbalance")),
    Kind(nakamoto.recognises, nakamoto.checks, covers=("rows", "need")),
    Kind(packages.recognises, packages.checks, covers=packages.LISTS),
    Kind(rewards.recognises, rewards.checks, covers=rewards.LISTS),
    Kind(tender.recognises, tender.checks, covers=tender.LISTS),
)
"""The kinds that run in Python. Another runner is another such tuple."""


@dataclass
class Outcome:
    """What became of one file's cases; `unknown` counts those that no kind covers."""

    file: str
    passed: int = 0
    unknown: int = 0
    skipped: list[NotRun] = field(default_factory=list)
    mismatches: list[Check] = field(default_factory=list)

    @property
    def not_run(self) -> int:
        return self.unknown + len(self.skipped)


def vector_files(path: Path) -> list[Path]:
    """The vector files in a folder, or the one file."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise VectorError(f"there are no vector files in {path}")
    return files


def run_file(path: Path, kinds: Sequence[Kind] = ENGINES) -> Outcome:
    """Runs every case of a vector file that one of the kinds has an engine for."""
    file = read(path)
    outcome = Outcome(str(path))
    kind = next((kind for kind in kinds if kind.recognises(file)), None)
    for result in _checks(kind, file) if kind else []:
        if isinstance(result, NotRun):
            outcome.skipped.append(result)
        elif result.agrees:
            outcome.passed += 1
        else:
            outcome.mismatches.append(result)
    covered = kind.covers if kind else ()
    outcome.unknown = sum(
        len(value) for key, value in file.data.items() if isinstance(value, list) and key not in covered
    )
    return outcome


def _checks(kind: Kind, file: VectorFile) -> list[Check | NotRun]:
    try:
        return list(kind.checks(file))
    except (AttributeError, KeyError, TypeError, ArithmeticError) as error:
        raise VectorError(f"{file.path} has a case that is not whole ({type(error).__name__}: {error})") from None
