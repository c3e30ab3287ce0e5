"""Who earned how much with clean energy in a slot: everything by beneficial owner, whatever accounts he used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wattbook.market.shares import cumfloor
from wattbook.points.rewards import Counter

SELLER_BPS, BUYER_BPS, USER_BPS = 5_000, 3_000, 2_000
# The market's own purses, which earn nothing.
NOBODY = 0


@dataclass(frozen=True)
class Account:
    """What an account did in a slot, in Wh; `estimated` is what it was settled with for what it took."""

    owner: int
    sold: int = 0
    bought: int = 0
    injected: int = 0
    withdrawn: int = 0
    estimated: int = 0
    clean: int = 0


@dataclass(frozen=True)
class Earned:
    """Clean Wh of an owner in a slot, by what he was in the trade."""

    sold: int = 0
    bought: int = 0
    used: int = 0


@dataclass
class _Party:
    position: int = 0
    injected: int = 0
    withdrawn: int = 0
    taken: int = 0
    clean: int = 0

    def add(self, one: Account) -> None:
        self.position += one.sold - one.bought
        self.injected += one.injected
        self.withdrawn += one.withdrawn
        self.taken += max(one.withdrawn, one.estimated)
        self.clean += one.clean

    @property
    def clean_sold(self) -> int:
        """No more than clean devices made, than the owner did not take himself, and than he sold."""
        return min(self.clean, max(self.injected - self.taken, 0), max(self.position, 0))


@dataclass
class CleanCounters:
    """All clean Wh of an owner for which he earned."""

    sold: Counter = field(default_factory=lambda: Counter(SELLER_BPS))
    bought: Counter = field(default_factory=lambda: Counter(BUYER_BPS))
    used: Counter = field(default_factory=lambda: Counter(USER_BPS))

    def add(self, earned: Earned) -> int:
        """Points for what was earned in one more slot."""
        return self.sold.add(earned.sold) + self.bought.add(earned.bought) + self.used.add(earned.used)


def earned_in(accounts: Sequence[Account]) -> dict[int, Earned]:
    """What each owner earns with, of all accounts that did anything in a slot.

    One kWh is one point at most: sellers earn for what other owners bought, buyers for what other owners sold cleanly,
    each his share of the lesser of both.
    """
    parties = _by_owner(accounts)
    sellers = {owner: one.clean_sold for owner, one in parties.items() if one.position > 0}
    buyers = {owner: -one.position for owner, one in parties.items() if one.position < 0}
    whole = min(sum(sellers.values()), sum(buyers.values()))
    earned = dict.fromkeys(parties, Earned())
    for owner, wh in zip(sellers, cumfloor(list(sellers.values()), whole), strict=True):
        earned[owner] = Earned(sold=wh)
    for owner, wh in zip(buyers, cumfloor(list(buyers.values()), whole), strict=True):
        one = parties[owner]
        earned[owner] = Earned(bought=wh, used=min(wh, max(one.withdrawn - one.injected, 0)))
    return {owner: one for owner, one in earned.items() if one != Earned()}


def traded_in(accounts: Sequence[Account]) -> set[int]:
    """Owners who sold or bought, all in all, in a slot in which another did the opposite."""
    parties = _by_owner(accounts)
    sold = any(one.position > 0 for one in parties.values())
    bought = any(one.position < 0 for one in parties.values())
    return {owner for owner, one in parties.items() if (one.position > 0 and bought) or (one.position < 0 and sold)}


def points_of(counters: Mapping[int, CleanCounters], accounts: Sequence[Account]) -> dict[int, int]:
    """Points that owners ask for after a slot, where they are more than none."""
    points = {owner: counters[owner].add(earned) for owner, earned in earned_in(accounts).items()}
    return {owner: amount for owner, amount in points.items() if amount}


def _by_owner(accounts: Sequence[Account]) -> dict[int, _Party]:
    parties: dict[int, _Party] = {}
    for one in sorted(accounts, key=lambda one: one.owner):
        if one.owner != NOBODY:
            parties.setdefault(one.owner, _Party()).add(one)
    return parties
