"""Units of a tranche that has just been begun, is being issued or moves; and a plant's statement."""

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import Web3

from tests.devices import Devices
from tests.node import ask, pass_time
from wattbook import Market
from wattbook.contracts.structs import PlantStatement, ShortSignature, TrancheKind
from wattbook.contracts.tranche import Tranche
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.months import month_at
from wattbook.trial.financing import CLONE

YEAR = 12


@dataclass
class Investing:
    """A member who has units, and a plant whose statement stands."""

    market: Market
    issuer: LocalAccount
    member: LocalAccount
    approved: str
    devices: Devices

    def __post_init__(self) -> None:
        self.new, self.issuing, self.moving = (self._clone(place) for place in range(3))
        for tranche in (self.issuing, self.moving):
            tranche.begin(1, TrancheKind.SENIOR, self.member.address, sender=self.issuer)
            tranche.mint(self.member.address, 10, sender=self.issuer)
        self.moving.activate(sender=self.issuer)
        pass_time(0)
        self.moving.approve(self.approved, 10, sender=self.member)
        self.stated = self.devices.certified(self.member)
        statement = self.statement(self.stated)
        self.market.admissions.hand_in(statement, self.signatures(statement), sender=self.member)

    def playing(self, function: str) -> Tranche:
        """The tranche of which a function can be called."""
        if function == "begin":
            return self.new
        return self.issuing if function in ("mint", "activate") else self.moving

    def statement(self, device: int) -> PlantStatement:
        until = month_at(self.market.chain.now - self.market.admissions.grace()) - 1
        months = range(until - YEAR + 1, until + 1)
        wh = sum(self.market.readings.month_of(device, month).wh for month in months)
        return PlantStatement(device, until, wh, 1, 1, keccak(text="bills"))

    def signatures(self, statement: PlantStatement) -> list[ShortSignature]:
        values = {
            "admissions": self.market.admissions.address,
            "device": statement.device,
            "until": statement.until,
            "version": 0,
            "wh": statement.wh,
            "net": statement.net,
            "topBps": statement.top_bps,
            "dataHash": statement.data_hash,
        }
        attesters = [known_account(name) for name in ("attester1", "attester2")]
        return in_order((one.address, sign(self.market.readings, "PlantStatement", one, values)) for one in attesters)

    def _clone(self, place: int) -> Tranche:
        address = Web3.to_checksum_address(keccak(text=f"units {place}")[:20])
        ask("anvil_setCode", address, CLONE.format(self.market.tranche.address[2:].lower()))
        return Tranche(self.market.chain, address)
