"""How an account was settled in a slot, as the contract tells it."""

from collections.abc import Sequence
from typing import NamedTuple

_MASK = {bits: (1 << bits) - 1 for bits in (40, 64, 128)}


class Statement(NamedTuple):
    """Energy in Wh, money in uPT; what changed since the account was settled before, if it was.

    - injected, withdrawn: at its meters
    - sold, bought: what it owed and was owed
    - due: for what it sold, of which network, platform and fund get their shares
    - cash: what it gets for its imbalance, or pays when negative
    - unpaid: what of that could not be taken
    """

    injected: int
    withdrawn: int
    sold: int
    bought: int
    due: int
    network: int
    platform: int
    fund: int
    cash: int
    unpaid: int


def unpacked(words: Sequence[int]) -> Statement:
    """A statement from the three words of its event."""
    energy, money, rest = words
    cash = rest & _MASK[128]
    injected, withdrawn, sold, bought = (energy >> shift & _MASK[40] for shift in (0, 40, 80, 120))
    due, network, platform, fund = (money >> shift & _MASK[64] for shift in (0, 64, 128, 192))
    signed, unpaid = cash - (1 << 128) if cash >> 127 else cash, rest >> 128 & _MASK[64]
    return Statement(injected, withdrawn, sold, bought, due, network, platform, fund, signed, unpaid)
