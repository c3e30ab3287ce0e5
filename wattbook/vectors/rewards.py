"""Points, certificates, registered energy, subsidies and bills."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wattbook.certificates.storage import discharge
from wattbook.certificates.whole import issued, slices
from wattbook.energy import capacity
from wattbook.market.bounds import UnsupportedRule
from wattbook.points.rewards import counters, granted
from wattbook.settlement.bills import split
from wattbook.settlement.subsidy import Claim, Pot, pay
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Case = dict[str, Any]
Result = dict[str, Any]
# A case, as something makes it out; what it must be is the same for all of them.
Run = Callable[[Case], Result]

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
    return checks_of(file, _RUNS | {"points": _points(file.data["meta"]["roleBps"])})


def checks_of(file: VectorFile, runs: Mapping[str, Run]) -> Iterator[Check | NotRun]:
    """Every case of the lists that something runs, which raises UnsupportedRule for what it does not have."""
    for name, run in runs.items():
        for place, case in enumerate(file.data[name]):
            label = _label(name, place, case)
            try:
                yield compared(label, _EXPECTED.get(name, _expect)(case), run(case))
            except UnsupportedRule as error:
                yield NotRun(label, str(error))


def _expect(case: Case) -> Result:
    return dict(case["expect"])


def _points(role_bps: Mapping[str, int]) -> Run:
    by_role = counters(role_bps)

    def run(case: Case) -> Result:
        points = {role: counter.add(case["cleanWh"]) for role, counter in by_role.items()}
        return {"points": points, "cumWh": {role: counter.wh for role, counter in by_role.items()}}

    return run


def _certificates(case: Case) -> Result:
    certificates, carried = issued(case["carry"], case["newWh"])
    return {"certificates": certificates, "carry": carried}


def _wrap(case: Case) -> Result:
    found = slices([(str(source), int(wh)) for source, wh in case["holdings"]])
    return {"slices": found and [list(one) for one in found]}


def _epoch_budget(case: Case) -> Result:
    return {"granted": granted(case["budget"], case["asks"])}


def _registration(case: Case) -> Result:
    most = capacity.most(case["ratedW"], case["slotSeconds"], case["availabilityBps"])
    accepted = capacity.fits(case["requestWh"], case["alreadyRegisteredWh"], most)
    return {"maxWh": most, "accepted": accepted}


def _storage(case: Case) -> Result:
    found = discharge(case["chargedWh"], case["gcWh"], case["dischargedWh"], case["roundTripBps"])
    return {"gcOut": found.clean, "gcBurned": found.burned, "greyOut": found.grey}


def _subsidy(case: Case) -> Result:
    pot = Pot(case["budget"], case["rateMptPerKwh"], case["feederToleranceBps"])
    claims = [
        Claim(one["device"], one["wh"], one["capacityWh"], one["final"], one["alreadyPaid"]) for one in case["claims"]
    ]
    found = pay(pot, case["feederWh"], claims)
    refused = {device: refusal.value for device, refusal in found.refused.items()}
    return {"held": found.held, "refused": refused, "pay": found.pay, "spent": found.spent}


def _bill_split(case: Case) -> Result:
    return split(case["amount"], [(payee, bps) for payee, bps in case["sharesBps"]])


_RUNS: dict[str, Run] = {
    "certificates": _certificates,
    "wrap": _wrap,
    "epochBudget": _epoch_budget,
    "registration": _registration,
    "storageCertificates": _storage,
    "subsidy": _subsidy,
    "billSplit": _bill_split,
}


_EXPECTED: dict[str, Run] = {
    "wrap": lambda case: {"slices": case["expectSlices"]},
    "points": lambda case: {"points": case["expect"], "cumWh": case["cumWh"]},
    "epochBudget": lambda case: {"granted": case["expect"]},
}


def _label(name: str, place: int, case: Case) -> str:
    return f"{case['name']} ({name}[{place}])" if "name" in case else f"{name}[{place}]"
