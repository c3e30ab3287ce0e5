"""What readings tell of the time between them, and what imbalances cost."""

from collections.abc import Callable, Iterator
from typing import Any

from wattbook.metering.intervals import Refusal, Register, Taken
from wattbook.settlement.imbalance import Metered, Terms, settle
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Read = Callable[[dict[str, Any]], dict[str, Any]]


def recognises(file: VectorFile) -> bool:
    return all(isinstance(file.data.get(name), list) for name in ("intervals", "imbalance"))


def checks(file: VectorFile, read: Read | None = None, settle: Read | None = None) -> Iterator[Check | NotRun]:
    """Every series of readings and every slot, in Python unless others run them."""
    for place, case in enumerate(file.data["intervals"]):
        yield compared(f"{case['name']} (intervals[{place}])", case["expect"], (read or intervals)(case))
    for place, case in enumerate(file.data["imbalance"]):
        yield compared(f"{case['name']} (imbalance[{place}])", case["expect"], (settle or _imbalance)(case))


def intervals(case: dict[str, Any]) -> dict[str, Any]:
    """What the engine makes of a case's readings."""
    register = Register(case["period"], case["pmaxW"], case["modulus"])
    found, rejected = [], []
    for reading in case["readings"]:
        result = register.use(Taken(*reading))
        if isinstance(result, Refusal):
            rejected.append([*reading, result.value])
        else:
            found += [[one.end, one.wh, one.quality.value] for one in result]
    return {"intervals": found, "rejected": rejected}


def _imbalance(case: dict[str, Any]) -> dict[str, Any]:
    terms = Terms(case["pIn"], case["pOut"], case["lossBps"], case["bandBps"], case["penaltyBps"])
    parties = {
        name: Metered(party["inj"], party["wdr"], party["sold"], party["bought"])
        for name, party in case["parties"].items()
    }
    settled = settle(parties, terms)
    shown = {
        name: {
            "netDelivered": one.net_delivered,
            "position": one.position,
            "imbalance": one.imbalance,
            "insideBand": one.inside_band,
            "outsideBand": one.outside_band,
            "cash": one.cash,
        }
        for name, one in settled.parties.items()
    }
    return {
        "parties": shown,
        "systemImbalance": settled.system_imbalance,
        "poolCash": settled.pool_cash,
        "gridCash": settled.grid_cash,
        "poolSurplus": settled.pool_surplus,
    }
