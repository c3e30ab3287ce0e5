"""Devices that sign with keys of either curve, and how they come into a market."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from Crypto.PublicKey.ECC import EccKey, EccPoint, construct
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.assertions import FAR
from wattbook import Market
from wattbook.chain import address_of
from wattbook.contracts.structs import Carrier, Curve, Description, Direction, Facts, Key
from wattbook.eip712 import digest

SLOT = 900
QUARTER = 300
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def draw(holder: object, device: int, wh: int) -> int:
    """Energy that a holder draws of a device or gives back, as Draws packs it."""
    return int(address_of(holder), 16) | wh << 160 | device << 200


class DeviceKey(Protocol):
    """The private key in a meter."""

    public: Key

    def sign(self, digest: bytes) -> bytes: ...


class Secp256k1Key:
    """As a meter has whose signatures are those of an account."""

    def __init__(self, seed: str) -> None:
        self.account: LocalAccount = Account.from_key(keccak(text=seed))
        self.public = Key(Curve.SECP256K1, bytes.fromhex(self.account.address[2:]).rjust(32, b"\0"), bytes(32))

    def sign(self, digest: bytes) -> bytes:
        signature = PrivateKey(bytes(self.account.key)).sign_msg_hash(digest)
        return signature.r.to_bytes(32) + signature.s.to_bytes(32) + bytes([27 + signature.v])


class P256Key:
    """As a meter has whose key is in a secure element."""

    def __init__(self, seed: str) -> None:
        self._secret = int.from_bytes(keccak(text=seed)) % P256_ORDER
        key: EccKey = construct(curve="P-256", d=self._secret)
        x, y = (int(number).to_bytes(32) for number in key.pointQ.xy)
        self.public = Key(Curve.P256, x, y)

    def sign(self, digest: bytes) -> bytes:
        """ECDSA over what was hashed already, with the lower s, as the contracts want it."""
        nonce = int.from_bytes(keccak(self._secret.to_bytes(32) + digest)) % P256_ORDER
        base: EccPoint = construct(curve="P-256", d=1).pointQ
        r = int((base * nonce).x) % P256_ORDER
        s = pow(nonce, -1, P256_ORDER) * (int.from_bytes(digest) + r * self._secret) % P256_ORDER
        return r.to_bytes(32) + min(s, P256_ORDER - s).to_bytes(32)


def facts(account: str, **changes: object) -> Facts:
    """The facts of a zone whose accounts are both this one."""
    usual = Facts(
        loss_bps=300,
        band_bps=300,
        penalty_bps=1000,
        pool_in=300,
        pool_out=600,
        network_bps=1_800,
        platform_bps=100,
        fund_bps=900,
        wheeling=0,
        feeder=0,
        export_feeder=0,
        balancing=account,
        network=account,
    )
    return usual._replace(**changes)


@dataclass
class Devices:
    """Brings devices into a market, each with a key of its own."""

    market: Market
    operator: LocalAccount
    zone: int
    _seeds: Iterator[int] = field(default_factory=count)

    def key(self, curve: Curve = Curve.SECP256K1) -> DeviceKey:
        seed = f"meter {next(self._seeds)}"
        return Secp256k1Key(seed) if curve == Curve.SECP256K1 else P256Key(seed)

    def description(self, **changes: object) -> Description:
        """A plant of 10 kW: 2500 Wh in a slot of a quarter of an hour."""
        usual = Description(
            zone=self.zone,
            carrier=Carrier.ELECTRICITY,
            direction=Direction.INJECTION,
            technology=10_100,
            clean=True,
            stores=False,
            rated_w=10_000,
            modulus=10**9,
            site=keccak(text="a roof"),
        )
        return usual._replace(**changes)

    def proof(self, key: DeviceKey, owner: str, description: Description, deadline: int = FAR) -> bytes:
        """The device's signature that it is the owner's."""
        values = {"owner": owner, **said(description), **said(key.public), "deadline": deadline}
        return key.sign(digest(self.market.meters, "DeviceRegistration", values))

    def register(self, owner: LocalAccount, key: DeviceKey | None = None, **changes: object) -> int:
        """Registers a device and returns its number."""
        key = key or self.key()
        description = self.description(**changes)
        signature = self.proof(key, owner.address, description)
        receipt = self.market.meters.register(description, key.public, FAR, signature, sender=owner)
        return int(receipt.event("DeviceRegistered").args["device"])

    def certify(self, device: int, availability: int = 10_000, check_meter: int = 0) -> int:
        self.market.meters.certify(device, availability, check_meter, sender=self.operator)
        return device

    def certified(self, owner: LocalAccount, **changes: object) -> int:
        """Registers a device, has it certified and returns its number."""
        return self.certify(self.register(owner, **changes))


def said(struct: Description | Key) -> dict[str, object]:
    """A struct's values under the names that they are signed under."""
    spelled = {"rated_w": "ratedW"}
    values = struct._asdict().items()
    return {spelled.get(name, name): int(value) if isinstance(value, int) else value for name, value in values}


def next_slot(now: int, ahead: int = 1, length: int = SLOT) -> int:
    """The start of the slot that begins next, or of a later one."""
    return (now // length + ahead) * length
