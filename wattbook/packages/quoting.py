"""What a customer's year would cost, by everything that he can choose."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from wattbook.market.shares import cumfloor
from wattbook.months import MONTHS_A_YEAR
from wattbook.packages.admission import area_load, reserve
from wattbook.packages.area import MOST_CENTI_M2
from wattbook.packages.fields import PackageError, whole
from wattbook.packages.flow import TERMS, FlowTerm
from wattbook.packages.lots import Pricing, bonus_lots
from wattbook.packages.park import MOST_UNITS, Customer
from wattbook.packages.prepaid import Prepaid
from wattbook.packages.tariff import SEASONAL, Tariff
from wattbook.units import CENTI_PER_M2


class Basis(StrEnum):
    """What is paid for."""

    PREPAID = "prepaid"
    AREA = "area"
    FLOW = "flow"


@dataclass(frozen=True)
class Option:
    """A way to buy one carrier for a year, in payments of so many months. What is left of the money is his."""

    carrier: str
    basis: Basis
    months: int
    cost: int
    left: int = 0


@dataclass(frozen=True)
class Plan:
    """A way to buy all that he uses, some carriers as a bundle, each by the cheaper of area and flow."""

    bundle: tuple[str, ...]
    months: int
    options: tuple[Option, ...]

    @property
    def cost(self) -> int:
        return sum(option.cost for option in self.options)


@dataclass(frozen=True)
class Quote:
    """All options by carrier, and all plans, each cheapest first."""

    options: dict[str, list[Option]]
    plans: list[Plan]


def quote(tariff: Tariff, customer: Customer) -> Quote:
    """Everything that he can choose. Refused when the station cannot supply him even if it supplies nobody else."""
    carriers = tuple(customer.year)
    for carrier, units in customer.year.items():
        _check(tariff, customer, carrier, units)
    options = {
        carrier: sorted((one for months in TERMS for one in _options(tariff, customer, carrier, months)), key=_cost)
        for carrier in carriers
    }
    bundles = [bundle for size in range(2, len(carriers) + 1) for bundle in combinations(carriers, size)]
    plans = [_plan(tariff, customer, bundle, months) for bundle in [(), *bundles] for months in TERMS]
    return Quote(options, sorted(plans, key=lambda plan: plan.cost) if bundles else [])


def payment_for(pricing: Pricing, units: int, bundle_bps: int = 0) -> int:
    """The smallest payment that buys at least so many units, with what a bundle gives on top."""
    least, enough = 0, 1
    while _bought(pricing, enough, bundle_bps) < units:
        least, enough = enough, enough * 2
    while enough - least > 1:
        middle = (least + enough) // 2
        if _bought(pricing, middle, bundle_bps) < units:
            least = middle
        else:
            enough = middle
    return enough


def _bought(pricing: Pricing, amount: int, bundle_bps: int) -> int:
    return sum(lot.units for lot in pricing.lots(amount) + bonus_lots(pricing, amount, bundle_bps))


def _check(tariff: Tariff, customer: Customer, carrier: str, units: int) -> None:
    if carrier not in tariff.carriers:
        raise PackageError(f"the tariff has no {carrier}; it has {', '.join(tariff.carriers)}")
    whole(f"a year's {carrier} in {'litres' if carrier == 'hotwater' else 'Wh'}", units, 1, MOST_UNITS)
    if carrier in SEASONAL:
        whole("an area in hundredths of m2", customer.centi_m2, CENTI_PER_M2, MOST_CENTI_M2)
        load = area_load(customer.centi_m2, tariff.seasonal[carrier].w_per_m2)
        reserve(carrier, load, 0, tariff.capacity_w[carrier])


def _plan(tariff: Tariff, customer: Customer, bundle: tuple[str, ...], months: int) -> Plan:
    found = []
    for carrier in customer.year:
        bundle_bps = tariff.bundle_bps[len(bundle)] if carrier in bundle else 0
        found.append(min(_options(tariff, customer, carrier, months, bundle_bps), key=_cost))
    return Plan(bundle, months, tuple(found))


def _options(tariff: Tariff, customer: Customer, carrier: str, months: int, bundle_bps: int = 0) -> list[Option]:
    units = customer.year[carrier]
    if carrier in tariff.steps:
        return [_prepaid(carrier, Basis.PREPAID, months, tariff.steps[carrier], units, bundle_bps)]
    seasonal = tariff.seasonal[carrier]
    firsts = range(0, MONTHS_A_YEAR, months)
    fee = sum(seasonal.area.fee(customer.centi_m2, first, months, bundle_bps) for first in firsts)
    by_area = Option(carrier, Basis.AREA, months, fee)
    return [by_area, _prepaid(carrier, Basis.FLOW, months, FlowTerm(seasonal.flow, months), units, bundle_bps)]


def _prepaid(carrier: str, basis: Basis, months: int, pricing: Pricing, units: int, bundle_bps: int) -> Option:
    """A year of equal parts, before each of which he pays what it needs and is not left from before."""
    supply = Prepaid(pricing)
    delivered = 0
    for part in cumfloor([1] * (MONTHS_A_YEAR // months), units):
        if part > supply.units:
            amount = payment_for(pricing, part - supply.units, bundle_bps)
            supply = supply.top_up(amount).pay(amount, bundle_bps)
        delivered += part * pricing.wh_per_unit
        supply, _ = supply.draw(delivered)
        supply = supply.end_term()
    return Option(carrier, basis, months, supply.earned, supply.left)


def _cost(option: Option) -> int:
    return option.cost
