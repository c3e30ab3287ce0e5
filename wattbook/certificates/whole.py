"""Certificates of one MWh: issued by what a device has made, or wrapped around what was bought in slices."""

from collections.abc import Sequence
from typing import TypeVar

WHOLE_WH = 1_000_000
"""Wh of a certificate."""

Source = TypeVar("Source")


def issued(carried_wh: int, new_wh: int) -> tuple[int, int]:
    """How many certificates a producer's Wh make, and the Wh that are carried on."""
    return divmod(carried_wh + new_wh, WHOLE_WH)


def slices(holdings: Sequence[tuple[Source, int]]) -> list[tuple[Source, int]] | None:
    """What a certificate takes of what is held, in the order of the list; nothing when that is less than it needs."""
    taken, missing = [], WHOLE_WH
    for source, wh in holdings:
        part = min(wh, missing)
        if part:
            taken.append((source, part))
        missing -= part
    return None if missing else taken
