"""A register of certificates over a ledger of its own, in which every member holds slices, a certificate and stock."""

from collections.abc import Callable
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.devices import SLOT, Devices
from wattbook import Market
from wattbook.contracts.batteries import Batteries
from wattbook.contracts.clean_energy import CleanEnergy
from wattbook.contracts.green_certificates import GreenCertificates
from wattbook.contracts.production import Production
from wattbook.contracts.structs import Contents, Direction

MWH = 1_000_000
HELD = 2 * MWH
# One to hand on, and what elections take of a member.
STANDING = 11
VALIDITY = 730 * 24 * 3600
# Certificates of slots so long ago expire while the world comes to be, others have lapsed long since.
EXPIRING = VALIDITY - 24 * 3600
LAPSED = VALIDITY + 10 * 24 * 3600


class Certifying:
    """Built while all members are active; the deployer writes the ledger and names the parts."""

    def __init__(self, market: Market, deployer: LocalAccount, create: Callable[..., str]) -> None:
        self.market, self.deployer = market, deployer
        chain = market.chain
        self.production = Production(chain, create("Production", market.readings.address, deployer.address))
        self.production.set_settlement(deployer.address, sender=deployer)
        energy = create("CleanEnergy", self.production.address, deployer.address)
        self.energy = CleanEnergy(chain, energy)
        self.certificates = GreenCertificates(chain, create("GreenCertificates", energy))
        self.batteries = Batteries(chain, create("Batteries", energy))
        self.energy.set_parts(self.certificates.address, self.batteries.address, sender=deployer)
        authority = market.authority.address
        self.unnamed = CleanEnergy(chain, create("CleanEnergy", self.production.address, authority))
        self._certificates: dict[str, int] = {}
        self._contents: dict[int, Contents] = {}
        self._batteries: dict[str, tuple[int, int]] = {}

    def fill(
        self,
        subject: LocalAccount,
        members: list[LocalAccount],
        owned: dict[str, int],
        devices: Devices,
    ) -> None:
        """To every member slices and a certificate; to every device stock; to every owner a battery."""
        self.subject, self.device = subject.address, owned[subject.address]
        self.start = (self.market.chain.now // SLOT - 10) * SLOT
        self.slots = self.start, self.start + SLOT
        plant = devices.certified(subject)
        self._owner, self._plant = subject, plant
        self._record(plant, (len(members) + 1) * (HELD + STANDING * MWH))
        self.slice = self._issue(subject, plant, self.start, (len(members) + 1) * HELD)
        for holder in members:
            self._certificates[holder.address] = self._make(subject, plant)
        self._pass_on(subject)
        for device in owned.values():
            self._record(device, HELD)
        for key in members:
            if key.address in owned:
                self._batteries[key.address] = self._battery(key, devices)
        self._age(subject, devices)
        self.storage = self._storage(subject, devices, "a cellar without papers")

    def more(self, holder: LocalAccount, count: int) -> list[int]:
        """Further certificates for a member, of a plant of the subject's."""
        ids = [self._make(self._owner, self._plant) for _ in range(count)]
        for id in ids:
            if holder.address != self.subject:
                self.certificates.transfer_from(self.subject, holder.address, id, sender=self._owner)
        return ids

    def certificate_of(self, address: str) -> int:
        """The certificate of who holds one, else the subject's."""
        return self._certificates.get(address, self._certificates[self.subject])

    def holder(self, address: str) -> str:
        return address if address in self._certificates else self.subject

    def contents_of(self, address: str) -> Contents:
        return self._contents[self.certificate_of(address)]

    def battery_of(self, address: str) -> int:
        return self._batteries.get(address, self._batteries[self.subject])[1]

    def _record(self, device: int, wh: int, start: int = 0) -> None:
        word = device | (start or self.start) << 32 | SLOT << 72 | wh << 96
        self.production.record([word], sender=self.deployer)

    def _issue(self, owner: LocalAccount, device: int, start: int, wh: int) -> int:
        receipt = self.energy.issue(device, start, start + SLOT, wh, sender=owner)
        return int(receipt.event("SliceIssued").args["id"])

    def _make(self, subject: LocalAccount, plant: int) -> int:
        made = self.certificates.issue(plant, *self.slots, sender=subject).event("CertificateMade").args
        self._contents[made["id"]] = Contents(made["number"], list(made["ids"]), list(made["amounts"]))
        return int(made["id"])

    def _pass_on(self, subject: LocalAccount) -> None:
        for address, id in self._certificates.items():
            if address != subject.address:
                self.energy.safe_transfer_from(subject.address, address, self.slice, HELD, b"", sender=subject)
                self.certificates.transfer_from(subject.address, address, id, sender=subject)

    def _storage(self, owner: LocalAccount, devices: Devices, site: str) -> tuple[int, int]:
        usual: dict[str, Any] = {"stores": True, "site": keccak(text=site)}
        into = devices.certified(owner, direction=Direction.WITHDRAWAL, **usual)
        return into, devices.certified(owner, **usual)

    def _battery(self, owner: LocalAccount, devices: Devices) -> tuple[int, int]:
        into, out = self._storage(owner, devices, f"the cellar of {owner.address}")
        self.batteries.certify_battery(into, out, 10_000, sender=devices.operator)
        self._record(into, MWH)
        self._record(out, MWH)
        return into, out

    def _age(self, subject: LocalAccount, devices: Devices) -> None:
        """What is to expire, and what was never asked for in time."""
        now = self.market.chain.now
        expiring, self.old = devices.certified(subject), devices.certified(subject)
        start, self.long_ago = (now - EXPIRING) // SLOT * SLOT, (now - LAPSED) // SLOT * SLOT
        self._record(expiring, MWH, start)
        self._record(self.old, 100, self.long_ago)
        made = self.certificates.issue(expiring, start, start + SLOT, sender=subject).event("CertificateMade").args
        self.expiring = Contents(made["number"], list(made["ids"]), list(made["amounts"]))

    @property
    def retirement(self) -> tuple[str, int, int, str]:
        return self.subject, *self.slots, "a day of a bakery"
