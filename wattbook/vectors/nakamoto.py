"""The attack probabilities on longest-chain systems (Nakamoto 2008, section 11)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from wattbook.governance.attack_probability import attack_probability, smallest_z_below
from wattbook.vectors.check import Check, VectorFile

# The files' own values were summed in 64-bit floating point, so their last digits are noise.
_RELATIVE = Decimal("1e-7")
_ABSOLUTE = Decimal("1e-14")
# Nakamoto's table has seven decimals.
_PUBLISHED = Decimal("6e-8")


def recognises(file: VectorFile) -> bool:
    return "rows" in file.data and "need" in file.data


def checks(file: VectorFile) -> Iterator[Check]:
    yield from _rows(file.data["rows"])
    yield from _depths(file.data["need"])
    yield from _claim(file.data["meta"])


def _rows(rows: list[dict[str, Any]]) -> Iterator[Check]:
    for row in rows:
        result = attack_probability(str(row["q"]), row["z"])
        case = f"q={row['q']} z={row['z']}"
        published = Decimal(str(row["published"]))
        agrees = abs(result.poisson - published) < _PUBLISHED
        yield Check(f"{case} published", published, result.poisson, agrees)
        yield _close(f"{case} computed", row["computed"], result.poisson)
        yield _close(f"{case} exact", row["exactRosenfeld"], result.exact)


def _depths(need: list[dict[str, Any]]) -> Iterator[Check]:
    for row in need:
        expected, got = row["smallestZBelow0_1percent"], smallest_z_below(str(row["q"]), "0.001")
        yield Check(f"q={row['q']} depth below 0.1 %", expected, got, expected == got)


def _claim(meta: dict[str, Any]) -> Iterator[Check]:
    """What the estimate claims for q = 0.3 and z = 50, and from where the exact probability keeps that claim."""
    result = attack_probability("0.3", 50)
    if "computed" in meta:
        yield _close("claim computed", meta["computed"], result.poisson)
    if "exact" in meta:
        yield _close("claim exact", meta["exact"], result.exact)
    if "exactBelowOneInAMillionFromZ" in meta:
        z = meta["exactBelowOneInAMillionFromZ"]
        before, at = (attack_probability("0.3", depth).exact for depth in (z - 1, z))
        agrees = at < Decimal("1e-6") <= before
        yield Check(f"q=0.3 exact below 1e-6 from z={z}", "below there and not before", (before, at), agrees)


def _close(case: str, expected: float, got: Decimal) -> Check:
    wanted = Decimal(repr(expected))
    return Check(case, wanted, got, abs(got - wanted) <= _ABSOLUTE + _RELATIVE * wanted)
