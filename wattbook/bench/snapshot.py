"""Figures under version control: what was measured last, so that a change shows itself."""

import json
from pathlib import Path

Figures = dict[str, dict[str, int]]


def read(path: Path) -> Figures:
    """The committed figures."""
    figures: Figures = json.loads(path.read_text())
    return figures


def write(path: Path, figures: Figures) -> None:
    path.write_text(json.dumps(figures, indent=2) + "\n")


def differences(before: Figures, now: Figures) -> list[str]:
    """Each figure that changed, in words."""
    found = []
    for kind in sorted(before.keys() | now.keys()):
        old, new = before.get(kind, {}), now.get(kind, {})
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                found.append(f"{kind}: {name} was {old.get(name, 'unknown')}, is {new.get(name, 'gone')}")
    return found
