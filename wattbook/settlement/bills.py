"""Who gets which part of a bill (docs/settlement/bills.md)."""

from collections.abc import Sequence
from typing import TypeVar

_WHOLE = 10_000

Payee = TypeVar("Payee")


def split(amount: int, shares: Sequence[tuple[Payee, int]]) -> dict[Payee, int]:
    """An amount by shares in 1/10000, which make a whole. All but the first are rounded down; the first, who made the
    energy, gets what is left, so that the parts make the amount."""
    if not shares or sum(bps for _, bps in shares) != _WHOLE:
        raise ValueError("the shares of a bill do not make a whole")
    if len(dict(shares)) != len(shares):
        raise ValueError("somebody has two shares of a bill")
    (first, _), *others = shares
    parts = {payee: amount * bps // _WHOLE for payee, bps in others}
    return {first: amount - sum(parts.values()), **parts}
