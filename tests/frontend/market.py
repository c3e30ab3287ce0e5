"""A market on a chain of its own in which most things that can happen have happened, for the tests of the front end.

It is made once for many tests, so these must not change it: whoever does takes `undone`.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from tests.devices import said
from tests.further import joining
from wattbook.billing.bills import Bills, bills_of, redeeming, sign_bills
from wattbook.billing.periods import month_period
from wattbook.certificates.slices import next_slots
from wattbook.certificates.whole import WHOLE_WH
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Carrier, Curve, Direction, Key, Purse
from wattbook.deployment.anvil import PlainAnvil
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.eip712 import sign
from wattbook.market.orders import Order, Side
from wattbook.market.words import Book, Quote, seal
from wattbook.metering.roots import in_order
from wattbook.months import month_at
from wattbook.roles import Role
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.trial.blocks import OPTIONS, Blocks, Log, Message, Mined, message
from wattbook.trial.books import Given, Run, Running
from wattbook.trial.certificates import Certifying
from wattbook.trial.clearing import given_by
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import FAR, SLOT_SECONDS, ZONE, Park
from wattbook.trial.points import Rewarding, begin_an_epoch
from wattbook.trial.settling import Settling
from wattbook.trial.subscribing import Subscribing
from wattbook.trial.tendering import Tendering

# With old states, to which a chain that takes blocks back must return.
ANVIL = tuple(option for option in OPTIONS if option != "--prune-history")
TERMS = Terms(pool_in=300, pool_out=600, loss_bps=300, band_bps=300, penalty_bps=1_000)
SHARES = (1_800, 100, 900)
REASON = 9
# In texts of members and offices: what a page or a query must not take for its own.
MARKUP = "<script>alert('a')</script> \"quoted\"; DROP TABLE events; -- 电力 \u202e"
_ORDERS = (
    ("B", 4_000, 520),
    ("S", 3_000, 410),
    ("B", 2_500, 500),
    ("S", 2_000, 450),
    ("B", 1_000, 300),
    ("S", 5_000, 610),
)


class Fair:
    """The market and its people, who are the traders of `park`; `park.keys` has their keys.

    - cleared: the key of a book that was cleared by one price and settled; one order of it was never revealed
    - pooled: of one that traded with the pool too
    - void, excused: of books in which nobody traded
    - waiting: the book whose commitments run when all is made
    - slot: of a slot in which members sold directly, were metered and settled: `seller` with `plant`, `buyer`, `debtor`
    - tenders: the number of one that was awarded and executed, one declined, one open
    - certificates: ids of one that is held, one retired
    - subscription, subscriber: of lots, drawn for a month
    """

    def __init__(self, chain: Any, folder: Path) -> None:
        self.chain, self.rpc = chain, str(chain.web3.provider.endpoint_uri)
        self.park = Park(chain)
        self.market, self.blocks = self.park.market, self.park.blocks
        self.deployment = self.market.deployment.path = folder / "deployment.json"
        self.market.deployment.write()
        self.settling = Settling(self.park)
        self.tenders: dict[str, int] = {}
        self.certificates: dict[str, int] = {}
        self._salts = 0
        self._hold_books()
        self._trade_and_settle()
        self._tender()
        self._certify()
        self._bill()
        self._subscribe()
        self._change_people()
        self._change_devices()
        self.waiting = self.open_book()
        self.commit(self.waiting, self.park.traders[0], Quote(self.park.traders[0], False, 1_500, 480))

    # ------------------------------------------------------------------------------------------------------- acting

    def does(self, sender: str, contract: Contract, function: str, *values: Any) -> Mined:
        """A call by an account, whoever's it is, in a block of its own."""
        [mined] = self.blocks.mine([message(contract, function, sender, *values)])
        return mined

    def decide(self, contract: Contract, function: str, *values: Any) -> Mined:
        """As the authority decides."""
        return self.does(self.market.authority.address, contract, function, *values)

    def office(self, name: str, contract: Contract, function: str, *values: Any) -> Mined:
        return self.does(known_account(name).address, contract, function, *values)

    def wait(self, time: int) -> None:
        if self.blocks.now < time:
            self.blocks.mine([], time)

    def open_book(self) -> Book:
        """A book that takes commitments from now on."""
        book = self.park.next_book()
        self.wait(book.slot_start - self.park.commit_ahead)
        self.does(self.park.traders[0], self.market.auction, "openBook", book.carrier, book.zone, book.slot_start)
        return book

    def commit(self, book: Book, trader: str, quote: Quote, size: int = 0) -> bytes:
        """Seals an order; what opens it beside the quote."""
        self._salts += 1
        salt = keccak(text=f"salt {self._salts}")
        sealed = seal(self.chain.chain_id, self.market.auction.address, book, quote, salt)
        self.does(trader, self.market.auction, "commit", book.key, size, quote.number, sealed)
        return salt

    def key_of(self, account: str) -> LocalAccount:
        return self.park.keys[account]

    def member_of(self, account: str) -> int:
        return int(self.market.membership.standing_of(account).member)

    def transfers(self, number: int, luck: random.Random) -> list[Message]:
        """So many calls that always succeed, for live traffic."""
        token, traders = self.market.power_token, self.park.traders
        self.blocks.mine(
            [message(token, "mint", known_account("issuer").address, traders[0], 10**6, luck.randbytes(32))]
        )
        return [message(token, "transfer", traders[0], luck.choice(traders), luck.randint(0, 9)) for _ in range(number)]

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done to the chain inside is undone at the end."""
        before = self.ask("evm_snapshot")
        try:
            yield
        finally:
            assert self.ask("evm_revert", before)
            self.blocks = self.park.blocks = Blocks(self.chain)

    # --------------------------------------------------------------------------------------------------- the market

    def _hold_books(self) -> None:
        orders = [
            {"id": place, "side": side, "qty": wh, "price": price} for place, (side, wh, price) in enumerate(_ORDERS)
        ]
        given = given_by(self.park, {"rule": "uniform", "orders": orders, "kBps": 5_000})
        given = Given(given.orders, given.terms._replace(fee_bps=20), given.propose)
        self.decide(self.market.rulebook, "setTerms", Carrier.ELECTRICITY, ZONE, 0, given.terms)
        self.cleared = self._run(given, withheld=True)
        pooled = {"orders": orders, "kBps": 5_000, "poolIn": {"price": 350, "qty": 9_000}, "poolOut": [[640, 800]]}
        self.pooled = self._run(given_by(self.park, pooled))
        # Nobody clears the one; in the other orders are withheld, and that is excused.
        running = Running(self.park, Given([Order(0, Side.BUY, 900, 480)], given.terms, given.propose), self._new_run())
        running.prepare()
        running.commit()
        running.reveal(1)
        self.void = running.key
        self.wait(running.book.slot_start + SLOT_SECONDS)
        auction = self.market.auction
        self.wait(self.blocks.now + 7 * 86_400)
        self.does(self.park.traders[1], auction, "voidBook", self.void)
        self.does(self.park.traders[1], auction, "settle", self.void, (running.run.words, []))
        book = self.open_book()
        self.commit(book, self.park.traders[0], Quote(self.park.traders[0], False, 700, 450))
        self.wait(int(auction.book_of(book.key).clears_at))
        self.excused = book.key
        self.office("operator", auction, "excuse", book.key, MARKUP)
        self.does(self.park.traders[1], auction, "refund", book.key, [(self.park.traders[0], 0)])

    def _new_run(self) -> Run:
        return Run(self.park.next_book())

    def _run(self, given: Given, withheld: bool = False) -> bytes:
        running = Running(self.park, given, self._new_run())
        running.prepare()
        running.commit()
        auction, trader = self.market.auction, self.park.traders[0]
        if withheld:
            self.commit(running.book, trader, Quote(trader, False, 500, 400, number=1))
        running.reveal(4)
        running.clear()
        running.settle()
        if withheld:
            self.wait(int(auction.book_of(running.key).clears_at) + int(auction.slash_rest()))
            self.does(self.park.traders[1], auction, "slash", running.key, [(trader, 1)])
        return running.key

    def _trade_and_settle(self) -> None:
        settling = self.settling
        settling.have(["seller", "buyer", "debtor"])
        self.seller, self.buyer, self.debtor = (one.account for one in settling.parties.values())
        settling.begin(TERMS, SHARES)
        settling.sell("seller", "buyer", 10_000, 450)
        settling.sell("seller", "buyer", 2_000, 470)
        self.slot = settling.slot
        self.plant = settling.parties["seller"].plant
        self._hold_units(self.plant)
        vault = self.market.vault
        self.does(self.debtor, vault, "withdraw", vault.account_of(self.debtor).free)
        metered = {"seller": Metered(11_000, 0, 12_000, 0), "buyer": Metered(0, 12_400, 0, 12_000)}
        settling.deliver(metered | {"debtor": Metered(0, 3_000, 0, 0)})
        for account in (self.seller, self.buyer, self.debtor):
            settling.settle(account)
        self.does(self.debtor, self.market.power_token, "approve", vault.address, 10**6)
        self.does(self.debtor, vault, "deposit", 10**6)
        self.does(self.debtor, vault, "payDebt", self.debtor, purse_account(Purse.GRID), 1_000)
        rewarding = Rewarding(self.park)
        rewarding.ripen(self.slot)
        epoch = self.market.power_points.current_epoch()
        rewarding.reward(self.slot, [self.seller, self.buyer, self.debtor], [settling.parties["seller"].plant])
        begin_an_epoch(self.park)
        self.office("grid", self.market.clean_trades, "grant", epoch, 10)

    def _hold_units(self, plant: int) -> None:
        """Energy of the slot is issued and goes from hand to hand."""
        units = self.market.energy_units
        self.does(self.seller, units, "issue", plant, self.slot, self.seller, 800)
        self.unit = Book(Carrier.ELECTRICITY, ZONE, 1, self.slot).unit_id(plant)
        self.does(self.seller, units, "safeTransferFrom", self.seller, self.buyer, self.unit, 300, b"")
        self.does(self.buyer, units, "safeBatchTransferFrom", self.buyer, self.seller, [self.unit], [100], b"")

    # ------------------------------------------------------------------------------- tenders, certificates, packages

    def _tender(self) -> None:
        tendering = Tendering(self.settling)
        tendering.begin(["ann", "ben", "cleo"])
        self.tenders["awarded"] = tendering.publish(100_000)
        numbers = [tendering.quote("ann", 60_000, 520), tendering.quote("ben", 40_000, 500)]
        withdrawn = tendering.quote("cleo", 10_000, 480)
        tendering.send(tendering.tenders, "withdrawQuote", tendering.account("cleo"), tendering.tender, withdrawn)
        mined = tendering.award(dict(zip(numbers, (60_000, 40_000), strict=True)))
        self.supplies = [int(log.args[0]) for log in mined.logs if log.name == "SupplyBegun"]
        tendering.deliver(100_000, {"ann": 59_000, "ben": 42_000})
        tendering.serve(*self.supplies)
        tendering.execute(self.supplies[0])
        tendering.begin(["dora"])
        self.tenders["declined"] = tendering.publish(50_000, reserve=400)
        tendering.quote("dora", 20_000, 410)
        tendering.wait(tendering.terms.quote_end)
        tendering.decline()
        self.tenderer, self.room_key = tendering.account("owner"), tendering.key

    def _certify(self) -> None:
        certifying = Certifying(self.park)
        self.certifier = owner = certifying.owner
        clean, certificates = self.market.clean_energy, self.market.green_certificates
        plant, other = (self.park.new_device(owner=owner) for _ in range(2))
        certifying.make({plant: [3 * WHOLE_WH, 2 * WHOLE_WH], other: [900_000, 700_000]})
        for name in ("held", "retired", "exported", "unwrapped"):
            slots = next_slots(self.market, plant, WHOLE_WH)
            made = _said(self.does(owner, certificates, "issue", plant, *slots), "CertificateMade")
            self.certificates[name] = int(made.args[0])
            if name == "unwrapped":
                self.does(owner, certificates, "unwrap", (made.args[1], list(made.args[4]), list(made.args[5])))
        self.slices = [certifying.issue(other, 600_000), certifying.issue(other, 500_000)]
        made = _said(self.does(owner, certificates, "wrap", self.slices, [600_000, 400_000]), "CertificateMade")
        self.certificates["wrapped"] = int(made.args[0])
        since = self.blocks.now // SLOT_SECONDS * SLOT_SECONDS - SLOT_SECONDS
        use = (self.buyer, since, since + SLOT_SECONDS, MARKUP)
        self.does(owner, certificates, "transferFrom", owner, self.buyer, self.certificates["retired"])
        self.does(self.buyer, certificates, "retire", self.certificates["retired"], use)
        self.does(owner, certificates, "exportCertificate", self.certificates["exported"], "AIB")
        self.does(owner, clean, "safeTransferFrom", owner, self.buyer, self.slices[1], 50_000, b"")
        self.does(self.buyer, clean, "retire", self.slices[1], 20_000, use)
        self.does(owner, clean, "exportSlices", [self.slices[1]], [10_000], "AIB")
        into, out = certifying.battery(9_000)
        stored = certifying.issue(other, 100_000)
        certifying.make({into: [200_000], out: [90_000]})
        certifying.discharge_most(out, stored, 100_000)

    def _bill(self) -> None:
        """The first month in which anybody paid for energy."""
        market, points = self.market, self.market.power_points
        self.month = month_at(self.slot)
        self.wait(month_period(self.month).end)
        self.bills: Bills = bills_of(market, month_period(self.month))
        self._post_bills()
        self.office("regulator", market.bills, "withdraw", self.month, MARKUP)
        self._post_bills()
        self.decide(points, "setPort", REASON, self.seller)
        self.decide(points, "setBudget", REASON, points.current_epoch(), 10**20)
        issue = (REASON, keccak(text="points"), points.current_epoch(), [self.buyer, self.seller], [10**19, 10**18])
        self.does(self.seller, points, "issue", *issue)
        self.does(self.buyer, points, "transfer", self.seller, 10**17)
        self.does(self.buyer, points, "approve", market.bills.address, 10**19)
        token, payer = market.power_token, self.park.traders[0]
        self.office("issuer", token, "mint", payer, 10**9, keccak(text="for the fund"))
        self.does(payer, token, "approve", market.vault.address, 10**9)
        self.does(payer, market.vault, "fundPurse", Purse.COMMON_FUND, 10**9)
        spending = (Purse.COMMON_FUND, self.seller, 7_000, keccak(text="a new transformer"))
        self.does(market.vault.purse_keeper(Purse.COMMON_FUND), market.vault, "spend", *spending)
        self.wait(self.blocks.now + int(market.bills.rest()))
        bill = self.bills.of(self.buyer)
        self.does(self.buyer, market.bills, "redeem", *redeeming(self.bills, bill), 100)

    def _post_bills(self) -> None:
        bills, keys = self.bills, [known_account(name) for name in ATTESTERS]
        signed = in_order((key.address, sign_bills(self.market, bills, key)) for key in keys)
        self.office("grid", self.market.bills, "post", bills.month, bills.tree.root, bills.tree.size, signed)

    def _subscribe(self) -> None:
        stand = Subscribing(self.park)
        self.provider = stand.provider
        self.tariffs = [stand.publish(), stand.publish(postpaid=900)]
        self.does(self.provider, self.market.tariffs, "withdraw", self.tariffs[1])
        self.subscriber = stand.person()
        meter, second = (stand.meter(self.subscriber) for _ in range(2))
        version, lots = self.tariffs[0], 10_000_000
        [self.subscription] = stand.buy(self.subscriber, stand.lots(version, meter, lots))
        [self.cancelled] = stand.buy(self.subscriber, stand.flow(version, second, lots))
        stand.does("cancel", self.cancelled, sender=self.subscriber)
        month = stand.month(1)
        stand.pass_month(month, {meter: 4_000})
        stand.draw(self.subscription)

    # ---------------------------------------------------------------------------------------------- people and things

    def _change_people(self) -> None:
        membership, vault, token = self.market.membership, self.market.vault, self.market.power_token
        first = len(self.park.traders)
        self.park.have_traders(first + 5)
        suspended, expelled, lost, family, reinstated = self.park.traders[first:]
        self.suspended, self.expelled, self.family = suspended, expelled, family
        for account in (suspended, reinstated):
            self.office("regulator", membership, "suspend", self.member_of(account), MARKUP)
        self.office("regulator", membership, "reinstate", self.member_of(reinstated), "it is over")
        self.office("regulator", membership, "expel", self.member_of(expelled), "for good")
        self.does(lost, vault, "withdraw", 700)
        self.replaced, new = lost, Account.from_key(keccak(text="a new phone"))
        self.decide(membership, "decideRecovery", lost, new.address)
        self.office("grid", token, "recoverBalance", lost)
        self.replacement = new.address
        self.park.keys[new.address] = new
        self.second = self._second_account(family)
        self.decide(membership, "changeOwner", self.member_of(family), self.member_of(self.buyer))
        self.office("registrar", membership, "renew", self.member_of(family), FAR + 1, keccak(text="new papers"))
        self.office("registrar", membership, "grantRoles", self.member_of(family), Role.CHARGING)
        self.office("regulator", membership, "withdrawRoles", self.member_of(family), Role.CHARGING, MARKUP)
        self.does(family, vault, "withdraw", 5_000)
        self.does(family, token, "transfer", self.buyer, 2_000)
        self.does(
            family, token, "redeem", self.member_of(known_account("issuer").address), 1_000, keccak(text="paid out")
        )
        self.retired = self._second_account(self.seller)
        self.does(self.seller, membership, "retireAccount", self.retired)

    def _second_account(self, account: str) -> str:
        """A further account of a member."""
        further, membership = Account.from_key(keccak(text=f"second of {account}")), self.market.membership
        self.does(account, membership, "addAccount", *joining(self.market, account, further))
        self.park.keys[further.address] = further
        return str(further.address)

    def _change_devices(self) -> None:
        meters, owner = self.market.meters, self.family
        described: dict[str, Any] = {"owner": owner, "direction": Direction.WITHDRAWAL, "rated_w": 5_000}
        self.devices = {
            name: self.park.new_device(**described) for name in ("suspended", "retired", "moved", "pledged")
        }
        self.office("operator", meters, "suspend", self.devices["suspended"], MARKUP)
        self.does(owner, meters, "retire", self.devices["retired"])
        self.does(owner, meters, "offer", self.devices["moved"], self.buyer)
        self.does(self.buyer, meters, "accept", self.devices["moved"])
        self.does(owner, meters, "pledge", self.devices["pledged"], self.seller, self.seller)
        self._change_key(self.devices["pledged"])

    def _change_key(self, device: int) -> None:
        meters, signer = self.market.meters, Account.from_key(keccak(text="a new meter's key"))
        key = Key(Curve.SECP256K1, bytes.fromhex(signer.address[2:]).rjust(32, b"\0"), bytes(32))
        proof = sign(meters, "DeviceKey", signer, {"device": device, **said(key), "deadline": FAR})
        self.does(self.family, meters, "proposeKey", device, key, FAR, proof)
        self.office("operator", meters, "confirmKey", device, meters.key_hash_of(key))


def _said(mined: Mined, name: str) -> Log:
    return next(log for log in mined.logs if log.name == name)


@pytest.fixture(scope="session")
def fair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fair]:
    with PlainAnvil(*ANVIL) as chain:
        yield Fair(chain, tmp_path_factory.mktemp("fair"))
