"""Subscriptions to energy packages in every stage, so that each function about them has something to act on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.devices import Devices, Secp256k1Key
from wattbook import Application, Market, Role
from wattbook.contracts.structs import Carrier, Direction, Discounts, Kind, Purchase, Step, Tariff, TariffTerms
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call
from wattbook.months import month_at
from wattbook.trial.subsidising import DAY

ZONE = 1
CARRIER = Carrier.COOLING
PRICE = 880
SQUARE_METRE = 100
YEAR = 12


def tariff() -> Tariff:
    """One that sells in every way, of a provider who is a member from the beginning."""
    terms = TariffTerms(
        provider=known_account("grid").address,
        zone=ZONE,
        carrier=CARRIER,
        incremental=False,
        wh_per_unit=1,
        postpaid=PRICE,
        flow_price=PRICE,
        annual_price=12_000,
        cancel_fee_bps=200,
        cooling_off=DAY,
        load_per_m2=1,
        capacity_w=10**9,
    )
    return Tariff(terms, Discounts(0, 0, 0, 0, 0, 0, 0), [Step(0, PRICE)], [833] * 8 + [834] * 4)


@dataclass
class Tenancy:
    """One who paid for less than he took, and cancelled another subscription; what takes months was begun in time."""

    market: Market
    carry_out: Callable[..., None]
    devices: Devices
    tenant: LocalAccount
    first: int

    def __post_init__(self) -> None:
        self.carry_out(Call("Tariffs", "publish", (tariff(),)))
        self._admit()
        described = {"carrier": CARRIER, "direction": Direction.WITHDRAWAL, "rated_w": 1_000}
        self.meters = [
            self.devices.certify(self.devices.register(self.tenant, Secp256k1Key(f"a tenant's {name}"), **described))
            for name in ("first meter", "second meter")
        ]
        self.in_arrears, self.ended = (self._buy(meter) for meter in self.meters)

    def cancel(self) -> None:
        """One of them, in its first month."""
        self.market.energy_packages.cancel(self.ended, sender=self.tenant)

    def draw(self) -> None:
        self.market.energy_packages.draw([self.in_arrears], sender=self.tenant)
        assert self.market.vault.debt_to(self.tenant.address, known_account("grid").address)

    def _buy(self, meter: int) -> int:
        purchase = Purchase(1, Kind.LOTS, self.first, 0, meter, 0, PRICE)
        receipt = self.market.energy_packages.buy([purchase], sender=self.tenant)
        return int(receipt.event("Bought").args["subscription"])

    def _admit(self) -> None:
        """With no more money than what he pays for two units."""
        market, account = self.market, self.tenant.address
        papers, person = keccak(text="papers of a tenant"), keccak(text="identity of a tenant")
        given = Application(account, Role.CONSUMER, 0, FAR, papers, person)
        market.membership.admit(given, sender=known_account("registrar"))
        market.power_token.mint(account, 2 * PRICE, keccak(text="a tenant's money"), sender=known_account("issuer"))
        market.power_token.approve(market.vault.address, 2 * PRICE, sender=self.tenant)
        market.vault.deposit(2 * PRICE, sender=self.tenant)
        market.vault.choose_modules(1 << market.vault.module_of(market.energy_packages.address).bit, sender=self.tenant)


@dataclass
class Subscribed:
    """Of each customer an area without a device, and lots for a meter."""

    market: Market
    devices: Devices
    customers: Iterable[LocalAccount]

    def __post_init__(self) -> None:
        self.areas: dict[str, int] = {}
        self.lots: dict[str, int] = {}
        described = {"carrier": CARRIER, "direction": Direction.WITHDRAWAL, "rated_w": 1_000}
        for key in self.customers:
            meter = self.devices.certified(key, **described)
            self.areas[key.address] = self._buy(key, self.area())
            lots = Purchase(1, Kind.LOTS, self._month + 1, 0, meter, 0, PRICE)
            self.lots[key.address] = self._buy(key, lots)

    def area(self) -> Purchase:
        """A square metre for a year to come."""
        return Purchase(1, Kind.AREA, self._month + 1, YEAR, 0, SQUARE_METRE, 0)

    def _buy(self, key: LocalAccount, purchase: Purchase) -> int:
        receipt = self.market.energy_packages.buy([purchase], sender=key)
        return int(receipt.event("Bought").args["subscription"])

    @property
    def _month(self) -> int:
        return month_at(self.market.chain.now)
