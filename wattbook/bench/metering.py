"""What readings cost: to vouch for, to use, and to send from the meter itself.

Keys, times and registers are fixed, so the same contracts give the same figures to the unit on any machine.
"""

from collections.abc import Callable
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.contracts.structs import (
    Application,
    Carrier,
    Curve,
    Description,
    Direction,
    Facts,
    Key,
    Quality,
    Reading,
    Root,
)
from wattbook.deployment.anvil import Anvil, pass_time
from wattbook.deployment.decisions import carry_out, propose
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import Call
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import digest
from wattbook.errors import ChainError
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.tree import Leaf, Tree
from wattbook.roles import MARKET_ROLES
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.stand_in import stand_in

FAR = 4_000_000_000
ZONE = b"park".ljust(32, b"\0")
SLOT, PERIOD = 900, 300
# The first of the readings; the chain's clock starts an hour and more later.
START = 1_799_995_500
BATCH = 50
MANY = 10_000
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Sign = Callable[[bytes], bytes]


def measure() -> dict[str, int]:
    """Gas by operation, on a chain that checks P-256 signatures itself and on one that does not."""
    with _chain("prague") as chain:
        site = _Site(chain)
        figures = {**site.roots(), **site.uses()}
        figures["submitted, secp256k1"] = site.submitted(*_secp256k1())
        figures["submitted, P-256 without precompile"] = site.submitted(*_p256())
    with _chain("osaka") as chain:
        figures["submitted, P-256 with precompile"] = _Site(chain).submitted(*_p256())
    return figures


def _chain(hardfork: str) -> Anvil:
    accounts = str(FIRST_FREE_ACCOUNT + 3)
    return Anvil("--hardfork", hardfork, "--accounts", accounts, "--timestamp", "1800000000")


class _Site:
    """A market with one zone and one member, who has devices."""

    def __init__(self, chain: Chain) -> None:
        deployment = deploy(chain, known_account("administrator"), local_settings(), None, lambda line: None)
        self.market = Market(chain, deployment)
        self.member, self.settlement = (known_account(FIRST_FREE_ACCOUNT + place) for place in range(2))
        self._seeds = count()
        grid = known_account("grid").address
        self._decide("Zones", "addZone", ZONE)
        facts = Facts(300, 300, 1_000, 300, 600, 1_800, 100, 900, 0, 0, 0, grid, grid)
        self._decide("Zones", "openCarrier", 1, int(Carrier.ELECTRICITY), SLOT, PERIOD, facts)
        stand_in(self.market.readings, self.market.imbalance.address, self.settlement.address)
        papers = keccak(text="papers")
        application = Application(self.member.address, int(MARKET_ROLES), 0, FAR, papers, papers)
        self.market.membership.admit(application, sender=known_account("registrar"))

    def roots(self) -> dict[str, int]:
        """Three signatures, over one reading and over many; the slots are new, as every root's is. The first root by
        three signers together costs more, as they are looked up and remembered."""
        names = ("root, the first by its signers", "root of 1 readings", f"root of {MANY:,} readings")
        return {
            name: self._post(START + place * PERIOD, self._tree(size, place))[1]
            for place, (name, size) in enumerate(zip(names, (1, 1, MANY), strict=True))
        }

    def uses(self) -> dict[str, int]:
        """For each reading of a batch: the first of its device, and a later one, in a small zone and in a large one."""
        figures = {}
        devices = [self._device(*_secp256k1(next(self._seeds))) for _ in range(BATCH)]
        names = ("used, the first of a device", f"used by {BATCH}", f"used by {BATCH} of {MANY:,}")
        # A device is counted from when it was certified.
        first = (self.market.chain.now // PERIOD + 1) * PERIOD
        pass_time(self.market.chain, len(names) * PERIOD)
        for place, (name, size) in enumerate(zip(names, (BATCH, BATCH, MANY), strict=True)):
            time, leaves = first + place * PERIOD, [_leaf(device, place) for device in devices]
            tree = self._tree(size, 3 + place, leaves)
            root, _ = self._post(time, tree)
            pass_time(self.market.chain, self.market.readings.window())
            given = [proven(tree, leaf) for leaf in leaves]
            figures[name] = self.market.readings.use(root, given, sender=self.settlement).gas_used // BATCH
            if any(self.market.readings.last_of(device)[0] != time for device in devices):
                raise ChainError("a reading that was to be measured was refused")
        return figures

    def submitted(self, key: Key, sign: Sign) -> int:
        """A device's second reading; its first makes the place in which the last one is kept."""
        device = self._device(key, sign)
        gas = 0
        for place in range(2):
            time, said = START + place * PERIOD, (1_000 * (place + 1), place + 1)
            reading = Reading(
                device, Carrier.ELECTRICITY, Direction.INJECTION, time, *said, Quality.MEASURED, keccak(text="before")
            )
            signature = sign(digest(self.market.readings, "Reading", _said(reading._asdict())))
            gas = self.market.readings.submit(reading, signature, sender=self.settlement).gas_used
        return gas

    def _post(self, time: int, tree: Tree) -> tuple[Root, int]:
        readings = self.market.readings
        root = root_of(1, time, 0, tree)
        accounts = [known_account(name) for name in ATTESTERS]
        signatures = in_order((one.address, sign_root(readings, root, [], one)) for one in accounts)
        return root, readings.post(root, [], signatures, sender=self.settlement).gas_used

    def _tree(self, size: int, place: int, leaves: list[Leaf] | None = None) -> Tree:
        """Over these leaves, and others up to the size."""
        known = {leaf.device: leaf.content_hash for leaf in leaves or []}
        numbers = range(1, size + 1)
        return Tree([(number, known.get(number) or keccak(text=f"{place} {number}")) for number in numbers])

    def _device(self, key: Key, sign: Sign) -> int:
        description = Description(
            zone=1,
            carrier=Carrier.ELECTRICITY,
            direction=Direction.INJECTION,
            technology=10_100,
            clean=True,
            stores=False,
            rated_w=100_000,
            modulus=10**9,
            site=keccak(text="a site"),
        )
        values = {**_said(description._asdict()), **_said(key._asdict())}
        values["ratedW"] = values.pop("rated_w")
        values |= {"owner": self.member.address, "deadline": FAR}
        proof = sign(digest(self.market.meters, "DeviceRegistration", values))
        receipt = self.market.meters.register(description, key, FAR, proof, sender=self.member)
        device = int(receipt.event("DeviceRegistered").args["device"])
        self.market.meters.certify(device, 10_000, 0, sender=known_account("operator"))
        return device

    def _decide(self, contract: str, function: str, *arguments: object) -> None:
        """Has the authority do something, its delay over."""
        call, administrator = Call(contract, function, arguments), known_account("administrator")
        propose(self.market, call, sender=administrator)
        pass_time(self.market.chain, self.market.authority.get_min_delay())
        carry_out(self.market, call, sender=administrator)


def _leaf(device: int, place: int) -> Leaf:
    return Leaf(device, 1_000_000 + 1_500 * place, place + 1, 0, 1, keccak(text="record"), keccak(text="salt"))


def _said(values: dict[str, object]) -> dict[str, object]:
    return {name: int(value) if isinstance(value, int) else value for name, value in values.items()}


def _secp256k1(number: int = -1) -> tuple[Key, Sign]:
    account: LocalAccount = Account.from_key(keccak(text=f"meter {number}"))
    key = Key(Curve.SECP256K1, bytes.fromhex(account.address[2:]).rjust(32, b"\0"), bytes(32))
    return key, lambda hashed: bytes(Account.unsafe_sign_hash(hashed, account.key).signature)


def _p256() -> tuple[Key, Sign]:
    """A key whose signatures are the same every time."""
    secret = int.from_bytes(keccak(text="a secure element")) % _P256_ORDER
    x, y = _point(secret)

    def sign(hashed: bytes) -> bytes:
        nonce = int.from_bytes(keccak(secret.to_bytes(32) + hashed)) % _P256_ORDER
        r = _point(nonce)[0] % _P256_ORDER
        s = pow(nonce, -1, _P256_ORDER) * (int.from_bytes(hashed) + r * secret) % _P256_ORDER
        return r.to_bytes(32) + min(s, _P256_ORDER - s).to_bytes(32)

    return Key(Curve.P256, x.to_bytes(32), y.to_bytes(32)), sign


def _point(scalar: int) -> tuple[int, int]:
    numbers = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    return numbers.x, numbers.y
