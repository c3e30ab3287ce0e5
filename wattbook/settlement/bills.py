"""Who gets which part of a bill (docs/settlement/bills.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from wattbook.contracts.structs import Facts

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


@dataclass(frozen=True)
class Parts:
    """Who gets what of an amount in uPT that is paid for energy; together the amount."""

    producer: int = 0
    network: int = 0
    platform: int = 0
    fund: int = 0

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(
            self.producer + other.producer,
            self.network + other.network,
            self.platform + other.platform,
            self.fund + other.fund,
        )


def parts(amount: int, wh: int, facts: Facts) -> Parts:
    """By the facts of the zone. Where it has a price for wheeling the network gets that for each Wh, but no more than
    platform and fund leave."""
    shares = {"network": facts.network_bps, "platform": facts.platform_bps, "fund": facts.fund_bps}
    found = Parts(**split(amount, [("producer", _WHOLE - sum(shares.values())), *shares.items()]))
    if not facts.wheeling:
        return found
    left = found.producer + found.network
    network = min(wh * facts.wheeling, left)
    return Parts(left - network, network, found.platform, found.fund)
