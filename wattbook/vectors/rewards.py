"""Points, certificates, registered energy, subsidies and bills."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wattbook.certificates.storage import discharge
from wattbook.certificates.whole import issued, slices
from wattbook.energy import capacity
from wattbook.points.rewards import counters, granted
from wattbook.settlement.bills import split
from wattbook.settlement.subsidy import Claim, Pot, pay
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Case = dict[str, Any]
Result = dict[str, Any]

LISTS = (
    "certificates",
    "wrap",
    "points",
    "epochBudget",
    "registration",
    "storageCertificates",
    "subsidy",
    "billSplit",
)


def recognises(file: VectorFile) -> bool:
    return all(isinstance(file.data.get(name), list) for name in LISTS)


def checks(file: VectorFile) -> Iterator[Check | NotRun]:
    """Every case. Those of points go on where the one before ended."""
    for name, run in _RUNS.items():
        for place, case in enumerate(file.data[name]):
            expected, got = run(case)
            yield compared(_label(name, place, case), expected, got)
    yield from _points(file)


def checks_by(file: VectorFile, runs: Mapping[str, Callable[[Case], Result]]) -> Iterator[Check | NotRun]:
    """The cases of the lists that others run."""
    for name, run in runs.items():
        for place, case in enumerate(file.data[name]):
            expected, _ = _RUNS[name](case)
            yield compared(_label(name, place, case), expected, run(case))


def _points(file: VectorFile) -> Iterator[Check]:
    by_role = counters(file.data["meta"]["roleBps"])
    for place, case in enumerate(file.data["points"]):
        points = {role: counter.add(case["cleanWh"]) for role, counter in by_role.items()}
        got = {"points": points, "cumWh": {role: counter.wh for role, counter in by_role.items()}}
        yield compared(_label("points", place, case), {"points": case["expect"], "cumWh": case["cumWh"]}, got)


def _certificates(case: Case) -> tuple[Result, Result]:
    certificates, carried = issued(case["carry"], case["newWh"])
    return case["expect"], {"certificates": certificates, "carry": carried}


def _wrap(case: Case) -> tuple[Result, Result]:
    found = slices([(str(source), int(wh)) for source, wh in case["holdings"]])
    return {"slices": case["expectSlices"]}, {"slices": found and [list(one) for one in found]}


def _epoch_budget(case: Case) -> tuple[Result, Result]:
    return {"granted": case["expect"]}, {"granted": granted(case["budget"], case["asks"])}


def _registration(case: Case) -> tuple[Result, Result]:
    most = capacity.most(case["ratedW"], case["slotSeconds"], case["availabilityBps"])
    accepted = capacity.fits(case["requestWh"], case["alreadyRegisteredWh"], most)
    return case["expect"], {"maxWh": most, "accepted": accepted}


def _storage(case: Case) -> tuple[Result, Result]:
    found = discharge(case["chargedWh"], case["gcWh"], case["dischargedWh"], case["roundTripBps"])
    return case["expect"], {"gcOut": found.clean, "gcBurned": found.burned, "greyOut": found.grey}


def _subsidy(case: Case) -> tuple[Result, Result]:
    pot = Pot(case["budget"], case["rateMptPerKwh"], case["feederToleranceBps"])
    claims = [
        Claim(one["device"], one["wh"], one["capacityWh"], one["final"], one["alreadyPaid"]) for one in case["claims"]
    ]
    found = pay(pot, case["feederWh"], claims)
    refused = {device: refusal.value for device, refusal in found.refused.items()}
    return case["expect"], {"held": found.held, "refused": refused, "pay": found.pay, "spent": found.spent}


def _bill_split(case: Case) -> tuple[Result, Result]:
    return case["expect"], split(case["amount"], [(payee, bps) for payee, bps in case["sharesBps"]])


_RUNS: Mapping[str, Callable[[Case], tuple[Result, Result]]] = {
    "certificates": _certificates,
    "wrap": _wrap,
    "epochBudget": _epoch_budget,
    "registration": _registration,
    "storageCertificates": _storage,
    "subsidy": _subsidy,
    "billSplit": _bill_split,
}


def _label(name: str, place: int, case: Case) -> str:
    return f"{case['name']} ({name}[{place}])" if "name" in case else f"{name}[{place}]"
