"""Figures under version control: what was measured last, so that a change shows itself."""

import json
from pathlib import Path

from wattbook.bench import (
    certificates,
    finance,
    gas,
    governance,
    market,
    metering,
    packages,
    settlement,
    sizes,
    tenders,
)
from wattbook.errors import WattbookError

# The book whose figures are kept: large enough to show every step, small enough for every run of the tests.
SNAPSHOT_ORDERS = 100

Figures = dict[str, dict[str, int]]


class SnapshotError(WattbookError):
    """A file of figures cannot be read, written, or agreed with."""


def measure() -> Figures:
    """The figures of the contracts as they are."""
    [(life, _)] = market.measure((SNAPSHOT_ORDERS,))
    return {
        "gas": gas.measure(),
        "codeSize": sizes.measure(),
        "market": life.figures(),
        "metering": metering.measure(),
        "settlement": settlement.measure(),
        "certificates": certificates.measure(),
        "packages": packages.measure(),
        "tenders": tenders.measure(),
        "finance": finance.measure(),
        "governance": governance.measure(),
    }


def read(path: Path) -> Figures:
    """The committed figures."""
    try:
        data = json.loads(path.read_text())
        return {kind: {name: int(figure) for name, figure in figures.items()} for kind, figures in data.items()}
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError):
        raise SnapshotError(f"{path} is not a file of figures; write it with --save") from None


def write(path: Path, figures: Figures) -> None:
    try:
        path.write_text(json.dumps(figures, indent=2) + "\n")
    except OSError as error:
        raise SnapshotError(f"{path} cannot be written: {error.strerror}") from None


def differences(before: Figures, now: Figures) -> list[str]:
    """Each figure that changed, in words."""
    found = []
    for kind in sorted(before.keys() | now.keys()):
        old, new = before.get(kind, {}), now.get(kind, {})
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                found.append(f"{kind}: {name} was {old.get(name, 'unknown')}, is {new.get(name, 'gone')}")
    return found
