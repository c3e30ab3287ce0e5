"""A market on an anvil of its own with a few traders, and books that are taken through their phases step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3.types import RPCEndpoint

from tests.assertions import FAR
from tests.devices import QUARTER, SLOT, Devices, Secp256k1Key, facts
from wattbook import Application, Market
from wattbook.chain import Chain, Receipt
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Book as Facts
from wattbook.contracts.structs import (
    Carrier,
    Limits,
    OrderId,
    Part,
    Purse,
    SealedOrder,
    SignedCommit,
    SizeClass,
    Terms,
)
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import CONTRACTS, purse_account
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import short_form, sign
from wattbook.holdings import free_of
from wattbook.market.orders import Order, Side
from wattbook.market.words import Book, Quote, in_groups, index_of, seal
from wattbook.roles import MARKET_ROLES
from wattbook.trial.blocks import message
from wattbook.units import pt

OPTIONS = ("--hardfork", "prague", "--accounts", "30", "--base-fee", "0", "--gas-price", "0")
NAMES = ("alice", "bob", "carol", "dora", "erin", "keeper")
# Zones by their numbers: one whose pool has no prices, and one whose pool trades.
PLAIN, POOLED = 1, 2
ZONES = {PLAIN: b"plain".ljust(32, b"\0"), POOLED: b"pooled".ljust(32, b"\0")}
POOL_IN, POOL_OUT = 300, 600
MONEY = pt(1_000)
POOL_MONEY = pt(10_000)
# Where a book's word has them.
_COMMITS_AT, _CAP_AT = 160, 176
# In a slot of a quarter of an hour.
RATED_WH = 10_000


class Floor:
    """The market and its traders."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._asked = 0
        self._meters = 0
        chain.gas_limit = 25_000_000
        self._request("anvil_autoImpersonateAccount", True)
        self.market = Market(chain, deploy(chain, known_account("administrator"), local_settings(), None, _silent))
        self.accounts = {name: known_account(FIRST_FREE_ACCOUNT + i) for i, name in enumerate(NAMES)}
        self.stranger = known_account(FIRST_FREE_ACCOUNT + len(NAMES))
        # A key that takes another's place in some tests.
        self.new_key = known_account(FIRST_FREE_ACCOUNT + len(NAMES) + 1)
        self.devices: dict[tuple[str, int], int] = {}
        grid = purse_account(Purse.GRID)
        given = {
            PLAIN: facts(grid, pool_in=0, pool_out=0),
            POOLED: facts(grid, pool_in=POOL_IN, pool_out=POOL_OUT),
        }
        for number, name in ZONES.items():
            self.decide(self.market.zones, "addZone", name)
            opening = (number, Carrier.ELECTRICITY, SLOT, QUARTER, given[number])
            self.decide(self.market.zones, "openCarrier", *opening)
        for place, account in enumerate(self.accounts.values()):
            self._admit(account, place)
        self._fill_pool()

    def __getattr__(self, name: str) -> LocalAccount:
        try:
            return self.accounts[name]
        except KeyError:
            raise AttributeError(name) from None

    # ------------------------------------------------------------------------------------------------ the chain

    def at(self, time: int) -> None:
        """The next block is of this second."""
        self._asked = time
        self._request("evm_setNextBlockTimestamp", time)

    def not_before(self, time: int) -> None:
        """Unless another second was asked for, the next block is of this one, if time has not got there yet."""
        if self._asked <= self.chain.now < time:
            self.at(time)

    def snapshot(self) -> str:
        return str(self._request("evm_snapshot"))

    def restore(self, to: str) -> None:
        assert self._request("evm_revert", to)
        self._asked = 0

    def store(self, contract: Contract, slot: bytes, word: int) -> None:
        """Writes a storage word, as no contract would."""
        self._request("anvil_setStorageAt", contract.address, "0x" + slot.hex(), "0x" + word.to_bytes(32).hex())

    def storage(self, contract: Contract, slot: bytes) -> int:
        return int.from_bytes(self.chain.web3.eth.get_storage_at(contract.address, int.from_bytes(slot)))

    def replace_code(self, address: str, code: bytes) -> None:
        self._request("anvil_setCode", address, "0x" + code.hex())

    def mine(self, blocks: int = 1) -> None:
        self._request("anvil_mine", hex(blocks))

    @property
    def block(self) -> int:
        """The number of the newest block."""
        return int(self.chain.web3.eth.block_number)

    def decide(self, contract: Contract, function: str, *arguments: Any) -> Receipt:
        """The authority's word, without its delay."""
        return self.send_as(self.market.authority.address, contract, function, *arguments)

    def send_as(self, sender: str, contract: Contract, function: str, *arguments: Any) -> Receipt:
        """A call in the name of an address whose key nobody has."""
        sent = message(contract, function, sender, *arguments)
        fields = {"from": sent.sender, "to": sent.to, "data": sent.data, "gas": hex(5_000_000), "gasPrice": "0x0"}
        done = HexBytes(self._request("eth_sendTransaction", fields))
        tried = contract.function(function, *arguments)
        return self.chain.receipt_of(done, lambda: self.chain.call(tried, sender))

    def _request(self, method: str, *parameters: Any) -> Any:
        answer = self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    # ------------------------------------------------------------------------------------------------ the traders

    def account(self, address: str) -> LocalAccount:
        return next(account for account in self.accounts.values() if account.address == address)

    def buy(self, name: str, wh: int, price: int, number: int = 0) -> Quote:
        return Quote(self.accounts[name].address, False, wh, price, 0, number)

    def sell(self, name: str, wh: int, price: int, number: int = 0, zone: int = PLAIN) -> Quote:
        return Quote(self.accounts[name].address, True, wh, price, self.devices[name, zone], number)

    def free(self, name: str) -> int:
        return int(self.market.vault.account_of(self.accounts[name].address).free)

    def purse(self, purse: Purse) -> int:
        return int(self.market.vault.account_of(purse_account(purse)).free)

    def locked(self, module: Contract | None = None) -> int:
        return int(self.market.vault.module_of((module or self.market.auction).address).locked)

    def leave(self, name: str, amount: int) -> None:
        """Has a trader withdraw all but this much."""
        self.market.vault.withdraw(self.free(name) - amount, sender=self.accounts[name])

    def suspend(self, name: str) -> None:
        membership = self.market.membership
        member = membership.standing_of(self.accounts[name].address).member
        membership.suspend(member, "an inquiry", sender=known_account("regulator"))

    def check_solvent(self) -> None:
        """The Vault holds what it owes to accounts and what modules have locked."""
        vault = self.market.vault
        planned = [self.market.deployment.address(contract.name) for contract in CONTRACTS]
        offices = [member.account for member in local_settings().members]
        purses = [purse_account(purse) for purse in Purse]
        people = [*self.accounts.values(), self.new_key]
        accounts = {*(account.address for account in people), *offices, *purses, *planned}
        free = sum(free_of(vault, accounts).values())
        locked = sum(vault.module_of(module).locked for module in vault.modules())
        assert free + locked == self.market.power_token.balance_of(vault.address)

    def _admit(self, account: LocalAccount, place: int) -> None:
        market, papers = self.market, keccak(text=f"papers {place}")
        application = Application(account.address, MARKET_ROLES, 0, FAR, papers, keccak(text=f"person {place}"))
        market.membership.admit(application, sender=known_account("registrar"))
        self.pay_in(account, MONEY)
        market.vault.choose_modules((1 << len(market.vault.modules())) - 1, sender=account)
        for zone in ZONES:
            self.devices[NAMES[place], zone] = self.another_device(NAMES[place], zone)

    def another_device(self, name: str, zone: int, carrier: Carrier = Carrier.ELECTRICITY) -> int:
        """A certified device of a trader's."""
        devices = Devices(self.market, known_account("operator"), zone)
        self._meters += 1
        key, site = Secp256k1Key(f"meter {self._meters}"), keccak(text=f"roof {self._meters}")
        device = devices.register(self.accounts[name], key, carrier=carrier, rated_w=4 * RATED_WH, site=site)
        return devices.certify(device)

    def pay_in(self, account: LocalAccount, amount: int) -> None:
        """Mints and deposits."""
        market = self.market
        receipt = keccak(text=f"receipt {market.power_token.total_supply()}")
        market.power_token.mint(account.address, amount, receipt, sender=known_account("issuer"))
        market.power_token.approve(market.vault.address, amount, sender=account)
        market.vault.deposit(amount, sender=account)

    def _fill_pool(self) -> None:
        self.pay_in(self.keeper, POOL_MONEY)
        # Deposited twice over: the first for himself.
        self.market.vault.withdraw(POOL_MONEY, sender=self.keeper)
        self.market.power_token.approve(self.market.vault.address, POOL_MONEY, sender=self.keeper)
        self.market.vault.fund_purse(Purse.POOL, POOL_MONEY, sender=self.keeper)

    # ------------------------------------------------------------------------------------------------- the books

    def terms(self, rule: str = "Uniform", **changes: Any) -> Terms:
        usual = Terms(
            rule=self.market.deployment.address(rule),
            k_bps=5000,
            fee_bps=20,
            fee_step_bps=0,
            fee_cap_bps=60,
            whole=False,
            by_unit=False,
            pool=False,
        )
        return usual._replace(**changes)

    def plan(self, rule: str = "Uniform", zone: int = PLAIN, *, ahead: int = 3, **changes: Any) -> "Life":
        """A book with terms of its own, of a slot for which commitments have not begun."""
        slot_start = (self.chain.now // SLOT + 1 + ahead) * SLOT
        book = Book(Carrier.ELECTRICITY, ZONES[zone], zone, slot_start)
        terms = self.terms(rule, **changes)
        self.decide(self.market.rulebook, "setTerms", book.carrier, book.zone, book.slot_start, terms)
        return Life(self, book)

    def open(self, rule: str = "Uniform", zone: int = PLAIN, **changes: Any) -> "Life":
        """The same, opened in the first second of its commitments."""
        life = self.plan(rule, zone, **changes)
        life.open()
        return life

    def limit(self, intake_wh: int, grid_wh: int) -> None:
        """What the pool takes and gives in a book."""
        self.decide(self.market.pool, "setLimits", POOLED, Carrier.ELECTRICITY, Limits(intake_wh, grid_wh))


@dataclass
class Life:
    """One book. Every step comes in the first second of its phase, or as soon as it can after it."""

    floor: Floor
    book: Book
    words: list[int] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)

    def __post_init__(self) -> None:
        schedule = self.floor.market.rulebook.schedule()
        self.clears_at = self.book.slot_start - schedule.clear_seconds
        self.reveals_at = self.clears_at - schedule.reveal_seconds
        self.opens_at = self.reveals_at - schedule.commit_seconds
        self.slot_start = self.book.slot_start
        self.auction, self.clearing = self.floor.market.auction, self.floor.market.clearing

    @property
    def key(self) -> bytes:
        return self.book.key

    @property
    def facts(self) -> Facts:
        return self.auction.book_of(self.key)

    def word(self, place: int) -> int:
        return self.words[place]

    def open(self) -> Receipt:
        self.floor.not_before(self.opens_at)
        book = self.book
        return self.auction.open_book(book.carrier, book.zone, book.slot_start, sender=self.floor.stranger)

    # ------------------------------------------------------------------------------------------------- trading

    def salt(self, quote: Quote) -> bytes:
        return keccak(text=f"salt of {quote.trader} {quote.number}")

    def sealed(self, quote: Quote) -> bytes:
        return seal(self.floor.chain.chain_id, self.auction.address, self.book, quote, self.salt(quote))

    def commit(self, *quotes: Quote, size: SizeClass | None = None) -> Receipt:
        """Each trader commits to his own; the receipt is the last one's."""
        self.floor.not_before(self.opens_at)
        for quote in quotes:
            receipt = self.commit_seal(quote, self.sealed(quote), size=size)
        return receipt

    def commit_seal(self, quote: Quote, sealed: bytes, size: SizeClass | None = None) -> Receipt:
        trader = self.floor.account(quote.trader)
        self.quotes.append(quote)
        chosen = SizeClass.SMALL if size is None else size
        return self.auction.commit(self.key, chosen, quote.number, sealed, sender=trader)

    def signed(self, quote: Quote, *, by: LocalAccount | None = None) -> SignedCommit:
        return self.signed_as(quote, SizeClass.SMALL, by=by)

    def signed_as(self, quote: Quote, size: SizeClass, *, by: LocalAccount | None = None) -> SignedCommit:
        order = SealedOrder(quote.trader, size, quote.number, self.sealed(quote))
        values = {
            "trader": order.trader,
            "book": self.key,
            "sizeClass": int(order.size_class),
            "number": order.number,
            "seal": order.seal,
        }
        signature = sign(self.auction, "Commit", by or self.floor.account(quote.trader), values)
        return SignedCommit(order, *short_form(signature))

    def commit_for(self, *signed: SignedCommit) -> Receipt:
        self.floor.not_before(self.opens_at)
        return self.auction.commit_for(self.key, list(signed), sender=self.floor.stranger)

    def fill_up(self, spare: int = 0) -> None:
        """As a book is when as many have committed as its rule takes, or all but `spare`."""
        slot = keccak(encode(["bytes32", "uint256"], [self.key, storage_slot("Auction", "_books")]))
        word = self.floor.storage(self.auction, slot)
        commits = word >> _COMMITS_AT & 0xFFFF
        self.floor.store(self.auction, slot, word & ~(0xFFFF << _CAP_AT) | (commits + spare) << _CAP_AT)

    def opening(self, quote: Quote, salt: bytes | None = None) -> tuple[int, bytes]:
        return quote.word(), salt or self.salt(quote)

    def reveal(self, *quotes: Quote) -> Receipt:
        """All in one transaction of somebody else's."""
        return self.reveal_openings(*map(self.opening, quotes))

    def reveal_openings(self, *openings: tuple[int, bytes]) -> Receipt:
        self.floor.not_before(self.reveals_at)
        receipt = self.auction.reveal(self.key, list(openings), sender=self.floor.stranger)
        revealed = receipt.event("OrdersRevealed").args["words"]
        self.words = in_groups([*self.words, *(word for word in revealed if Quote.of_word(word).wh)])
        return receipt

    def trade(self, *quotes: Quote) -> "Life":
        """All commit, all are revealed."""
        self.commit(*quotes)
        self.reveal(*quotes)
        return self

    # ------------------------------------------------------------------------------------------------ clearing

    @property
    def orders(self) -> list[Order]:
        """The revealed orders as the engines take them."""
        return list(map(_order, self.words))

    def clear(self, proposal: Sequence[int], words: Sequence[int] | None = None) -> Receipt:
        self.floor.not_before(self.clears_at)
        given = self.words if words is None else words
        return self.clearing.clear(self.key, list(proposal), list(given), sender=self.floor.stranger)

    def clear_pool(self, proposal: Sequence[int], words: Sequence[int] | None = None) -> Receipt:
        part = Part(list(self.words if words is None else words), [])
        return self.clearing.clear_pool(self.key, list(proposal), part, sender=self.floor.stranger)

    def settle(self, words: Sequence[int] | None = None, evidence: Sequence[int] = ()) -> Receipt:
        part = Part(list(self.words if words is None else words), list(evidence))
        return self.auction.settle(self.key, part, sender=self.floor.stranger)

    # --------------------------------------------------------------------------------------------------- bonds

    def ids(self, *quotes: Quote) -> list[OrderId]:
        return [OrderId(quote.trader, quote.number) for quote in quotes]

    def slash(self, *quotes: Quote) -> Receipt:
        self.floor.not_before(self.clears_at + self.auction.slash_rest())
        return self.auction.slash(self.key, self.ids(*quotes), sender=self.floor.keeper)

    def refund(self, *quotes: Quote) -> Receipt:
        return self.auction.refund(self.key, self.ids(*quotes), sender=self.floor.stranger)

    def excuse(self) -> Receipt:
        self.floor.not_before(self.clears_at)
        return self.auction.excuse(self.key, "a node was down", sender=known_account("operator"))

    def void(self) -> Receipt:
        self.floor.not_before(self.slot_start)
        return self.auction.void_book(self.key, sender=self.floor.stranger)


def changed(quote: Quote, **changes: Any) -> Quote:
    return replace(quote, **changes)


def _order(word: int) -> Order:
    quote = Quote.of_word(word)
    return Order(index_of(word), Side.SELL if quote.sell else Side.BUY, quote.wh, quote.price)


def _silent(line: str) -> None:
    pass
