"""Whatever is done in whatever order, the money is all there, every Wh is somewhere, and settling comes to the same."""

import random
from collections.abc import Callable

import pytest

from tests.depth import depth
from wattbook.certificates.slices import next_slots, stock
from wattbook.contracts.structs import Carrier, Purse
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.plan import MODULES, purse_account
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.days import Days, Member
from wattbook.trial.park import Park

MEMBERS, SLOTS = 8, 12
SEEDS = range(depth(1, 20))
# Those who bear what is not paid.
CREDITORS = (purse_account(Purse.COMMON_FUND), purse_account(Purse.GRID))


class Restless(Days):
    """Members who between slots withdraw all they have, pay debts, have their energy certified and sell certificates,
    while readings are counted and accounts settled a few at a time, too early and twice."""

    def __init__(self, park: Park, seed: int) -> None:
        super().__init__(park, MEMBERS, seed)
        self.luck = random.Random(seed)
        self.poor: set[str] = set()
        self.withdrawn = 0
        self.debts = 0
        self.before = self.money()
        self.others = self.tokens() - sum(self.before.values()) - self.locked()
        self.past: list[int] = []

    def trading(self, carrier: Carrier) -> list[Member]:
        return [member for member in self.members[carrier] if member.account not in self.poor]

    def locked(self) -> int:
        market = self.park.market
        return sum(market.vault.module_of(market.deployment.address(name)).locked for name in MODULES)

    # -------------------------------------------------------------------------------------------------- what is done

    def count_some(self) -> None:
        """Those of the last slot are not final, and are refused; they come again."""
        final = sum(root.time <= self.past[-1] for root, _ in self.rounds.queue)
        early = self.rounds.queue[final:]
        self.meter(self.luck.randint(0, final))
        for root, readings in early:
            self._mine([message(self._imbalance, "meter", self._relayer, root, readings)])

    def settle_some(self) -> None:
        accounts = self.luck.sample(self.park.traders, self.luck.randint(1, MEMBERS))
        self.settle([self.luck.choice(self.past)], accounts)

    def withdraw(self) -> None:
        """Everything; so what is owed later becomes a debt."""
        who = self.luck.choice(self.park.traders)
        free = self.park.market.vault.account_of(who).free
        if free and len(self.poor) < MEMBERS // 2:
            self.park.blocks.mine([message(self.park.market.vault, "withdraw", who, free)])
            self.withdrawn += free
            self.poor.add(who)

    def pay_debts(self) -> None:
        vault = self.park.market.vault
        for who in self.park.traders:
            for creditor in CREDITORS:
                if amount := min(vault.debt_to(who, creditor), vault.account_of(who).free):
                    self.park.blocks.mine([message(vault, "payDebt", who, who, creditor, amount)])
                    self.debts += 1

    def certify_some(self) -> None:
        market, luck = self.park.market, self.luck
        member = luck.choice(self.members[luck.choice(list(self.members))])
        device = member.plant.device
        if wh := luck.randint(0, stock(market, device)):
            slots = next_slots(market, device, wh)
            issue = message(market.clean_energy, "issue", member.account, device, *slots, wh)
            [mined] = self.park.blocks.mine([issue])
            id = next(log.args[2] for log in mined.logs if log.name == "SliceIssued")
            to, part = luck.choice(self.park.traders), luck.randint(1, wh)
            give = ("safeTransferFrom", member.account, member.account, to, id, part, b"")
            self.park.blocks.mine([message(market.clean_energy, *give)])
            retirement = (to, *slots, "own use")
            self.park.blocks.mine([message(market.clean_energy, "retire", to, id, part, retirement)])

    # ------------------------------------------------------------------------------------------------- what must hold

    def check(self) -> None:
        assert self.tokens() == self.others + sum(self.money().values()) + self.locked()
        assert self.park.market.vault.module_of(self.park.market.imbalance.address).locked == 0
        sums = self.park.market.clean_energy.totals()
        assert sums.taken == sum(sums[1:])
        plants = [one.plant.device for members in self.members.values() for one in members]
        recorded = sum(self.park.market.production.total_of(device) for device in plants)
        assert sums.taken + sum(stock(self.park.market, device) for device in plants) == recorded

    def go(self) -> None:
        doings: list[Callable[[], None]] = [
            *(self.count_some, self.settle_some, self.settle_some, self.withdraw),
            *(self.pay_debts, self.certify_some),
        ]
        starts = self.begin(SLOTS)
        for start in starts:
            self.live(start)
            self.past.append(start)
            for _ in range(4):
                self.luck.choice(doings)()
                self.check()
        self.wait_until_final()
        self.meter(len(self.rounds.queue))
        for _ in range(2):
            for start in starts:
                self.settle([start], self.park.traders)
                self.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order(seed: int) -> None:
    with Anvil(*OPTIONS) as chain:
        park = Restless(Park(chain), seed)
        park.go()
        assert park.unlike_the_engine() == []
        vault = park.park.market.vault
        assert sum(park.money().values()) + park.locked() == sum(park.before.values()) - park.withdrawn
        assert park.locked() == 0
        assert park.withdrawn
        owed = sum(vault.debt_of(who) for who in park.park.traders)
        assert owed or park.debts
