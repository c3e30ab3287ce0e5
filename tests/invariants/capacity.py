"""The rules of EnergyUnits in plain Python, without groups, words or anything that is kept to save gas.

Written from the interface's documentation and not from the contract, so that both can be run over the same steps.
"""

from collections import Counter
from dataclasses import dataclass


@dataclass
class Plant:
    """A device that delivers."""

    owner: int
    full: int
    cap: int


class Capacity:
    """What is drawn of every plant in every slot, by whom, and which slot it is."""

    def __init__(self, plants: list[Plant], now: int) -> None:
        self.plants = plants
        self.now = now
        self.drawn: Counter[tuple[int, int]] = Counter()
        self.units: Counter[tuple[int, int, int]] = Counter()
        self.locked: Counter[tuple[int, int, int]] = Counter()

    def left(self, plant: int, slot: int) -> int:
        return max(0, self.plants[plant].cap - self.drawn[plant, slot])

    def available(self, who: int, plant: int, slot: int) -> int:
        if slot <= self.now or self.plants[plant].cap == 0:
            return 0
        own = self.left(plant, slot) if self.plants[plant].owner == who else 0
        return own + self.units[who, plant, slot]

    def lock(self, who: int, plant: int, slot: int, amount: int) -> bool:
        if slot <= self.now or self.plants[plant].cap == 0 or amount > self.available(who, plant, slot):
            return False
        fresh = min(amount, self.left(plant, slot)) if self.plants[plant].owner == who else 0
        self.drawn[plant, slot] += fresh
        self.units[who, plant, slot] -= amount - fresh
        self.locked[who, plant, slot] += amount
        return True

    def release(self, who: int, plant: int, slot: int, amount: int) -> None:
        self.locked[who, plant, slot] -= amount
        if slot <= self.now:
            return
        if self.plants[plant].owner == who:
            self.drawn[plant, slot] -= amount
        else:
            self.units[who, plant, slot] += amount

    def issue(self, plant: int, slot: int, to: int, amount: int) -> str | None:
        if self.plants[plant].cap == 0:
            return "NothingToSell"
        if slot <= self.now:
            return "UnitExpired"
        if amount == 0:
            return "ZeroAmount"
        if amount > self.left(plant, slot):
            return "CapacityExceeded"
        self.drawn[plant, slot] += amount
        self.units[to, plant, slot] += amount
        return None

    def transfer(self, giver: int, taker: int, plant: int, slot: int, amount: int) -> str | None:
        if slot <= self.now:
            return "UnitExpired"
        if amount > self.units[giver, plant, slot]:
            return "ERC1155InsufficientBalance"
        self.units[giver, plant, slot] -= amount
        self.units[taker, plant, slot] += amount
        return None

    def to_come(self) -> list[tuple[int, int]]:
        """The plants and slots that anything was ever drawn of and that have not begun."""
        return sorted((plant, slot) for plant, slot in self.drawn if slot > self.now)
