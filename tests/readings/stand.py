"""A market on an anvil of its own with a few devices, whose readings are posted, doubted and used step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3.types import RPCEndpoint

from tests.assertions import FAR
from tests.devices import QUARTER, SLOT, DeviceKey, Devices, facts
from wattbook import Application, Market
from wattbook.chain import Chain, Receipt
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import (
    Absence,
    Carrier,
    Content,
    Curve,
    Direction,
    Exchange,
    Neighbour,
    ProvenReading,
    Quality,
    Reading,
    Root,
    ShortSignature,
    Trust,
)
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import purse_account
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import digest, sign
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.told import ReadingRefusal, Told, told
from wattbook.metering.tree import Leaf, Tree
from wattbook.roles import MARKET_ROLES
from wattbook.trial import metering
from wattbook.trial.blocks import message
from wattbook.trial.stand_in import stand_in
from wattbook.units import pt

OPTIONS = ("--hardfork", "prague", "--accounts", "30", "--base-fee", "0", "--gas-price", "0")
ATTESTERS = tuple(map(known_account, metering.ATTESTERS))
ZONE, ANOTHER_ZONE = 1, 2
NAMES = {ZONE: b"park".ljust(32, b"\0"), ANOTHER_ZONE: b"village".ljust(32, b"\0")}
BOND = pt(20)
MONEY = pt(100)
# In a quarter of an hour of the device's: rated for 12 kW, it makes 1100 Wh in five minutes at most.
RATED_W = 12_000
EVIDENCE = keccak(text="the check meter")


@dataclass(frozen=True)
class Posted:
    """A root that stands on chain, and what it covers."""

    root: Root
    tree: Tree
    leaves: dict[int, Leaf]

    def named(self, device: int) -> tuple[Root, int, bytes, int, list[bytes]]:
        """A leaf without its values, as {dispute} and {covers} take it."""
        place = self.tree.place(device)
        return self.root, device, self.leaves[device].content_hash, place, self.tree.proof(place)

    def proven(self, device: int, *skipped: Absence) -> ProvenReading:
        return proven(self.tree, self.leaves[device])._replace(skipped=list(skipped))

    def absent(self, device: int) -> Absence:
        """The proof that a device is not there."""
        place, devices = self.tree.neighbours(device)
        beside = enumerate(devices, place)
        neighbours = [Neighbour(one, self.leaves[one].content_hash, self.tree.proof(at)) for at, one in beside]
        return Absence(self.root, place, neighbours)


class Stand:
    """The market, a member with devices, another who doubts, and who settles."""

    def __init__(self, chain: Chain, certified_until: int | None = None) -> None:
        self.chain = chain
        chain.gas_limit = 25_000_000
        self.request("anvil_autoImpersonateAccount", True)
        settings = local_settings()
        if certified_until:
            members = (replace(member, certified_until=certified_until) for member in settings.members)
            settings = replace(settings, members=tuple(members))
        self.market = Market(chain, deploy(chain, known_account("administrator"), settings, None, lambda line: None))
        self.readings = self.market.readings
        self.alice, self.bob, self.settlement, self.stranger = (
            known_account(FIRST_FREE_ACCOUNT + place) for place in range(4)
        )
        for number, name in NAMES.items():
            self.decide(self.market.zones, "addZone", name)
            opening = (SLOT, QUARTER, facts(known_account("grid").address))
            self.decide(self.market.zones, "openCarrier", number, Carrier.ELECTRICITY, *opening)
        for account in (self.alice, self.bob):
            self._admit(account)
        stand_in(self.readings, self.market.imbalance.address, self.settlement.address)
        self._devices = {zone: Devices(self.market, known_account("operator"), zone) for zone in NAMES}
        self.start = (self.now // QUARTER - 400) * QUARTER

    # ------------------------------------------------------------------------------------------------ the chain

    @property
    def now(self) -> int:
        return self.chain.now

    def at(self, time: int) -> None:
        """The next block is of this second."""
        self.request("evm_setNextBlockTimestamp", time)

    def wait(self) -> None:
        """Until what was posted last is final."""
        self.at(self.now + self.readings.window())
        self.request("evm_mine")

    def snapshot(self) -> str:
        return str(self.request("evm_snapshot"))

    def restore(self, to: str) -> None:
        assert self.request("evm_revert", to)

    def decide(self, contract: Contract, function: str, *arguments: Any) -> Receipt:
        """The authority's word, without its delay."""
        sender = self.market.authority.address
        sent = message(contract, function, sender, *arguments)
        fields = {"from": sent.sender, "to": sent.to, "data": sent.data, "gas": hex(5_000_000), "gasPrice": "0x0"}
        done = HexBytes(self.request("eth_sendTransaction", fields))
        tried = contract.function(function, *arguments)
        return self.chain.receipt_of(done, lambda: self.chain.call(tried, sender))

    def request(self, method: str, *parameters: Any) -> Any:
        answer = self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    # ------------------------------------------------------------------------------------------------- the people

    def _admit(self, account: LocalAccount) -> None:
        market, papers = self.market, keccak(text=f"papers of {account.address}")
        application = Application(account.address, MARKET_ROLES, 0, FAR, papers, papers)
        market.membership.admit(application, sender=known_account("registrar"))
        market.power_token.mint(account.address, MONEY, papers, sender=known_account("issuer"))
        market.power_token.approve(market.vault.address, MONEY, sender=account)
        market.vault.deposit(MONEY, sender=account)
        market.vault.choose_modules(1 << market.vault.modules().index(self.readings.address), sender=account)

    def free(self, account: LocalAccount | str) -> int:
        address = account if isinstance(account, str) else account.address
        return int(self.market.vault.account_of(address).free)

    def purse(self, purse: int) -> int:
        return self.free(purse_account(purse))

    @property
    def locked(self) -> int:
        return int(self.market.vault.module_of(self.readings.address).locked)

    def member(self, account: LocalAccount) -> int:
        return int(self.market.membership.standing_of(account.address).member)

    # ------------------------------------------------------------------------------------------------ the devices

    def key(self, curve: Curve = Curve.SECP256K1) -> DeviceKey:
        return self._devices[ZONE].key(curve)

    def registered(self, key: DeviceKey | None = None, zone: int = ZONE, **changes: object) -> int:
        usual = {"rated_w": RATED_W, "modulus": 100_000}
        return self._devices[zone].register(self.alice, key or self.key(), **usual | changes)

    def device(self, key: DeviceKey | None = None, zone: int = ZONE, **changes: object) -> int:
        """A certified device of alice's."""
        return self._devices[zone].certify(self.registered(key, zone, **changes))

    def time(self, place: int) -> int:
        """A time of readings."""
        return self.start + place * QUARTER

    # ----------------------------------------------------------------------------------------------- the readings

    def vouched(self, root: Root, devices: Sequence[int] = (), by: Sequence[LocalAccount] = ATTESTERS[:2]) -> Any:
        return in_order((one.address, sign_root(self.readings, root, devices, one)) for one in by)

    def attested(
        self, name: str, values: dict[str, Any], by: Sequence[LocalAccount] = ATTESTERS[:2]
    ) -> list[ShortSignature]:
        return in_order((one.address, sign(self.readings, name, one, values)) for one in by)

    def covering(self, place: int, *leaves: Leaf, version: int = 0, zone: int = ZONE) -> Posted:
        """A root that is not posted yet."""
        tree = Tree([(leaf.device, leaf.content_hash) for leaf in leaves])
        return Posted(root_of(zone, self.time(place), version, tree), tree, {leaf.device: leaf for leaf in leaves})

    def post(self, place: int, *leaves: Leaf, version: int = 0, zone: int = ZONE) -> Posted:
        """Posts a root; a later version names its devices."""
        posted = self.covering(place, *leaves, version=version, zone=zone)
        devices = [leaf.device for leaf in leaves] if version else []
        signatures = self.vouched(posted.root, devices)
        self.readings.post(posted.root, devices, signatures, sender=self.stranger)
        return posted

    def use(self, posted: Posted, *devices: int, skipped: Sequence[Absence] = ()) -> list[Told]:
        """Uses readings of some devices, or of all."""
        given = [posted.proven(device, *skipped) for device in devices or posted.leaves]
        return self.use_these(posted.root, given)

    def use_these(self, root: Root, given: list[ProvenReading]) -> list[Told]:
        """Returns what is returned, having seen that the event says the same."""
        call = self.readings.function("use", root, given)
        returned = [told(one) for one in self.chain.call(call, self.settlement.address)]
        receipt = self.readings.use(root, given, sender=self.settlement)
        check_uses(receipt, root.zone, root.time, root.version, returned)
        return returned

    def use_submitted(self, *readings: Reading, zone: int = ZONE) -> list[Told]:
        time = readings[0].time
        call = self.readings.function("useSubmitted", zone, time, readings)
        returned = [told(one) for one in self.chain.call(call, self.settlement.address)]
        receipt = self.readings.use_submitted(zone, time, list(readings), sender=self.settlement)
        check_uses(receipt, zone, time, self.readings.submitted(), returned)
        return returned

    def told(self, place: int, device: int, register: int, sequence: int, **said: int) -> Told:
        """Posts a reading alone, waits until it is final, and uses it."""
        posted = self.post(place, leaf(device, register, sequence, **said))
        self.wait()
        [interval] = self.use(posted)
        return interval

    def refusal(self, place: int, device: int, register: int, sequence: int) -> ReadingRefusal:
        return self.told(place, device, register, sequence).refusal

    def last(self, device: int) -> tuple[int, ...]:
        return tuple(self.readings.last_of(device))

    def reading(self, device: int, place: int, register: int, sequence: int, **changes: Any) -> Reading:
        usual = Reading(
            device,
            Carrier.ELECTRICITY,
            Direction.INJECTION,
            self.time(place),
            register,
            sequence,
            Quality.MEASURED,
            bytes(32),
        )
        return usual._replace(**changes)

    def signed(self, reading: Reading, key: DeviceKey) -> bytes:
        return key.sign(digest(self.readings, "Reading", said(reading)))

    def submit(self, reading: Reading, key: DeviceKey) -> Receipt:
        return self.readings.submit(reading, self.signed(reading, key), sender=self.stranger)

    def exchange(self, exchange: Exchange) -> Receipt:
        signatures = self.attested("Exchange", exchange._asdict())
        return self.readings.exchange(exchange, signatures, sender=self.stranger)

    def resolve(self, device: int, time: int, version: int, upheld: bool) -> Receipt:
        verdict = {"device": device, "time": time, "version": version, "upheld": upheld, "evidence": EVIDENCE}
        return self.readings.resolve(*verdict.values(), self.attested("Verdict", verdict), sender=self.stranger)


def leaf(
    device: int,
    register: int,
    sequence: int,
    quality: Quality = Quality.MEASURED,
    trust: Trust = Trust.AUTHENTICATED,
) -> Leaf:
    """A reading with a source and a salt of its own."""
    told = f"{device} {register} {sequence}"
    return Leaf(device, register, sequence, quality, trust, keccak(text=told), keccak(text=f"salt of {told}"))


def content(of: Leaf) -> Content:
    return Content(of.register, of.sequence, Quality(of.quality), Trust(of.trust), of.source, of.salt)


def said(struct: Any) -> dict[str, Any]:
    """A struct's values as they are signed."""
    return {name: int(value) if isinstance(value, int) else value for name, value in struct._asdict().items()}


def check_uses(receipt: Receipt, zone: int, time: int, version: int, intervals: list[Told]) -> None:
    uses = [one.device | one.since << 32 | int(one.refusal) << 72 for one in intervals]
    assert [event.name for event in receipt.events] == ["ReadingsUsed"]
    assert receipt.event("ReadingsUsed").args == {"zone": zone, "time": time, "version": version, "uses": uses}
