"""Who is in the park: members with their accounts, and the registers of their meters."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.crypto import keccak

from wattbook.contracts.structs import Carrier, Direction, Key
from wattbook.contracts.structs import Curve as OnChain
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.metering.keys import Curve, low_s
from wattbook.scenario.model import Scenario
from wattbook.scenario.profiles import Device

# What secrets of P-256 are below.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_RELAYS = 10_000


@dataclass(frozen=True)
class Register:
    """What a meter counts, one direction of one device, and under which number the chain knows it. With `mqtt`
    its records come to the bridges by their broker, else by HTTP."""

    number: int
    name: str
    member: int
    carrier: int
    injects: bool
    mqtt: bool


def member_account(place: int) -> LocalAccount:
    """The account of a member, one of the published test mnemonic: a wallet that has it can sign in as the member."""
    return known_account(FIRST_FREE_ACCOUNT + place)


def relay_account(name: str) -> LocalAccount:
    """The account with which a process of the park sends; it has no right but to pay for gas."""
    return known_account(_RELAYS + ("desk", "keeper", "settler", "api", "purses").index(name))


def directions(device: Device) -> Iterator[bool]:
    """Whether each of a device's registers counts what goes into the grid."""
    if device.injects:
        yield True
    if device.withdraws:
        yield False


class MeterKeys:
    """The key of a meter, on secp256k1 or P-256 by turns, from the park's seed."""

    def __init__(self, seed: str, number: int) -> None:
        self._secret = keccak(text=f"meter {seed} {number}")
        self._on_p256 = number % 2 == 0

    @cached_property
    def _account(self) -> LocalAccount:
        account: LocalAccount = Account.from_key(self._secret)
        return account

    @cached_property
    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self._secret) % _ORDER, ec.SECP256R1())

    @property
    def public(self) -> Key:
        """As the chain has it."""
        if self._on_p256:
            numbers = self._private.public_key().public_numbers()
            return Key(OnChain.P256, numbers.x.to_bytes(32), numbers.y.to_bytes(32))
        return Key(OnChain.SECP256K1, bytes.fromhex(self._account.address[2:]).rjust(32, b"\0"), bytes(32))

    def sign(self, digest: bytes) -> bytes:
        if not self._on_p256:
            return bytes(self._account.unsafe_sign_hash(Hash32(digest)).signature)
        signature = self._private.sign(digest, ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True))
        r, s = low_s(Curve.SECP256R1, signature)
        return r.to_bytes(32) + s.to_bytes(32)


def registers_of(scenario: Scenario, broker: bool) -> list[Register]:
    """All registers, in the sequence in which they are registered, so that the chain numbers them alike from 1."""
    found: list[Register] = []
    for place, member in enumerate(scenario.members):
        for device in member.devices:
            for injects in directions(device):
                number = len(found) + 1
                mqtt = broker and number % 4 < 2
                found.append(Register(number, device.name, place, int(device.carrier), injects, mqtt))
    return found


def write_registers(path: Path, registers: Sequence[Register]) -> None:
    path.write_text(json.dumps([asdict(one) for one in registers], indent=1))


def read_registers(path: Path) -> list[Register]:
    return [Register(**one) for one in json.loads(path.read_text())]


def accounts_by_carrier(registers: Sequence[Register]) -> dict[Carrier, list[str]]:
    """Who is to be settled in each carrier, by rising address as the contract wants them."""
    found: dict[Carrier, set[str]] = {}
    for one in registers:
        found.setdefault(Carrier(one.carrier), set()).add(str(member_account(one.member).address))
    return {carrier: sorted(accounts, key=lambda one: int(one, 16)) for carrier, accounts in found.items()}


def direction_of(register: Register) -> Direction:
    return Direction.INJECTION if register.injects else Direction.WITHDRAWAL
