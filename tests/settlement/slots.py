"""What tests ask of a zone whose slots are settled."""

from collections.abc import Mapping
from random import Random
from typing import Any

from tests.assertions import refused
from wattbook.contracts.structs import Purse
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.trial.blocks import Mined, message
from wattbook.trial.park import MONEY, Park
from wattbook.trial.settling import REST, Settling

TERMS = Terms(pool_in=300, pool_out=600, loss_bps=300, band_bps=300, penalty_bps=1_000)
SHARES = (1_800, 100, 900)
PRICE = 450
# ceil(1.1 * 600) is what a missing Wh costs beyond the band; what that is above the price is the margin.
MARGIN = 660 - PRICE
PURSES = (Purse.COMMON_FUND, Purse.PLATFORM, Purse.NETWORK, Purse.POOL, Purse.GRID)


def any_parties(luck: Random, fewest: int, most: int) -> dict[str, Metered]:
    """So many members who trade and are metered whatever it may be."""
    parties = {}
    for place in range(luck.randint(fewest, most)):
        sold, bought = (luck.choice([0, luck.randint(100, 50_000)]) for _ in range(2))
        metered = luck.choice([0, luck.randint(0, 60_000)]), luck.randint(0, 60_000)
        parties[f"member {place}"] = Metered(*metered, sold, bought)
    return parties


def with_rest(parties: Mapping[str, Metered]) -> dict[str, Metered]:
    """Who traded, with the one more member by whom it adds up."""
    rest = sum(one.sold - one.bought for one in parties.values())
    return dict(parties) | ({REST: Metered(0, 0, max(0, -rest), max(0, rest))} if rest else {})


class Slots(Settling):
    def __init__(self, park: Park) -> None:
        super().__init__(park)
        self.market = park.market
        self.brought = 0

    # ----------------------------------------------------------------------------------------------------- money

    def free(self, name: str) -> int:
        return int(self.market.vault.account_of(self.account(name)).free)

    def purse(self, purse: Purse) -> int:
        return int(self.market.vault.account_of(purse_account(purse)).free)

    def money(self, *names: str) -> dict[str, int]:
        """What members and purses have, to be compared later."""
        return {name: self.free(name) for name in names} | {purse.name: self.purse(purse) for purse in PURSES}

    def gained(self, before: Mapping[str, int]) -> dict[str, int]:
        """What is more or less than it was; what is the same is left out."""
        names = [name for name in before if name not in Purse.__members__]
        after = self.money(*names)
        return {name: after[name] - before[name] for name in before if after[name] != before[name]}

    @property
    def imbalance_holds(self) -> int:
        return int(self.market.vault.module_of(self.imbalance.address).locked)

    @property
    def held(self) -> int:
        """All tokens in the Vault."""
        return int(self.market.power_token.balance_of(self.market.vault.address))

    # ------------------------------------------------------------------------------------------------------ people

    def account(self, name: str) -> str:
        return self.parties[name].account

    def have(self, names: list[str]) -> None:
        new = [name for name in names if name not in self.parties]
        before = len(self.park.traders)
        super().have(names)
        self.brought += MONEY * (len(self.park.traders) - before)
        assert all(name in self.parties for name in new)

    def as_account(self, name: str, contract: Any, function: str, *arguments: object) -> Mined:
        [mined] = self.park.blocks.mine([message(contract, function, self.account(name), *arguments)])
        return mined

    def decide(self, contract: Any, function: str, *arguments: object) -> Mined:
        sender = self.market.authority.address
        [mined] = self.park.blocks.mine([message(contract, function, sender, *arguments)])
        return mined

    # ----------------------------------------------------------------------------------------------------- settling

    def go_to(self, time: int) -> None:
        """A block of this second."""
        self.park.blocks.mine([], time)

    def play(
        self,
        parties: Mapping[str, Metered],
        terms: Terms = TERMS,
        shares: tuple[int, int, int] = SHARES,
        wheeling: int = 0,
    ) -> None:
        """A slot up to where it can be settled."""
        self.have(list(parties))
        self.begin(terms, shares, wheeling)
        self.trade(parties)
        self.deliver(parties)

    def settle_all(self, *names: str) -> dict[str, Any]:
        """In one transaction; by name what was said of each."""
        told = {one.account: one for one in self.settle_together([self.account(name) for name in names])}
        return {name: told[self.account(name)] for name in names if self.account(name) in told}

    def fails(self, error: Any, *accounts: str, slot: int | None = None, **args: object) -> None:
        """Settling is refused with this error."""
        call = self.imbalance.function("settle", 1, 0, self.slot if slot is None else slot, list(accounts))
        with refused(error, **args):
            self.market.chain.call(call, known_account("grid").address)
