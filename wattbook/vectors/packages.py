"""Energy Packages: what is bought, drawn, charged by area and flow, given back, and admitted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from wattbook.market.bounds import UnsupportedRule
from wattbook.market.case import choice
from wattbook.packages import admission, cancelling
from wattbook.packages.area import AreaTerm
from wattbook.packages.fields import PackageError
from wattbook.packages.flow import FlowTerm
from wattbook.packages.lots import Lot, draw
from wattbook.packages.steps import Mode, Steps
from wattbook.packages.tariff import Seasonal, Tariff, parse_tariff
from wattbook.units import UPT_PER_PT
from wattbook.vectors.check import Check, NotRun, VectorError, VectorFile, compared

Case = dict[str, Any]
Result = dict[str, Any]
Run = Callable[[Case], Result]

LISTS = ("purchase", "drawdown", "areaFee", "cancel", "flow", "capacity")


def recognises(file: VectorFile) -> bool:
    return "tariff" in file.data and all(isinstance(file.data.get(name), list) for name in LISTS)


def checks(file: VectorFile) -> Iterator[Check | NotRun]:
    """Every case of every list, in Python."""
    return checks_of(file, _runs(tariff_of(file)))


def tariff_of(file: VectorFile) -> Tariff:
    """The tariff of all cases."""
    try:
        return parse_tariff(file.data["tariff"])
    except PackageError as error:
        raise VectorError(f"{file.path}: {error}") from None


def checks_of(file: VectorFile, runs: Mapping[str, Run]) -> Iterator[Check | NotRun]:
    """Every case of the lists that something runs, which raises UnsupportedRule for what it does not have."""
    for name, run in runs.items():
        for place, case in enumerate(file.data[name]):
            label = f"{case['name']} ({name}[{place}])" if "name" in case else f"{name}[{place}]"
            expected = _EXPECTED[name](case)
            try:
                yield compared(label, expected, run(case))
            except UnsupportedRule as error:
                yield NotRun(label, str(error))
            except PackageError as error:
                yield Check(label, expected, str(error), False)


def _runs(tariff: Tariff) -> dict[str, Run]:
    return {
        "purchase": lambda case: _purchase(_steps(tariff, case), case),
        "drawdown": lambda case: _drawdown(_steps(tariff, case), case),
        "areaFee": lambda case: {"fee": _area_term(tariff, case).fee},
        "cancel": lambda case: _cancel(tariff, case),
        "flow": lambda case: _flow(tariff, case),
        "capacity": lambda case: _capacity(tariff, case),
    }


def _steps(tariff: Tariff, case: Case) -> Steps:
    if case["kind"] not in tariff.steps:
        raise UnsupportedRule(f"{case['kind']} has no steps")
    return replace(tariff.steps[case["kind"]], mode=choice(case, "mode", Mode.ALL_UNITS))


def _seasonal(tariff: Tariff, case: Case) -> Seasonal:
    if case["kind"] not in tariff.seasonal:
        raise UnsupportedRule(f"{case['kind']} has no area")
    return tariff.seasonal[case["kind"]]


def _purchase(steps: Steps, case: Case) -> Result:
    lots = steps.lots(case["amount"])
    return {"lots": [[lot.paid, lot.price] for lot in lots], "units": sum(lot.units for lot in lots)}


def _drawdown(steps: Steps, case: Case) -> Result:
    lots = [lot for amount in case["prepaid"] for lot in steps.lots(amount)]
    found = draw(lots, case["units"], steps.postpaid, case["wallet"])
    return {
        "lots": [[lot.left, lot.price] for lot in found.lots],
        "charged": found.charged,
        "dust": found.dust,
        "used": [list(one) for one in found.used],
        "arrearsUnits": found.arrears_units,
        "arrears": found.arrears,
        "paidFromWallet": found.paid_from_wallet,
        "debt": found.debt,
        "wallet": found.wallet,
    }


def _area_term(tariff: Tariff, case: Case) -> AreaTerm:
    """As the formula has it; a term that costs nothing is among the cases, though it cannot be bought."""
    area = _seasonal(tariff, case).area
    first, bundle_bps = case["startMonth"] - 1, tariff.bundle_bps[case["carriers"]]
    fee = area.fee(case["areaCentiM2"], first, case["months"], bundle_bps)
    return AreaTerm(area, case["areaCentiM2"], first, case["months"], bundle_bps, fee)


def _cancel(tariff: Tariff, case: Case) -> Result:
    if case["type"] == "area":
        return asdict(cancelling.end_area(_area_term(tariff, case), case["elapsedMonths"], tariff.cancel_fee_bps))
    if case["type"] != "prepaid":
        raise UnsupportedRule(f"the type must be prepaid or area, not {case['type']!r}")
    used, price = case["usedUnits"], case["price"]
    lot = Lot(case["paid"], case["paid"] - used * price, price)
    free = cancelling.is_cooling_off(case["seconds"], tariff.cooling_off_seconds, used=used > 0)
    return asdict(cancelling.end_lots([lot], _steps(tariff, case), tariff.cancel_fee_bps, free=free))


def _flow(tariff: Tariff, case: Case) -> Result:
    [lot] = FlowTerm(_seasonal(tariff, case).flow, case["months"]).lots(1_000 * UPT_PER_PT)
    return {"price": lot.price, "units": lot.units}


def _capacity(tariff: Tariff, case: Case) -> Result:
    load = admission.area_load(case["totalAreaCentiM2"], _seasonal(tariff, case).w_per_m2)
    capacity = tariff.capacity_w[case["kind"]]
    return {"loadW": load, "capacityW": capacity, "admitted": admission.admits(load, 0, capacity)}


_EXPECTED: dict[str, Run] = {
    "purchase": lambda case: {"lots": case["expectLots"], "units": case["units"]},
    "drawdown": lambda case: dict(case["expect"]),
    "areaFee": lambda case: {"fee": case["expectFee"]},
    "cancel": lambda case: dict(case["expect"]),
    "flow": lambda case: {"price": case["expectPrice"], "units": case["unitsFor1000PT"]},
    "capacity": lambda case: {name: case[name] for name in ("loadW", "capacityW", "admitted")},
}
