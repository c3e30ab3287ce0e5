"""A provider's tariff, as JSON has it: steps, areas, flows, discounts, and what the station can give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattbook.market.bounds import shown
from wattbook.months import MONTHS_A_YEAR
from wattbook.packages.area import Area
from wattbook.packages.fields import Fields, PackageError, whole
from wattbook.packages.flow import TERMS, Flow
from wattbook.packages.lots import WHOLE_BPS
from wattbook.packages.steps import Mode, Steps
from wattbook.units import UPT_PER_PT

STEPPED = ("electricity", "hotwater")
SEASONAL = ("cooling", "heating")
CARRIERS = STEPPED + SEASONAL
_UNITS = {"electricity": ("Wh", "mPT/kWh"), "hotwater": ("L", "mPT/m3")}
_BUNDLES = tuple(range(1, len(CARRIERS) + 1))

MOST_PRICE = 2**32 - 1
_MOST_PT = 10**12
_MOST_W = 10**12
_MOST_SECONDS = 366 * 86_400


@dataclass(frozen=True)
class Seasonal:
    """Cold or heat: a customer chooses area or flow. The design load says how many W a m2 may take."""

    area: Area
    flow: Flow
    w_per_m2: int


@dataclass(frozen=True)
class Tariff:
    """One version of a tariff. A carrier that the station does not supply is not in it."""

    steps: Mapping[str, Steps]
    seasonal: Mapping[str, Seasonal]
    bundle_bps: Mapping[int, int]
    cancel_fee_bps: int
    cooling_off_seconds: int
    capacity_w: Mapping[str, int]

    @property
    def carriers(self) -> tuple[str, ...]:
        return tuple(carrier for carrier in CARRIERS if carrier in self.capacity_w)


def parse_tariff(value: object, where: str = "tariff") -> Tariff:
    """The tariff in an object of JSON."""
    fields = Fields(where, value)
    supplied = [carrier for carrier in CARRIERS if fields.has(carrier)]
    if not supplied:
        raise fields.error(f"there is none of {', '.join(CARRIERS)}")
    fields.ignore("note")
    design, capacity = fields.fields("designLoad"), fields.fields("capacity")
    by_area, by_flow = (_discounts(fields.fields(name), TERMS) for name in ("termDiscountBps", "flowTermDiscountBps"))
    tariff = Tariff(
        {carrier: _steps(fields.fields(carrier), carrier, design) for carrier in STEPPED if carrier in supplied},
        {
            carrier: _seasonal(fields.fields(carrier), by_area, by_flow, design.number(f"{carrier}WPerM2", 1, _MOST_W))
            for carrier in SEASONAL
            if carrier in supplied
        },
        _discounts(fields.fields("bundleBps"), _BUNDLES),
        fields.number("cancelFeeBps", 0, WHOLE_BPS),
        fields.number("coolingOffSeconds", 0, _MOST_SECONDS),
        {carrier: capacity.number(f"{carrier}W", 1, _MOST_W) for carrier in supplied},
    )
    for part in (design, capacity, fields):
        part.done()
    return tariff


def _steps(fields: Fields, carrier: str, design: Fields) -> Steps:
    for name, unit in zip(("unit", "priceUnit"), _UNITS[carrier], strict=True):
        fields.one_of(name, unit)
    mode = Mode(fields.one_of("mode", *Mode)) if fields.has("mode") else Mode.ALL_UNITS
    steps = _rising(fields)
    postpaid = fields.number("postpaid", steps[0][1], MOST_PRICE)
    fields.done()
    wh_per_unit = design.number("hotwaterWhPerL", 1, MOST_PRICE) if carrier == "hotwater" else 1
    return Steps(steps, postpaid, wh_per_unit, mode)


def _rising(fields: Fields) -> tuple[tuple[int, int], ...]:
    """Steps from 0 PT on; the more is paid, the lower is the price."""
    steps: list[tuple[int, int]] = []
    least, most = 0, MOST_PRICE
    for where, item in fields.list("tiers"):
        threshold, price = _pair(where, item)
        whole(f"{where}: the amount in PT", threshold, least, _MOST_PT if steps else 0)
        whole(f"{where}: the price", price, 1, most)
        steps.append((threshold * UPT_PER_PT, price))
        least, most = threshold + 1, price
    return tuple(steps)


def _pair(where: str, item: Any) -> tuple[int, int]:
    if not isinstance(item, list) or len(item) != 2:
        raise PackageError(f"{where} must be [amount in PT, price], not {shown(item)}")
    return item[0], item[1]


def _seasonal(fields: Fields, by_area: Mapping[int, int], by_flow: Mapping[int, int], w_per_m2: int) -> Seasonal:
    area, flow = fields.fields("area"), fields.fields("flow")
    flow.one_of("unit", "Wh")
    annual = area.number("annualMptPerM2", 1, MOST_PRICE)
    found = Seasonal(
        Area(annual, _weights(area), by_area), Flow(flow.number("price", 1, MOST_PRICE), by_flow), w_per_m2
    )
    if not found.flow.price_for(max(TERMS)):
        raise flow.error("after the discount of the longest term nothing is left of the price")
    for part in (area, flow, fields):
        part.done()
    return found


def _weights(area: Fields) -> tuple[int, ...]:
    weights = tuple(whole(where, value, 0, WHOLE_BPS) for where, value in area.list("weights"))
    if len(weights) != MONTHS_A_YEAR or sum(weights) != WHOLE_BPS:
        said = f"there are {len(weights)}, which sum to {sum(weights)}"
        raise area.error(f"weights must be those of twelve months and sum to {WHOLE_BPS}; {said}")
    return weights


def _discounts(fields: Fields, keys: tuple[int, ...]) -> dict[int, int]:
    """Ten-thousandths by months or carriers: nothing for the first, and more for more."""
    found: dict[int, int] = {}
    least = 0
    for key in keys:
        least = found[key] = fields.number(str(key), least, WHOLE_BPS - 1 if found else 0)
    fields.done()
    return found
