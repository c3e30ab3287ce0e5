"""A slot of a zone, traded, metered and settled by the contracts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from wattbook.contracts.structs import Carrier, Direction, Facts, Purse, Quality, Sale
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.eip712 import sign
from wattbook.metering.tree import Leaf
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.settlement.statements import Statement, unpacked
from wattbook.trial.blocks import message
from wattbook.trial.metering import Meterings
from wattbook.trial.park import FAR, SLOT_SECONDS, Park

_ZONE = 1
_PRICE = 450
# What stands in where members sold and bought unlike amounts.
REST = "rest"


@dataclass
class Party:
    """A member with a plant and a consumer's meter, what their registers show and how often they were read."""

    account: str
    plant: int
    meter: int
    registers: dict[int, int]
    readings: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Settled:
    """What was said of an account, and of the zone when it was settled."""

    account: str
    statement: Statement
    difference: int
    to_grid: int
    to_common_fund: int


class Settling:
    """Has members trade directly, be metered and be settled, slot by slot."""

    def __init__(self, park: Park) -> None:
        self.park = park
        self.meterings = Meterings(park)
        self.imbalance = park.market.imbalance
        self.parties: dict[str, Party] = {}
        # By device: what further ones of members count in the slot to come, and whose readings are not measured.
        self.others: dict[int, int] = {}
        self.qualities: dict[int, Quality] = {}
        self.slot = 0
        self._salts = count()

    def begin(
        self,
        terms: Terms,
        shares: tuple[int, int, int] = (0, 0, 0),
        wheeling: int = 0,
        feeders: tuple[int, int] = (0, 0),
    ) -> None:
        """Goes to a slot that is still to come, with these facts. Feeders are the devices that count what the grid
        gives to the zone, and what it gets."""
        park, grid = self.park, purse_account(Purse.GRID)
        self.slot = park.next_book().slot_start
        feeder, export_feeder = feeders
        facts = Facts(
            terms.loss_bps,
            terms.band_bps,
            terms.penalty_bps,
            terms.pool_in,
            terms.pool_out,
            *shares,
            wheeling=wheeling,
            feeder=feeder,
            export_feeder=export_feeder,
            balancing=grid,
            network=purse_account(Purse.NETWORK),
        )
        setting = (_ZONE, Carrier.ELECTRICITY, self.slot, facts)
        park.blocks.mine([message(park.market.zones, "setFacts", park.market.authority.address, *setting)])

    def have(self, names: list[str]) -> None:
        """Admits members and certifies their devices."""
        new = [name for name in names if name not in self.parties]
        # Devices that others registered for a member would be waited for.
        first = max(1, len(self.park.traders))
        self.park.have_traders(first + len(new))
        for place, name in enumerate(new, first):
            account = self.park.traders[place]
            plant = self.park.new_device(owner=account)
            meter = self.park.new_device(owner=account, direction=Direction.WITHDRAWAL)
            self.parties[name] = Party(account, plant, meter, {plant: 0, meter: 0})

    def trade(self, parties: Mapping[str, Metered]) -> None:
        """Sells directly what each sold and bought; what does not add up is sold or bought by one more member."""
        sold = {name: one.sold for name, one in parties.items() if one.sold}
        bought = {name: one.bought for name, one in parties.items() if one.bought}
        rest = sum(sold.values()) - sum(bought.values())
        if rest:
            self.have([REST])
            (bought if rest > 0 else sold)[REST] = abs(rest)
        for seller in sold:
            for buyer in bought:
                wh = min(sold[seller], bought[buyer])
                if wh and seller != buyer:
                    self.sell(seller, buyer, wh)
                    sold[seller] -= wh
                    bought[buyer] -= wh

    def sell(self, seller: str, buyer: str, wh: int, price: int = _PRICE) -> None:
        direct, park = self.park.market.direct_sale, self.park
        one, other = self.parties[seller], self.parties[buyer]
        sale = Sale(
            one.account,
            other.account,
            Carrier.ELECTRICITY,
            _ZONE,
            one.plant,
            self.slot,
            wh,
            price,
            next(self._salts),
            FAR,
        )
        said = {{"slot_start": "slotStart"}.get(name, name): value for name, value in sale._asdict().items()}
        said["carrier"] = int(Carrier.ELECTRICITY)
        signatures = [sign(direct, "Sale", park.keys[party.account], said) for party in (one, other)]
        park.blocks.mine([message(direct, "sell", known_account("grid").address, sale, *signatures)])

    def read(self, time: int, wh: Mapping[int, int]) -> tuple[Any, Any, list[Leaf]]:
        """Adds to registers, by device, and posts the root over them."""
        leaves = []
        for party in self.parties.values():
            for device in party.registers:
                if device in wh:
                    party.registers[device] += wh[device]
                    party.readings[device] = party.readings.get(device, 0) + 1
                    source, quality = keccak(text=f"{device} {time}"), self.qualities.get(device, Quality.MEASURED)
                    shown = (party.registers[device], party.readings[device])
                    leaves.append(Leaf(device, *shown, quality, 0, source, source))
        leaves.sort(key=lambda leaf: leaf.device)
        root, tree, _ = self.meterings.post(time, leaves)
        return root, tree, leaves

    def deliver(self, parties: Mapping[str, Metered]) -> None:
        """Lets the slot pass, and has what was injected and withdrawn in it counted when that is final."""
        blocks, end = self.park.blocks, self.slot + SLOT_SECONDS
        blocks.mine([], end + 1)
        begun = {device: 0 for name in parties for device in self.parties[name].registers}
        ended = {self.parties[name].plant: one.injected for name, one in parties.items()}
        ended |= {self.parties[name].meter: one.withdrawn for name, one in parties.items()} | self.others
        roots = [self.read(self.slot, begun), self.read(end, ended)]
        self.meterings.wait_until_final()
        for root, tree, leaves in roots:
            self.meterings.meter(root, tree, leaves)

    def settle(self, *accounts: str) -> list[Settled]:
        """Settles accounts one after the other, each in a transaction of its own."""
        found = []
        for account in accounts:
            found += self.settle_together([account])
        return found

    def settle_together(self, accounts: list[str]) -> list[Settled]:
        arguments = (_ZONE, Carrier.ELECTRICITY, self.slot, sorted(accounts, key=lambda one: int(one, 16)))
        [mined] = self.park.blocks.mine([message(self.imbalance, "settle", known_account("grid").address, *arguments)])
        zone = next((log.args[1:] for log in mined.logs if log.name == "SlotBalanced"), (0, 0, 0))
        said = [log.args[1:] for log in mined.logs if log.name == "AccountSettled"]
        return [Settled(to_checksum_address(account), unpacked(words), *zone) for account, words in said]


def imbalance_on_chain(settling: Settling, case: dict[str, Any]) -> dict[str, Any]:
    """What the contracts make of a case's slot: its accounts one by one, so that the zone tells of each by itself."""
    terms = Terms(case["pIn"], case["pOut"], case["lossBps"], case["bandBps"], case["penaltyBps"])
    parties = {
        name: Metered(one["inj"], one["wdr"], one["sold"], one["bought"]) for name, one in case["parties"].items()
    }
    # A meter that was silent since another case would not be believed.
    settling.parties.clear()
    settling.have(list(parties))
    settling.begin(terms)
    settling.trade(parties)
    settling.deliver(parties)
    told = {name: settling.settle(settling.parties[name].account)[0] for name in parties}
    shown = {}
    for name, one in told.items():
        position = one.statement.sold - one.statement.bought
        inside = min(abs(one.difference), abs(position) * terms.band_bps // 10_000)
        shown[name] = {
            "netDelivered": one.difference + position,
            "position": position,
            "imbalance": one.difference,
            "insideBand": inside,
            "outsideBand": abs(one.difference) - inside,
            "cash": one.statement.cash,
        }
    return {
        "parties": shown,
        "systemImbalance": sum(one.difference for one in told.values()),
        "poolCash": -sum(one.statement.cash for one in told.values()),
        "gridCash": -sum(one.to_grid for one in told.values()),
        "poolSurplus": sum(one.to_common_fund for one in told.values()),
    }
