"""A register of certificates whose ledger a test writes: what each device made in each slot."""

from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import FAR, pass_time
from tests.conftest import decider
from tests.devices import QUARTER, SLOT, Devices, facts
from tests.further import joining
from wattbook import Application, Market, abi
from wattbook.chain import Receipt
from wattbook.contracts.batteries import Batteries
from wattbook.contracts.clean_energy import CleanEnergy
from wattbook.contracts.green_certificates import GreenCertificates
from wattbook.contracts.production import Production
from wattbook.contracts.structs import Carrier, Contents, Direction, Retirement, ShortSignature, Totals, Withdrawal
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.roles import MARKET_ROLES
from wattbook.trial.metering import ATTESTERS

MWH = 1_000_000
VALIDITY = 730 * 24 * 3600
NOBODY = "0x" + "00" * 20
BIG = 4_000_000_000  # watts: a MWh in each slot


@dataclass(frozen=True)
class Whole:
    """A certificate that was made, as its event tells it."""

    id: int
    expires: int
    contents: Contents


class Register:
    """Contracts of certificates over a ledger that the operator writes, members and their devices."""

    def __init__(self, market: Market) -> None:
        self.market, self.chain = market, market.chain
        self.membership, self.meters = market.membership, market.meters
        self.operator, self.administrator = known_account("operator"), known_account("administrator")
        self.alice, self.bob, self.carol, self.stranger = (
            known_account(FIRST_FREE_ACCOUNT + place) for place in range(4)
        )
        self.decide = decider(market, self.administrator, pass_time)
        self.decide("Zones", "addZone", b"park".ljust(32, b"\0"))
        self.zone = market.zones.zone_count()
        opening = (SLOT, QUARTER, facts(known_account("grid").address))
        self.decide("Zones", "openCarrier", self.zone, int(Carrier.ELECTRICITY), *opening)
        for account in (self.alice, self.bob, self.carol):
            self.admit(account)
        self.devices = Devices(market, self.operator, self.zone)
        authority = self.operator.address
        self.production = Production(self.chain, self.create("Production", market.readings.address, authority))
        self.production.set_settlement(authority, sender=self.operator)
        self.energy = CleanEnergy(self.chain, self.create("CleanEnergy", self.production.address, authority))
        energy = self.energy.address
        self.certificates = GreenCertificates(self.chain, self.create("GreenCertificates", energy))
        self.batteries = Batteries(self.chain, self.create("Batteries", energy))
        self.energy.set_parts(self.certificates.address, self.batteries.address, sender=self.operator)
        self.first = self.chain.now // SLOT - 2_000
        self._last: dict[int, int] = {}

    def create(self, name: str, *arguments: Any) -> str:
        factory = self.chain.web3.eth.contract(abi=abi.interface(name).abi, bytecode=creation_code(name))
        creation = self.chain.sign_creation(factory.constructor(*arguments), self.operator)
        self.chain.submit(creation.signed)
        return creation.address

    # ------------------------------------------------------------------------------------------------- the people

    def admit(self, account: LocalAccount) -> None:
        papers = keccak(text=f"papers of {account.address}")
        application = Application(account.address, MARKET_ROLES, 0, FAR, papers, papers)
        self.membership.admit(application, sender=known_account("registrar"))

    def member(self, account: LocalAccount) -> int:
        return int(self.membership.standing_of(account.address).member)

    def suspend(self, account: LocalAccount) -> None:
        self.membership.suspend(self.member(account), "an inquiry", sender=known_account("regulator"))

    def narrow(self, account: LocalAccount) -> LocalAccount:
        """A further account of a member, without the right to spend."""
        further = known_account(FIRST_FREE_ACCOUNT + 4)
        self.membership.add_account(*joining(self.market, account.address, further), sender=account)
        return further

    def replace(self, account: LocalAccount) -> LocalAccount:
        """Another account takes an account's place."""
        new = known_account(FIRST_FREE_ACCOUNT + 5)
        self.decide("Membership", "decideRecovery", account.address, new.address)
        return new

    # ------------------------------------------------------------------------------------------------ the devices

    def plant(self, owner: LocalAccount | None = None, **changes: object) -> int:
        return self.devices.certified(owner or self.alice, **{"rated_w": BIG} | changes)

    def storage(self, owner: LocalAccount, site: str = "a cellar") -> tuple[int, int]:
        """The registers of a battery: what goes in, what comes out."""
        usual = {"stores": True, "clean": False, "site": keccak(text=site)}
        into = self.plant(owner, direction=Direction.WITHDRAWAL, **usual)
        return into, self.plant(owner, **usual)

    def battery(self, owner: LocalAccount, bps: int, site: str = "a cellar") -> tuple[int, int]:
        into, out = self.storage(owner, site)
        self.batteries.certify_battery(into, out, bps, sender=self.operator)
        return into, out

    def hand_over(self, device: int, giver: LocalAccount, taker: LocalAccount) -> None:
        self.meters.offer(device, taker.address, sender=giver)
        self.meters.accept(device, sender=taker)

    def slot(self, place: int) -> int:
        """The start of a slot."""
        return (self.first + place) * SLOT

    def slot_now(self) -> int:
        """The place of the slot that runs."""
        return self.chain.now // SLOT - self.first

    def made(self, device: int, *wh: int, place: int = 0) -> None:
        """What a device counted in slots one after the other."""
        words = [
            device | self.slot(place + i) << 32 | SLOT << 72 | amount << 96 for i, amount in enumerate(wh) if amount
        ]
        self.production.record(words, sender=self.operator)

    # ---------------------------------------------------------------------------------------------- certificates

    def slots(self, first: int, last: int | None = None) -> tuple[int, int]:
        """Start and end of slots, both included."""
        return self.slot(first), self.slot(first if last is None else last) + SLOT

    def issue(self, device: int, first: int, last: int | None, wh: int, by: LocalAccount | None = None) -> int:
        receipt = self.energy.issue(device, *self.slots(first, last), wh, sender=by or self.alice)
        return int(receipt.event("SliceIssued").args["id"])

    def fresh(self, wh: int, owner: LocalAccount | None = None) -> int:
        """A slice of a device of its own."""
        owner = owner or self.alice
        device = self.plant(owner)
        self.made(device, wh)
        return self.issue(device, 0, None, wh, by=owner)

    def heat(self, wh: int) -> int:
        """A slice of a boiler, the first in its zone."""
        opening = (SLOT, QUARTER, facts(self.operator.address))
        self.decide("Zones", "openCarrier", self.zone, int(Carrier.HEATING), *opening)
        boiler = self.plant(carrier=Carrier.HEATING)
        self.made(boiler, wh)
        return self.issue(boiler, 0, None, wh)

    def wrap(self, ids: list[int], amounts: list[int], by: LocalAccount | None = None) -> Whole:
        return whole(self.certificates.wrap(ids, amounts, sender=by or self.alice))

    def fresh_whole(self, owner: LocalAccount | None = None) -> Whole:
        """A certificate straight from the counter of a device of its own."""
        owner = owner or self.alice
        device = self.plant(owner)
        self.made(device, MWH)
        return whole(self.certificates.issue(device, *self.slots(0), sender=owner))

    def give(self, giver: LocalAccount, taker: LocalAccount, id: int, wh: int) -> Receipt:
        return self.energy.safe_transfer_from(giver.address, taker.address, id, wh, b"", sender=giver)

    def held(self, account: LocalAccount, id: int) -> int:
        return int(self.energy.balance_of(account.address, id))

    def retirement(self, of: LocalAccount | None = None, **changes: Any) -> Retirement:
        usual = Retirement((of or self.bob).address, self.slot(0), self.slot(96), "a day of a bakery")
        return usual._replace(**changes)

    def expired(self, place: int = 0) -> None:
        """Until what was made in a slot is worth nothing any more."""
        pass_time(self.slot(place) + SLOT + VALIDITY - self.chain.now)

    def vouched(self, withdrawal: Withdrawal, by: tuple[str, ...] = ATTESTERS) -> list[ShortSignature]:
        values = {"register": self.energy.address, **withdrawal._asdict()}
        signers = [known_account(name) for name in by]
        return in_order((one.address, sign(self.market.readings, "Withdrawal", one, values)) for one in signers)

    def withdraw(self, device: int, wh: int, evidence: str = "a check meter") -> Receipt:
        withdrawal = Withdrawal(device, wh, keccak(text=evidence))
        return self.energy.withdraw(withdrawal, self.vouched(withdrawal), sender=self.stranger)

    @property
    def totals(self) -> dict[str, int]:
        """Where the Wh are, places without any left out; the sum is what was taken from counters."""
        totals: Totals = self.energy.totals()
        told = totals._asdict()
        assert told.pop("taken") == sum(told.values())
        return {place: wh for place, wh in told.items() if wh}


def whole(receipt: Receipt) -> Whole:
    args = receipt.event("CertificateMade").args
    contents = Contents(args["number"], list(args["ids"]), list(args["amounts"]))
    return Whole(args["id"], args["expires"], contents)
