"""What tests ask of slots whose clean trades earn points."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from tests.assertions import refused
from tests.settlement.slots import TERMS, Slots
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Carrier, Direction
from wattbook.deployment.local import known_account
from wattbook.points.clean_trades import Account
from wattbook.settlement.imbalance import Metered
from wattbook.trial.blocks import Log, message
from wattbook.trial.park import Park
from wattbook.trial.points import Rewarding

DAY = 86_400
SENDER = known_account("grid").address
Trade = tuple[str, str, int]


@dataclass(frozen=True)
class Told:
    """What a slot's reward says: Wh and points as seller, buyer and user by owner, and what each account asks for."""

    whole: int
    wh: dict[int, tuple[int, int, int]]
    points: dict[int, tuple[int, int, int]]
    asks: dict[str, int]


class Earning(Slots):
    def __init__(self, park: Park) -> None:
        super().__init__(park)
        self.rewarding = Rewarding(park)
        self.trades = park.market.clean_trades
        self.points = park.market.power_points

    def clear(self) -> None:
        self.parties.clear()
        self.qualities.clear()
        self.others.clear()

    # ------------------------------------------------------------------------------------------------------ people

    def member(self, name: str) -> int:
        return int(self.market.membership.standing_of(self.account(name)).member)

    def owner(self, name: str) -> int:
        return self.rewarding.owner_of(self.account(name))

    def one_owner(self, *names: str) -> None:
        """All belong to whom the first belongs to."""
        first = self.member(names[0])
        for name in names[1:]:
            self.decide(self.market.membership, "changeOwner", self.member(name), first)

    def another_device(self, name: str, wh: int, direction: Direction = Direction.INJECTION, **what: bool) -> int:
        """One more device of a member's, which counts so much in the slot to come."""
        device = self.park.new_device(owner=self.account(name), direction=direction, **what)
        self.parties[name].registers[device] = 0
        self.others[device] = wh
        return device

    # ------------------------------------------------------------------------------------------------------- slots

    def trade_and_meter(self, metered: Mapping[str, tuple[int, int]], trades: Sequence[Trade]) -> None:
        """A slot of direct sales, metered and settled; of each member what it injected and withdrew."""
        self.have(list(metered))
        self.begin(TERMS)
        for seller, buyer, wh in trades:
            self.sell(seller, buyer, wh)
        self.deliver({name: Metered(*one, 0, 0) for name, one in metered.items()})
        self.settle_all(*metered)

    def accounts(self, metered: Mapping[str, tuple[int, int]], trades: Sequence[Trade]) -> list[Account]:
        """The same slot for the engine, when every plant is clean."""
        return [
            Account(
                owner=self.owner(name),
                sold=sum(wh for seller, _, wh in trades if seller == name),
                bought=sum(wh for _, buyer, wh in trades if buyer == name),
                injected=injected,
                withdrawn=withdrawn,
                clean=injected,
            )
            for name, (injected, withdrawn) in metered.items()
        ]

    # ----------------------------------------------------------------------------------------------------- rewards

    def lists(self, names: Iterable[str], devices: Iterable[int]) -> tuple[list[str], list[int]]:
        return self.rewarding.in_order(map(self.account, names)), sorted(devices)

    def plants(self, *names: str) -> list[int]:
        return [self.parties[name].plant for name in names]

    def reward(self, names: Sequence[str], devices: Iterable[int] | None = None) -> Told:
        """Lets the slot ripen and shows these members, and their plants unless said otherwise."""
        self.rewarding.ripen(self.slot)
        shown = self.plants(*names) if devices is None else devices
        return told_by(self.rewarding.reward(self.slot, map(self.account, names), shown))

    def show(self, attempt: int, accounts: Sequence[str], devices: Sequence[int], by: str = SENDER) -> tuple[Log, ...]:
        """Shows a part of the slot."""
        arguments = (1, Carrier.ELECTRICITY, self.slot, attempt, list(accounts), sorted(devices))
        [mined] = self.park.blocks.mine([message(self.trades, "show", by, *arguments)])
        return mined.logs

    def reward_part(self, part: tuple[Any, ...]) -> Told:
        """Rewards a part with what {PartShown} said of it."""
        sent = message(self.trades, "rewardPart", SENDER, 1, Carrier.ELECTRICITY, self.slot, *part)
        [mined] = self.park.blocks.mine([sent])
        return told_by(mined.logs)

    def not_rewarded(self, error: Any, accounts: Sequence[str], devices: Sequence[int], **args: object) -> None:
        """Showing a slot is refused with this error."""
        with refused(error, **args):
            self.call(self.trades, "reward", 1, int(Carrier.ELECTRICITY), self.slot, list(accounts), list(devices))

    def call(self, contract: Contract, function: str, *arguments: Any, sender: str = SENDER) -> Any:
        """What would become of a call; nothing is changed."""
        return self.market.chain.call(contract.function(function, *arguments), sender)

    def balance(self, name: str) -> int:
        return int(self.points.balance_of(self.account(name)))

    def next_epoch(self) -> int:
        """Goes on to the next epoch and says which is over."""
        epoch = int(self.points.current_epoch())
        self.park.blocks.mine([], (epoch + 1) * self.points.epoch_length())
        return epoch


def told_by(logs: tuple[Log, ...]) -> Told:
    traded = {log.args[1]: log.args[3:] for log in logs if log.name == "CleanTraded"}
    return Told(
        whole=next((log.args[1] for log in logs if log.name == "SlotRewarded"), 0),
        wh={owner: tuple(wh) for owner, (wh, _) in traded.items()},
        points={owner: tuple(points) for owner, (_, points) in traded.items()},
        asks={to_checksum_address(log.args[1]): log.args[2] for log in logs if log.name == "PointsAsked"},
    )
