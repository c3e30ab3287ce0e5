"""The members of a trial: as many as a book has orders, each with money, and with a device when he sells."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Protocol

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.contracts.structs import Application, Carrier, Curve, Description, Direction, Facts, Key, Purse, Terms
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import MODULES, purse_account
from wattbook.deployment.settings import MarketSettings, local_settings
from wattbook.eip712 import digest
from wattbook.market.words import Book
from wattbook.roles import Role
from wattbook.trial.blocks import Blocks, Message, message, steady

SLOT_SECONDS = 900
ZONE = b"trial".ljust(32, b"\0")
FAR = 4_000_000_000
MONEY = 10**15
RULES = {"uniform": "uniform", "trade_reduction": "trade_reduction", "muda": "muda", "paper": "ranked"}
_ALL_MODULES = (1 << len(MODULES)) - 1
_RATED_W = 2**32 - 1
_AT_ONCE = 1_000
_ROLES = Role.PROSUMER | Role.STORAGE


class MeterKey(Protocol):
    """What a meter signs with."""

    @property
    def public(self) -> Key:
        """As the chain has it."""

    def sign(self, digest: bytes) -> bytes:
        """Signs 32 bytes as the chain checks it."""


class AccountKey:
    """One on secp256k1, from a text."""

    def __init__(self, text: str) -> None:
        self._signer = Account.from_key(keccak(text=text))

    @property
    def public(self) -> Key:
        return Key(Curve.SECP256K1, bytes.fromhex(self._signer.address[2:]).rjust(32, b"\0"), bytes(32))

    def sign(self, digest: bytes) -> bytes:
        return bytes(Account.unsafe_sign_hash(digest, self._signer.key).signature)


class Park:
    """A deployed market with one zone, in which electricity is traded, in quarters of an hour unless said otherwise.

    `new_key` makes the key of a meter from a text that is no other's; `meter_keys` has them by device.
    """

    def __init__(
        self,
        chain: Chain,
        settings: MarketSettings | None = None,
        slot_seconds: int = SLOT_SECONDS,
        new_key: Callable[[str], MeterKey] = AccountKey,
    ) -> None:
        settings = settings or local_settings()
        with steady(chain):
            deployment = deploy(chain, known_account("administrator"), settings, None, lambda line: None)
        self.market = Market(chain, deployment)
        self.blocks = Blocks(chain)
        self.traders: list[str] = []
        self.keys: dict[str, LocalAccount] = {}
        self.meter_keys: dict[int, MeterKey] = {}
        self._new_key = new_key
        self._devices: dict[str, int] = {}
        self._salts = count()
        self._spares = count()
        authority, facts = self.market.authority.address, self._facts(0, 0)
        self.blocks.mine([message(self.market.zones, "addZone", authority, ZONE)])
        opening = (1, Carrier.ELECTRICITY, slot_seconds, slot_seconds, facts)
        self.blocks.mine([message(self.market.zones, "openCarrier", authority, *opening)])
        self._fund_purses()
        schedule = self.market.rulebook.schedule()
        self.commit_ahead = schedule.commit_seconds + schedule.reveal_seconds + schedule.clear_seconds
        self._notice = self.market.zones.notice()
        self._last_slot = 0

    def next_book(self) -> Book:
        """A book for which there is still time to decide on facts and terms."""
        soonest = self.blocks.now + self._notice + 2 * SLOT_SECONDS
        self._last_slot = max(self._last_slot + SLOT_SECONDS, soonest // SLOT_SECONDS * SLOT_SECONDS)
        return Book(Carrier.ELECTRICITY, ZONE, 1, self._last_slot)

    def decide(self, book: Book, terms: Terms, pool_in: int, pool_out: int) -> None:
        """Has the authority say how a book is cleared and at what prices its pool trades."""
        market, authority = self.market, self.market.authority.address
        facts = (book.zone_number, book.carrier, book.slot_start, self._facts(pool_in, pool_out))
        terms_of_book = (book.carrier, book.zone, book.slot_start, terms)
        self.blocks.mine(
            [
                message(market.zones, "setFacts", authority, *facts),
                message(market.rulebook, "setTerms", authority, *terms_of_book),
            ]
        )

    def limit_pool(self, book: Book, intake_wh: int) -> None:
        """Has the authority say what the pool takes in, in this book and those after it."""
        limits = (book.zone_number, book.carrier, (intake_wh, 0))
        self.blocks.mine([message(self.market.pool, "setLimits", self.market.authority.address, *limits)])

    def have_traders(self, number: int) -> None:
        """Admits members until there are this many, each with money in the Vault for any order."""
        while len(self.traders) < number:
            first = len(self.traders)
            keys = [_key(place) for place in range(first, min(number, first + _AT_ONCE))]
            new = [key.address for key in keys]
            for step in zip(*(self._joining(trader, place) for place, trader in enumerate(new, first)), strict=True):
                self.blocks.mine(step)
            self.traders += new
            self.keys |= dict(zip(new, keys, strict=True))

    def have_devices(self, traders: list[str]) -> None:
        """Registers and certifies a device of each who has none."""
        for start in range(0, len(traders), _AT_ONCE):
            self._register([trader for trader in traders[start : start + _AT_ONCE] if trader not in self._devices])

    def device_of(self, trader: str) -> int:
        return self._devices[trader]

    def _register(self, traders: list[str]) -> None:
        meters, operator = self.market.meters, known_account("operator").address
        keys = [self._new_key(f"meter of {trader}") for trader in traders]
        asked = [self._registration(trader, key) for trader, key in zip(traders, keys, strict=True)]
        numbers = self._registered(asked, keys)
        self.blocks.mine([message(meters, "certify", operator, number, 10_000, 0) for number in numbers])
        self._devices |= dict(zip(traders, numbers, strict=True))

    def _joining(self, trader: str, place: int) -> list[Message]:
        market = self.market
        registrar, issuer = known_account("registrar").address, known_account("issuer").address
        papers = keccak(text=f"papers {place}")
        application = Application(trader, _ROLES, 0, FAR, papers, keccak(text=f"person {place}"))
        return [
            message(market.membership, "admit", registrar, application),
            message(market.power_token, "mint", issuer, trader, MONEY, keccak(text=f"money {place}")),
            message(market.power_token, "approve", trader, market.vault.address, MONEY),
            message(market.vault, "deposit", trader, MONEY),
            message(market.vault, "chooseModules", trader, _ALL_MODULES),
        ]

    def new_device(self, owner: str | None = None, availability_bps: int = 10_000, **described: Any) -> int:
        """One more device, of the first trader's unless said otherwise, certified, with a register of its own.
        `described`: what is another's in its description."""
        self.have_traders(1)
        [number] = self.new_devices([(owner or self.traders[0], described)], availability_bps)
        return number

    def new_devices(self, described: Sequence[tuple[str, dict[str, Any]]], availability_bps: int = 10_000) -> list[int]:
        """One more for each owner who is named, in their sequence."""
        meters, operator = self.market.meters, known_account("operator").address
        numbers: list[int] = []
        for start in range(0, len(described), _AT_ONCE):
            part = described[start : start + _AT_ONCE]
            keys = [self._new_key(f"spare {next(self._spares)} of {owner}") for owner, _ in part]
            asked = [self._registration(owner, key, **its) for (owner, its), key in zip(part, keys, strict=True)]
            new = self._registered(asked, keys)
            self.blocks.mine([message(meters, "certify", operator, number, availability_bps, 0) for number in new])
            numbers += new
        return numbers

    def _registered(self, asked: Sequence[Message], keys: Sequence[MeterKey]) -> list[int]:
        logs = [log for mined in self.blocks.mine(asked) for log in mined.logs if log.name == "DeviceRegistered"]
        numbers = [int(log.args[0]) for log in logs]
        self.meter_keys |= dict(zip(numbers, keys, strict=True))
        return numbers

    def _registration(self, trader: str, key: MeterKey, **described: Any) -> Message:
        usual = Description(
            zone=1,
            carrier=Carrier.ELECTRICITY,
            direction=Direction.INJECTION,
            technology=10_100,
            clean=True,
            stores=False,
            rated_w=_RATED_W,
            modulus=0,
            site=keccak(text=f"site of {trader}"),
        )
        description = usual._replace(**described)
        said = {"ratedW" if name == "rated_w" else name: value for name, value in description._asdict().items()}
        values = {"owner": trader, **said, **key.public._asdict(), "deadline": FAR}
        signature = key.sign(digest(self.market.meters, "DeviceRegistration", values))
        return message(self.market.meters, "register", trader, description, key.public, FAR, signature)

    def _fund_purses(self) -> None:
        market, payer = self.market, _key(-1).address
        more = 2_000 * MONEY
        funding = [
            message(market.power_token, "mint", known_account("issuer").address, payer, more, keccak(text="purse")),
            message(market.power_token, "approve", payer, market.vault.address, more),
            message(market.vault, "fundPurse", payer, Purse.POOL, more // 2),
            message(market.vault, "fundPurse", payer, Purse.GRID, more // 2),
        ]
        for step in [*self._joining(payer, -1), *funding]:
            self.blocks.mine([step])

    def open_carrier(self, carrier: Carrier, slot_seconds: int) -> None:
        """Has the authority let another carrier be traded."""
        opening = (1, carrier, slot_seconds, slot_seconds, self._facts(0, 0))
        self.blocks.mine([message(self.market.zones, "openCarrier", self.market.authority.address, *opening)])

    def _facts(self, pool_in: int, pool_out: int) -> Facts:
        grid = purse_account(Purse.GRID)
        return Facts(0, 0, 0, pool_in, pool_out, 0, 0, 0, 0, 0, 0, grid, grid)


def trader(place: int) -> str:
    """The account of the trader who comes at a place, whether or not he is there."""
    return str(_key(place).address)


def _key(place: int) -> LocalAccount:
    account: LocalAccount = Account.from_key(keccak(text=f"trader {place}"))
    return account
