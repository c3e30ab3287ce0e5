"""What is paid for the difference between what was traded and what was metered (docs/settlement/imbalance.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

_WHOLE = 10_000


@dataclass(frozen=True)
class Terms:
    """A zone's facts: prices of the pool in mPT per kWh, shares in 1/10000."""

    pool_in: int
    pool_out: int
    loss_bps: int
    band_bps: int
    penalty_bps: int


@dataclass(frozen=True)
class Metered:
    """One party of a slot in Wh: injected, withdrawn, sold, bought."""

    injected: int
    withdrawn: int
    sold: int
    bought: int


@dataclass(frozen=True)
class Imbalance:
    """What a party delivered beyond what it owed, at the receiving meter; `cash` in uPT is what it gets."""

    net_delivered: int
    position: int
    imbalance: int
    inside_band: int
    outside_band: int
    cash: int


@dataclass(frozen=True)
class Settled:
    """All parties of a slot, and what the pool and the grid get or pay for them."""

    parties: dict[str, Imbalance]
    system_imbalance: int
    pool_cash: int
    grid_cash: int

    @property
    def pool_surplus(self) -> int:
        """Never negative, as the pool asks no less than it pays."""
        return self.pool_cash + self.grid_cash


def imbalance(metered: Metered, terms: Terms) -> Imbalance:
    """One party's."""
    net = metered.injected * (_WHOLE - terms.loss_bps) // _WHOLE - metered.withdrawn
    position = metered.sold - metered.bought
    difference = net - position
    inside = min(abs(difference), terms.band_bps * abs(position) // _WHOLE)
    outside = abs(difference) - inside
    if difference >= 0:
        beyond = terms.pool_in * (_WHOLE - terms.penalty_bps) // _WHOLE
        cash = inside * terms.pool_in + outside * beyond
    else:
        beyond = -(-terms.pool_out * (_WHOLE + terms.penalty_bps) // _WHOLE)
        cash = -(inside * terms.pool_out + outside * beyond)
    return Imbalance(net, position, difference, inside, outside, cash)


def settle(parties: Mapping[str, Metered], terms: Terms) -> Settled:
    """All parties of a zone in a slot. The pool trades with the grid what they are short or long together."""
    settled = {name: imbalance(metered, terms) for name, metered in parties.items()}
    system = sum(one.imbalance for one in settled.values())
    pool = -sum(one.cash for one in settled.values())
    grid = system * (terms.pool_in if system > 0 else terms.pool_out)
    return Settled(settled, system, pool, grid)
