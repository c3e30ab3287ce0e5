"""Points as the contracts grant them: for slots that were traded and metered, and from budgets asked for too much."""

from collections.abc import Iterable, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.contracts.structs import Carrier
from wattbook.deployment.local import known_account
from wattbook.points.reasons import Reason
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.trial.blocks import Log, message
from wattbook.trial.park import SLOT_SECONDS, Park
from wattbook.trial.settling import Settling

_ZONE = 1
_TERMS = Terms(pool_in=300, pool_out=600, loss_bps=0, band_bps=300, penalty_bps=1_000)
# Where the base of all that asks for points keeps what was asked for: by epoch, and by epoch and place.
_EPOCHS_SLOT, _ASKS_SLOT = 0, 1


class Rewarding:
    """Shows slots of a zone to the contract that rewards clean trades."""

    def __init__(self, park: Park) -> None:
        self.park, self.trades = park, park.market.clean_trades

    def ripen(self, slot: int) -> None:
        """Lets the time pass in which anything can change."""
        wait = self.park.market.imbalance.patience() + self.trades.rest()
        ripe_at = slot + SLOT_SECONDS + wait
        if self.park.blocks.now < ripe_at:
            self.park.blocks.mine([], ripe_at)

    def in_order(self, accounts: Iterable[str]) -> list[str]:
        """By rising owner and address."""
        return sorted(accounts, key=lambda account: (self.owner_of(account), int(account, 16)))

    def owner_of(self, account: str) -> int:
        membership = self.park.market.membership
        return int(membership.standing_of(membership.current_of(account)).owner)

    def reward(self, slot: int, accounts: Iterable[str], devices: Iterable[int]) -> tuple[Log, ...]:
        """What is said when a slot is rewarded."""
        arguments = (_ZONE, Carrier.ELECTRICITY, slot, self.in_order(accounts), sorted(devices))
        sent = message(self.trades, "reward", known_account("grid").address, *arguments)
        [mined] = self.park.blocks.mine([sent])
        return mined.logs


class CleanSlots:
    """A plant that sells all it makes to a shop that uses all it buys.

    Both act under new accounts in every slot, as meters that were silent for long are not believed; the owners behind
    them stay.
    """

    def __init__(self, park: Park) -> None:
        self._rewarding, self._settling = Rewarding(park), Settling(park)
        self._blocks, self._market = park.blocks, park.market
        self._owners: dict[str, int] = {}

    def traded(self, clean_wh: int) -> dict[str, Any]:
        """Points by role for a slot more, and all Wh by role after it."""
        parties = {"plant": Metered(clean_wh, 0, clean_wh, 0), "shop": Metered(0, clean_wh, 0, clean_wh)}
        settling = self._settling
        settling.parties.clear()
        settling.have(list(parties))
        accounts = {name: settling.parties[name].account for name in parties}
        for name, account in accounts.items():
            self._own(name, account)
        settling.begin(_TERMS)
        settling.trade(parties)
        settling.deliver(parties)
        settling.settle_together(list(accounts.values()))
        self._rewarding.ripen(settling.slot)
        logs = self._rewarding.reward(settling.slot, accounts.values(), [settling.parties["plant"].plant])
        earned = {log.args[1]: log.args[4] for log in logs if log.name == "CleanTraded"}
        seller, shop = (earned[self._owners[name]] for name in parties)
        sold, used = (self._market.clean_trades.clean_of(self._owners[name]) for name in parties)
        return {
            "points": {"seller": seller[0], "buyer": shop[1], "user": shop[2]},
            "cumWh": {"seller": sold.sold, "buyer": used.bought, "user": used.used},
        }

    def _own(self, name: str, account: str) -> None:
        """Has the account belong to whom the first of this name belonged to."""
        membership = self._market.membership
        member = membership.standing_of(account).member
        owner = self._owners.setdefault(name, member)
        authority = self._market.authority.address
        self._blocks.mine([message(membership, "changeOwner", authority, member, owner)])


def granted_on_chain(park: Park, budget: int, asks: Sequence[int]) -> list[int]:
    """What accounts get of a budget that they ask for; the first of them in one transaction, the others in another."""
    trades, points, blocks = park.market.clean_trades, park.market.power_points, park.blocks
    park.have_traders(len(asks))
    accounts = park.traders[: len(asks)]
    begin_an_epoch(park)
    epoch = points.current_epoch()
    setting = (int(Reason.CLEAN_TRADE), epoch, budget)
    blocks.mine([message(points, "setBudget", park.market.authority.address, *setting)])
    put_asks(park, epoch, accounts, asks)
    begin_an_epoch(park)
    sender = known_account("grid").address
    parts = blocks.mine([message(trades, "grant", sender, epoch, count) for count in (1, len(asks))])
    issued = [log.args[3:] for mined in parts for log in mined.logs if log.name == "Issued"]
    got = {account: amount for listed, amounts in issued for account, amount in zip(listed, amounts, strict=True)}
    return [got.get(account.lower(), 0) for account in accounts]


def begin_an_epoch(park: Park) -> None:
    """Goes on to where the next epoch of points begins."""
    length = park.market.power_points.epoch_length()
    park.blocks.mine([], (park.blocks.now // length + 1) * length)


def put_asks(park: Park, epoch: int, accounts: Sequence[str], asks: Sequence[int]) -> None:
    """Writes asks as the contract keeps them: so many points are earned in no slot."""
    address = park.market.clean_trades.address
    total = len(asks) | sum(asks) << 64
    park.blocks.set_storage(address, _place(epoch, _EPOCHS_SLOT), total.to_bytes(32))
    for place, (account, amount) in enumerate(zip(accounts, asks, strict=True)):
        word = int(account, 16) | amount << 160
        park.blocks.set_storage(address, _place(epoch << 32 | place, _ASKS_SLOT), word.to_bytes(32))


def _place(key: int, slot: int) -> bytes:
    """Where a mapping keeps what it has under a number."""
    return keccak(encode(["uint256", "uint256"], [key, slot]))
