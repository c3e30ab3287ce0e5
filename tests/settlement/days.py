"""Slots of a day in a zone whose feeder is measured in both directions."""

from collections.abc import Iterable
from typing import Any

from tests.settlement.months import LOSS_BPS, ZONE, Months
from wattbook.contracts.structs import Direction, Facts, Purse
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.settlement.losses import Counted
from wattbook.trial.blocks import Log, message
from wattbook.trial.subsidising import CARRIER, DAY

POOL_IN, POOL_OUT = 300, 600
GRID, NETWORK = purse_account(Purse.GRID), purse_account(Purse.NETWORK)
NOTICE = 7 * DAY


class Days:
    """What a plant made, a consumer took and the feeder saw, day by day."""

    def __init__(self, months: Months) -> None:
        self.months, self.park, self.market = months, months.park, months.market
        self.losses = self.market.losses
        self.plant = months.device()
        self.meter = months.device(direction=Direction.WITHDRAWAL)
        self.feeders = (months.device(clean=False), months.device(direction=Direction.WITHDRAWAL))
        self.first = self.slot = 0

    def decide(self, **changes: Any) -> None:
        """The zone's facts from the next day on for which they can be decided; that is the day to come."""
        self.slot = max(self.slot, (self.park.blocks.now + NOTICE) // DAY * DAY) + DAY
        facts = Facts(LOSS_BPS, 0, 0, POOL_IN, POOL_OUT, 0, 0, 0, 0, *self.feeders, GRID, NETWORK)._replace(**changes)
        authority = self.market.authority.address
        setting = (ZONE, CARRIER, self.slot, facts)
        self.park.blocks.mine([message(self.market.zones, "setFacts", authority, *setting)])

    def begin(self) -> None:
        """The first reading of each device, when the day begins."""
        self.park.blocks.mine([], self.slot + 1)
        self.months.read(self.slot, dict.fromkeys(self.devices, 0))

    def count(self, counted: Counted, silent: Iterable[int] = ()) -> int:
        """Lets the day pass and gives its slot; the next one has begun."""
        slot, self.slot = self.slot, self.slot + DAY
        self.park.blocks.mine([], max(self.park.blocks.now, self.slot) + 1)
        wh = (counted.injected, counted.withdrawn, counted.imported, counted.exported)
        told = {device: amount for device, amount in zip(self.devices, wh, strict=True) if device not in silent}
        self.months.read(self.slot, told)
        return slot

    def play(self, *counted: Counted) -> list[int]:
        """Days one after the other."""
        self.begin()
        return [self.count(one) for one in counted]

    def wait(self) -> None:
        """Until the last day's readings are all in."""
        known = self.slot + self.market.imbalance.patience()
        self.park.blocks.mine([], max(self.park.blocks.now + 1, known))

    def bear(self, *slots: int) -> list[Log]:
        """What is said beside the Vault's own events."""
        sender = known_account("grid").address
        [mined] = self.park.blocks.mine([message(self.losses, "bear", sender, ZONE, CARRIER, list(slots))])
        return [log for log in mined.logs if log.name in ("LossBorne", "LossWaits", "ZoneAlarm")]

    @property
    def devices(self) -> tuple[int, ...]:
        return (self.plant, self.meter, *self.feeders)

    def free(self, account: str) -> int:
        return int(self.market.vault.account_of(account).free)

    def fund(self, purse: Purse, amount: int) -> None:
        payer, token = self.months.person(), self.market.power_token
        issuer = known_account("issuer").address
        receipt = amount.to_bytes(20) + self.park.blocks.now.to_bytes(12)
        self.park.blocks.mine([message(token, "mint", issuer, payer, amount, receipt)])
        self.park.blocks.mine([message(token, "approve", payer, self.market.vault.address, amount)])
        self.park.blocks.mine([message(self.market.vault, "fundPurse", payer, purse, amount)])
