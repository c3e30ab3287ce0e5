"""Plants that are pooled, investors, and what becomes of their money."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.contracts.plant_company import PlantCompany
from wattbook.contracts.structs import (
    Application,
    PlantStatement,
    PoolDue,
    PoolRates,
    PoolTerms,
    Terms,
    TrancheKind,
)
from wattbook.contracts.tranche import Tranche
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.market.words import Book
from wattbook.metering.roots import in_order
from wattbook.months import month_at, start_of
from wattbook.roles import Role
from wattbook.trial.blocks import Mined, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import FAR, Park
from wattbook.units import pt

DAY = 86_400
SLOT = 900
_YEAR_MONTHS = 12
_MONTH_WH, _MONTH_MEASURED = 152, 208
KINDS = tuple(TrancheKind)


class Pooling:
    """Plants, their owner, who quotes for them, and investors."""

    def __init__(self, park: Park) -> None:
        self.park, self.market, self.blocks = park, park.market, park.blocks
        self.pools, self.offers, self.servicers = (
            self.market.asset_pools,
            self.market.pool_offers,
            self.market.servicers,
        )
        self._papers = count(1)
        self._receipts = count(1)
        self.anyone, self.spare = self.person(), self.person()
        self.owner, self.servicer, self.trustee, self.tax = (self.person() for _ in range(4))
        self.investors = [self.person() for _ in range(4)]
        # Pays whatever is to come in as if it were settled.
        self.payer = known_account("grid").address
        self.decide(self.market.vault, "enterModule", self.payer)
        self.source = self.person()
        self.do(self.source, self.market.vault, "chooseModules", 1 << self.market.vault.module_of(self.payer).bit)

    # ------------------------------------------------------------------------------------------------------- people

    def person(self) -> str:
        """One more member who may do anything, with money in the Vault."""
        number = len(self.park.traders)
        self.park.have_traders(number + 1)
        account = self.park.traders[number]
        member = self.market.membership.standing_of(account).member
        self.do(known_account("registrar").address, self.market.membership, "grantRoles", member, Role.INVESTOR)
        return account

    def free(self, account: str) -> int:
        return int(self.market.vault.account_of(account).free)

    @property
    def locked(self) -> int:
        """All that the module holds."""
        return int(self.market.vault.module_of(self.pools.address).locked)

    # --------------------------------------------------------------------------------------------------------- calls

    def do(self, sender: str, contract: Any, function: str, *arguments: object, at: int | None = None) -> Mined:
        [mined] = self.blocks.mine([message(contract, function, sender, *arguments)], at)
        return mined

    def decide(self, contract: Any, function: str, *arguments: object) -> Mined:
        return self.do(self.market.authority.address, contract, function, *arguments)

    def pass_to(self, time: int) -> None:
        self.blocks.mine([], max(time, self.blocks.now))

    @property
    def now(self) -> int:
        return self.blocks.now

    def open_book(self) -> Book:
        """A book in which orders are committed."""
        book = self.park.next_book()
        rule = self.market.deployment.address("Uniform")
        self.park.decide(book, Terms(rule, 5_000, 0, 0, 0, False, False, False), 300, 600)
        self.pass_to(book.slot_start - self.park.commit_ahead)
        self.do(self.anyone, self.market.auction, "openBook", book.carrier, book.zone, book.slot_start)
        return book

    # -------------------------------------------------------------------------------------------------------- plants

    def plant(self, owner: str, months: int = 36, wh: int = 10**9, measured_of: int = 10_000) -> int:
        """A plant that has been read for so many months."""
        device = self.park.new_device(owner=owner)
        last = month_at(self.now - 12 * DAY) - 1
        for month in range(last - months + 1, last + 1):
            self.read_all(device, month, wh, measured_of)
        certified = keccak(encode(["uint32", "uint256"], [device, storage_slot("Meters", "certifiedFrom")]))
        self.blocks.set_storage(self.market.meters.address, certified, start_of(last - months).to_bytes(32))
        return device

    def read_all(self, device: int, month: int, wh: int, measured_of: int = 10_000) -> int:
        """Has a device's counter of a month show so much, measured in so many of 10000 periods; how many that are."""
        periods = (start_of(month + 1) - start_of(month)) // SLOT * measured_of // 10_000
        inner = keccak(encode(["uint32", "uint256"], [device, storage_slot("Readings", "_months")]))
        place = keccak(encode(["uint16", "bytes32"], [month, inner]))
        word = wh << _MONTH_WH | periods << _MONTH_MEASURED
        self.blocks.set_storage(self.market.readings.address, place, word.to_bytes(32))
        return periods

    def state_earned(self, device: int, net: int, top_bps: int = 500) -> None:
        """Attesters state what a plant earned in twelve months; that rests for ten days."""
        until = month_at(self.now - 12 * DAY) - 1
        wh = sum(self.market.readings.month_of(device, month).wh for month in range(until - 11, until + 1))
        statement = PlantStatement(device, until, wh, net, top_bps, keccak(text=f"bills of {device}"))
        version = self.market.admissions.application_of(device).version
        values = {"admissions": self.market.admissions.address, "version": version}
        values |= {{"top_bps": "topBps", "data_hash": "dataHash"}.get(k, k): v for k, v in statement._asdict().items()}
        accounts = [known_account(name) for name in ATTESTERS]
        signed = in_order((one.address, sign(self.market.readings, "PlantStatement", one, values)) for one in accounts)
        owner = self.market.meters.owner_of(device)
        self.do(owner, self.market.admissions, "handIn", statement, signed)

    def rest(self) -> None:
        self.pass_to(self.now + self.market.admissions.rest())

    # --------------------------------------------------------------------------------------------------------- pools

    def terms(self, **said: Any) -> PoolTerms:
        """Terms of a small pool."""
        deadline = (self.now // DAY + 30) * DAY
        rates = PoolRates(pt(15_000), pt(6_000), 380, 650, 300, 500, pt(500))
        usual = PoolTerms(
            owner=self.owner,
            servicer=self.servicer,
            trustee_account=self.trustee,
            tax_account=self.tax,
            senior=pt(700_000),
            mezz=pt(150_000),
            junior=pt(100_000),
            least=pt(500_000),
            reserve=pt(10_000),
            working=pt(2_000),
            floor_price=300,
            deadline=deadline,
            start=deadline,
            rates=rates,
        )
        return usual._replace(**said)

    def periods(self, terms: PoolTerms, number: int = 4, length: int = 90) -> list[PoolDue]:
        """Periods of so many days, each of which pays its part of the principal."""
        step = (terms.senior // number, terms.mezz // number)
        return [PoolDue(terms.start + (i + 1) * length * DAY, *step) for i in range(number)]

    def offered(self, terms: PoolTerms, periods: Sequence[PoolDue], plants: Sequence[int] = ()) -> int:
        """A pool with a company that is a member, and to which the plants are offered."""
        mined = self.do(terms.owner, self.offers, "offer", terms, list(periods))
        pool: int = next(log.args[0] for log in mined.logs if log.name == "PoolOffered")
        self.do(self.anyone, self.pools, "found", pool)
        self.admit_company(pool)
        for device in plants:
            self.do(terms.owner, self.market.meters, "offer", device, self.company(pool).address)
        if plants:
            self.do(terms.owner, self.offers, "admit", pool, sorted(plants))
        return pool

    def admit_company(self, pool: int) -> None:
        papers = keccak(text=f"company of pool {pool}")
        application = Application(
            self.company(pool).address, Role.PRODUCER | Role.STORAGE, 0, FAR, papers, keccak(papers)
        )
        self.do(known_account("registrar").address, self.market.membership, "admit", application)

    def company(self, pool: int) -> PlantCompany:
        return PlantCompany(self.market.chain, self.pools.standing_of(pool).company)

    def tranche(self, pool: int, kind: TrancheKind) -> Tranche:
        return Tranche(self.market.chain, self.pools.tranches_of(pool)[kind])

    def earn(self, pool: int, amount: int) -> None:
        """Something comes in."""
        if not amount:
            return
        self.do(self.payer, self.market.vault, "lock", self.source, amount, 0)
        self.do(self.payer, self.market.vault, "pay", self.source, self.company(pool).address, amount)

    def open(self, pool: int) -> Mined:
        """With the plants that were admitted to it."""
        return self.decide(self.pools, "open", pool, self.offers.plants_of(pool))

    def opened(self, terms: PoolTerms | None = None, number: int = 4) -> int:
        """A pool of one new plant that is open."""
        terms = terms or self.terms()
        device = self.plant(terms.owner)
        self.state_earned(device, 10 * (terms.senior + terms.mezz))
        self.rest()
        pool = self.offered(terms, self.periods(terms, number), [device])
        self.open(pool)
        return pool

    def active(self, terms: PoolTerms | None = None, number: int = 4) -> int:
        """One of which the first investor has all of senior, and the second all of mezzanine."""
        terms = terms or self.terms()
        pool = self.opened(terms, number)
        if terms.senior:
            self.do(self.investors[0], self.pools, "subscribe", pool, TrancheKind.SENIOR, terms.senior)
        if terms.mezz:
            self.do(self.investors[1], self.pools, "subscribe", pool, TrancheKind.MEZZ, terms.mezz)
        self.do(self.anyone, self.pools, "decide", pool)
        return pool

    def closed(self, pool: int, period: int, earned: int = 0) -> Mined:
        """Closes a period in which so much came in."""
        self.earn(pool, earned)
        due = self.offers.periods_of(pool)[period]
        start = self.offers.plan_of(pool, period).start
        for device in self.pools.plants_of(pool):
            for month in range(month_at(start), month_at(due.end)):
                self.read_all(device, month, 10**9)
        self.pass_to(due.end + self.pools.grace())
        return self.do(self.anyone, self.pools, "close", pool, period)
