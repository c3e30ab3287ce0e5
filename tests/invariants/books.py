"""The money rules of Membership, PowerToken and Vault in plain Python.

Written from the interfaces' documentation and not from the contracts, so that both can be run over the same steps. Each
method returns None when the step goes through, or the name of the error it must be refused with.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Person:
    """A member with one account."""

    status: str = "ACTIVE"
    wallet: int = 0
    free: int = 0
    chosen: set[int] = field(default_factory=set)


class Books:
    """What everybody has, and what each module holds."""

    def __init__(self, people: int, modules: int) -> None:
        self.people = [Person() for _ in range(people)]
        self.purses: Counter[int] = Counter()
        self.locked = [0] * modules
        self.paused = [False] * modules
        self.deposits_paused = False
        self.reserve = 0
        self.receipts: set[int] = set()

    @property
    def supply(self) -> int:
        return sum(person.wallet for person in self.people) + self.held

    @property
    def held(self) -> int:
        """What the Vault must hold."""
        accounts = sum(person.free for person in self.people) + sum(self.purses.values())
        return accounts + sum(self.locked)

    def mint(self, to: int, amount: int, receipt: int) -> str | None:
        if amount == 0:
            return "ZeroAmount"
        if receipt in self.receipts:
            return "ReceiptUsed"
        if self.people[to].status != "ACTIVE":
            return "NotActive"
        self.receipts.add(receipt)
        self.people[to].wallet += amount
        self.reserve += amount
        return None

    def redeem(self, who: int, amount: int) -> str | None:
        if amount == 0:
            return "ZeroAmount"
        if amount > self.reserve:
            return "ReserveTooSmall"
        if amount > self.people[who].wallet:
            return "ERC20InsufficientBalance"
        self.people[who].wallet -= amount
        self.reserve -= amount
        return None

    def transfer(self, source: int, target: int, amount: int) -> str | None:
        if self.people[source].status != "ACTIVE" or self.people[target].status != "ACTIVE":
            return "NotActive"
        if amount > self.people[source].wallet:
            return "ERC20InsufficientBalance"
        self.people[source].wallet -= amount
        self.people[target].wallet += amount
        return None

    def deposit(self, who: int, amount: int) -> str | None:
        if self.deposits_paused:
            return "DepositsArePaused"
        if amount == 0:
            return "ZeroAmount"
        if amount > self.people[who].wallet:
            return "ERC20InsufficientBalance"
        self.people[who].wallet -= amount
        self.people[who].free += amount
        return None

    def withdraw(self, who: int, amount: int) -> str | None:
        if amount == 0:
            return "ZeroAmount"
        if amount > self.people[who].free:
            return "InsufficientFree"
        self.people[who].free -= amount
        self.people[who].wallet += amount
        return None

    def choose(self, who: int, chosen: set[int]) -> str | None:
        self.people[who].chosen = chosen
        return None

    def lock(self, module: int, who: int, amount: int) -> str | None:
        if self.paused[module]:
            return "ModuleNotAllowed"
        if self.people[who].status != "ACTIVE":
            return "NotActive"
        return self.lock_more(module, who, amount)

    def lock_more(self, module: int, who: int, amount: int) -> str | None:
        person = self.people[who]
        if module not in person.chosen:
            return "ModuleNotChosen"
        if amount > person.free:
            return "InsufficientFree"
        person.free -= amount
        self.locked[module] += amount
        return None

    def release(self, module: int, who: int, amount: int) -> str | None:
        if amount > self.locked[module]:
            return "InsufficientLocked"
        self.locked[module] -= amount
        self.people[who].free += amount
        return None

    def pay_purse(self, module: int, purse: int, amount: int) -> str | None:
        if amount > self.locked[module]:
            return "InsufficientLocked"
        self.locked[module] -= amount
        self.purses[purse] += amount
        return None

    def spend(self, purse: int, to: int, amount: int) -> str | None:
        if amount == 0:
            return "ZeroAmount"
        if amount > self.purses[purse]:
            return "InsufficientFree"
        self.purses[purse] -= amount
        self.people[to].free += amount
        return None

    def suspend(self, who: int) -> str | None:
        return self._change(who, {"ACTIVE"}, "SUSPENDED")

    def reinstate(self, who: int) -> str | None:
        return self._change(who, {"SUSPENDED"}, "ACTIVE")

    def expel(self, who: int) -> str | None:
        return self._change(who, {"ACTIVE", "SUSPENDED"}, "EXPELLED")

    def pause(self) -> str | None:
        self.deposits_paused = True
        self.paused = [True] * len(self.paused)
        return None

    def resume(self) -> str | None:
        self.deposits_paused = False
        self.paused = [False] * len(self.paused)
        return None

    def _change(self, who: int, before: set[str], after: str) -> str | None:
        if self.people[who].status not in before:
            return "UnexpectedStatus"
        self.people[who].status = after
        return None
