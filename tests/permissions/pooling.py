"""Pools of plants in every stage at once, so that each function of them has something to act on.

Their periods last for a day each. What is made of the world between the two parts of this takes more than two weeks.
"""

from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import Web3

from tests.assertions import FAR
from tests.node import ask
from tests.permissions.investing import Investing
from wattbook import Application, Role
from wattbook.contracts.base import Contract
from wattbook.contracts.plant_company import PlantCompany
from wattbook.contracts.servicers import Servicers
from wattbook.contracts.structs import Carrier, PoolDue, PoolRates, PoolTerms, TrancheKind
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call
from wattbook.months import month_at, start_of
from wattbook.trial.financing import CLONE
from wattbook.trial.pooling import DAY

OFFERED = 1_000
MONEY = 10**7
LOCKED = 10
HOUR = 3600
MONTHS = 36
# Of what a plant is said to have earned, more than enough.
NET = 10**12
APPLIED_AT = 128
_MONTH_WH, _MONTH_MEASURED = 152, 208


class Pools:
    """Pools of the owner's plants; two investors have all units that are sold."""

    def __init__(
        self,
        investing: Investing,
        owner: LocalAccount,
        servicer: LocalAccount,
        investors: tuple[LocalAccount, LocalAccount],
        carry_out: Callable[..., None],
    ) -> None:
        self.investing, self.market, self.devices = investing, investing.market, investing.devices
        self.owner, self.servicer, self.investors = owner, servicer, investors
        self.pools, self.offers = self.market.asset_pools, self.market.pool_offers
        self.plants: dict[int, int] = {}
        now = self.market.chain.now
        delay = self.market.authority.get_min_delay()
        self.soon, self.late = now + delay + HOUR, now + 100 * DAY
        self.unfounded = self._offered(self.late, 1)
        self.unopened, self.selling, self.sold = (self._founded(self.late, 1) for _ in range(3))
        self.cancelled, self.matured = (self._founded(self.soon, 1) for _ in range(2))
        self.running = self._founded(self.soon, 3)
        opened = (self.selling, self.sold, self.cancelled, self.running, self.matured)
        carry_out(*(Call("AssetPools", "open", (pool, [self.plants[pool]])) for pool in opened))
        for pool in (self.sold, self.running, self.matured):
            self._subscribe(pool, OFFERED // 2)
        for pool in (self.selling, self.cancelled):
            self._subscribe(pool, 1)
        for pool in (self.running, self.matured):
            self.pools.decide(pool, sender=owner)

    def found_apart(self, pools: LocalAccount, subject: LocalAccount, create: Callable[..., str]) -> None:
        """A company and servicers of what is no contract of pools."""
        chain, self._subject = self.market.chain, subject
        membership = self.market.membership.address
        self._unset, self._apart = (Servicers(chain, create("Servicers", membership)) for _ in range(2))
        self._apart.set_pools(sender=pools)
        self._new, self._other = self._clone(0), self._clone(1)
        self._other.found(1, sender=pools)
        self._admit(self._other.address)
        self.offered, self.taken = (self.devices.certified(subject) for _ in range(2))
        for device in (self.offered, self.taken):
            self.market.meters.offer(device, self._other.address, sender=subject)
        self._other.take(self.taken, sender=pools)

    def finish(self, payer: LocalAccount, subject: LocalAccount) -> None:
        """When the periods are long over; `payer` is a module, and the subject chose it."""
        self._pay(payer, subject, self.company_of(self.matured).address)
        for period in range(2):
            self.pools.close(self.running, period, sender=self.owner)
        self.pools.close(self.matured, 0, sender=self.owner)
        self.pools.decide(self.cancelled, sender=self.owner)
        for pool in (self.running, self.matured, self.cancelled):
            self._pay(payer, subject, self.company_of(pool).address)
        self._pay(payer, subject, self._other.address)
        self.market.vault.record_debt(self._other.address, subject.address, LOCKED, sender=payer)
        company = self.company_of(self.running).address
        replacement = Web3.to_checksum_address(keccak(text="another company")[:20])
        self.market.membership.propose_recovery(company, replacement, bytes(32), sender=known_account("registrar"))

    def company_of(self, pool: int) -> PlantCompany:
        return PlantCompany(self.market.chain, self.pools.standing_of(pool).company)

    def playing(self, name: str, function: str) -> Contract:
        """Where a function can be called."""
        if name == "PlantCompany":
            apart = {"found": self._new, **dict.fromkeys(("take", "giveBack", "payDebt"), self._other)}
            return apart.get(function, self.company_of(self.running))
        if name == "Servicers":
            alone = {"setPools": self._unset, "appoint": self._apart, "note": self._apart}
            return alone.get(function, self.market.servicers)
        return self.pools if name == "AssetPools" else self.offers

    def terms(self, owner: str, deadline: int) -> PoolTerms:
        """Of a pool that has senior and junior only, and pays no fees."""
        return PoolTerms(
            owner=owner,
            servicer=self.servicer.address,
            trustee_account=self.servicer.address,
            tax_account=self.servicer.address,
            senior=OFFERED,
            mezz=0,
            junior=1,
            least=OFFERED // 2,
            reserve=0,
            working=0,
            floor_price=0,
            deadline=deadline,
            start=deadline,
            rates=PoolRates(0, 0, 0, 0, 0, 0, 0),
        )

    @staticmethod
    def periods(start: int, number: int) -> list[PoolDue]:
        return [PoolDue(start + (place + 1) * DAY, OFFERED // number, 0) for place in range(number)]

    # ------------------------------------------------------------------------------------------------------ inside

    def _offered(self, deadline: int, periods: int) -> int:
        terms = self.terms(self.owner.address, deadline)
        self.offers.offer(terms, self.periods(deadline, periods), sender=self.owner)
        pool = self.offers.pool_count()
        self.plants[pool] = self._plant()
        return pool

    def _founded(self, deadline: int, periods: int) -> int:
        pool = self._offered(deadline, periods)
        self.pools.found(pool, sender=self.owner)
        company, device = self.company_of(pool).address, self.plants[pool]
        self._admit(company)
        self.market.meters.offer(device, company, sender=self.owner)
        self.offers.admit(pool, [device], sender=self.owner)
        return pool

    def _admit(self, company: str) -> None:
        papers = keccak(text=f"papers of {company}")
        application = Application(company, Role.PRODUCER | Role.STORAGE, 0, FAR, papers, keccak(papers))
        self.market.membership.admit(application, sender=known_account("registrar"))

    def _plant(self) -> int:
        """One that was read for years, and of which it was stated ten days ago what it earned."""
        market, device = self.market, self.devices.certified(self.owner)
        last = month_at(market.chain.now - market.admissions.grace()) - 1
        period = market.zones.reading_period(self.devices.zone, Carrier.ELECTRICITY)
        months = self._place("Readings", "_months", device)
        for month in range(last - MONTHS + 1, last + 1):
            measured = (start_of(month + 1) - start_of(month)) // period
            place = int.from_bytes(keccak(encode(["uint16", "uint256"], [month, months])))
            _write(market.readings, place, 10**9 << _MONTH_WH | measured << _MONTH_MEASURED)
        _write(market.meters, self._place("Meters", "certifiedFrom", device), start_of(last - MONTHS))
        statement = self.investing.statement(device)._replace(net=NET)
        market.admissions.hand_in(statement, self.investing.signatures(statement), sender=self.owner)
        place = self._place("Admissions", "_applications", device)
        told = int.from_bytes(market.chain.web3.eth.get_storage_at(market.admissions.address, place))
        _write(market.admissions, place, told - (market.admissions.rest() << APPLIED_AT))
        return device

    @staticmethod
    def _place(contract: str, variable: str, device: int) -> int:
        return int.from_bytes(keccak(encode(["uint32", "uint256"], [device, storage_slot(contract, variable)])))

    def _subscribe(self, pool: int, amount: int) -> None:
        for investor in self.investors:
            self.pools.subscribe(pool, TrancheKind.SENIOR, amount, sender=investor)

    def _pay(self, payer: LocalAccount, subject: LocalAccount, to: str) -> None:
        self.market.vault.lock(subject.address, MONEY, 0, sender=payer)
        self.market.vault.pay(subject.address, to, MONEY, sender=payer)

    def _clone(self, place: int) -> PlantCompany:
        address = Web3.to_checksum_address(keccak(text=f"company {place}")[:20])
        ask("anvil_setCode", address, CLONE.format(self.pools.company_original()[2:].lower()))
        return PlantCompany(self.market.chain, address)


def _write(contract: Any, place: int, word: int) -> None:
    ask("anvil_setStorageAt", contract.address, f"0x{place:064x}", f"0x{word:064x}")
