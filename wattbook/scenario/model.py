"""A scenario as it is held once its file was read (docs/replay.md says what each part means)."""

from dataclasses import dataclass
from enum import StrEnum

from wattbook.contracts.structs import Carrier
from wattbook.scenario.profiles import Device, Place, Recorded
from wattbook.scenario.strategies import Member, Prices
from wattbook.settlement.imbalance import Terms


@dataclass(frozen=True)
class Trading:
    """How a carrier is traded: prices in mPT per kWh, shares in 1/10000, and what the pool takes in of a slot.

    `feed_in` and `retail` are what members would get and pay without a market.
    """

    carrier: Carrier
    pool_in: int
    pool_out: int
    feed_in: int
    retail: int
    loss_bps: int
    band_bps: int
    penalty_bps: int
    network_bps: int
    platform_bps: int
    fund_bps: int
    intake_wh: int

    @property
    def prices(self) -> Prices:
        """What members know of it."""
        shares = self.network_bps + self.platform_bps + self.fund_bps
        return Prices(self.pool_in, self.pool_out, self.loss_bps, self.penalty_bps, shares)

    @property
    def terms(self) -> Terms:
        """What imbalances are paid by."""
        return Terms(self.pool_in, self.pool_out, self.loss_bps, self.band_bps, self.penalty_bps)


@dataclass(frozen=True)
class Listed:
    """An order that a list says: by whom, for the slot that begins when."""

    member: str
    carrier: Carrier
    start: int
    sell: bool
    wh: int
    price: int
    device: str


class Trouble(StrEnum):
    """What can go wrong."""

    SILENT = "silent"
    BRIDGE_DOWN = "bridge_down"
    REPLACED = "replaced"
    LIE = "lie"
    UNREVEALED = "unrevealed"
    SUSPENDED = "suspended"
    BROKE = "broke"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, from a time to another, which is left out.

    - device: of SILENT, REPLACED and LIE; member: of UNREVEALED, SUSPENDED and BROKE
    - wh: what a LIE adds to the register
    - leaves: the uPT that who is BROKE still has
    """

    trouble: Trouble
    since: int
    until: int
    member: str = ""
    device: str = ""
    wh: int = 0
    leaves: int = 0


class Purpose(StrEnum):
    """Whom a subsidy pays: plants for what they made cleanly, or members for what they used of it."""

    MAKING = "making"
    USING = "using"


@dataclass(frozen=True)
class Subsidy:
    """A programme of each month that a scenario touches: mPT per kWh, and uPT in the pot of a month."""

    carrier: Carrier
    purpose: Purpose
    rate: int
    pot: int


@dataclass(frozen=True)
class Scenario:
    """All of it. `money` is what each member has in the Vault at the beginning, in uPT."""

    name: str
    about: str
    place: Place
    start: int
    slots: int
    slot_seconds: int
    tradings: tuple[Trading, ...]
    members: tuple[Member, ...]
    money: dict[str, int]
    orders: tuple[Listed, ...]
    subsidies: tuple[Subsidy, ...]
    faults: tuple[Fault, ...]

    @property
    def end(self) -> int:
        """When its last slot ends."""
        return self.start + self.slots * self.slot_seconds

    @property
    def starts(self) -> range:
        """When its slots begin."""
        return range(self.start, self.end, self.slot_seconds)

    def devices(self, carrier: Carrier) -> list[tuple[Member, Device]]:
        """All of a carrier, each with whose it is."""
        return [(member, one) for member in self.members for one in member.devices if one.carrier == carrier]

    def is_unheard(self, device: Device | None, time: int) -> bool:
        """Whether no reading comes at the end of a slot, of a member's device or of one that is nobody's.

        What lasts until the scenario's end is silent at the end too.
        """
        for fault in self.faults:
            if fault.since <= time and (time < fault.until or time == self.end == fault.until):
                of_it = fault.trouble is Trouble.SILENT and device and fault.device == device.name
                if of_it or fault.trouble is Trouble.BRIDGE_DOWN:
                    return True
        return device is not None and isinstance(device.what, Recorded) and time in device.what.unheard

    def trading(self, carrier: Carrier) -> Trading:
        """How one of its carriers is traded."""
        return next(one for one in self.tradings if one.carrier == carrier)
