"""What docs/permissions.md says: its vocabulary and its table of rights."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
SIGNED = "anyone, signed by "


@dataclass(frozen=True)
class Right:
    """Who may call a function in a case ("" for the usual one), or whose signature it needs."""

    contract: str
    function: str
    case: str
    terms: frozenset[str]
    signed: bool

    @property
    def scene(self) -> tuple[str, str, str]:
        return self.contract, self.function, self.case

    def __str__(self) -> str:
        return "-".join(part for part in self.scene if part).replace(" ", "_")


@cache
def vocabulary() -> frozenset[str]:
    """The terms that the page explains."""
    return frozenset(term for term, *_ in _rows("Term", "Who it is"))


@cache
def rights() -> tuple[Right, ...]:
    """The table, row by row."""
    return tuple(_right(*cells) for cells in _rows("Contract", "Function", "Case", "Who may call it"))


def _right(contract: str, function: str, case: str, who: str) -> Right:
    signed = who.startswith(SIGNED)
    terms = frozenset(who.removeprefix(SIGNED).split(" or "))
    return Right(contract, function.strip("`"), case, terms, signed)


def _rows(*heading: str) -> list[list[str]]:
    """The rows of the tables with this heading."""
    found, inside = [], False
    for line in PAGE.read_text().splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells == list(heading):
            inside = True
        elif inside and not re.fullmatch(r"[-:]+", cells[0]):
            found.append(cells)
    return found
