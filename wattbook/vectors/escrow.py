"""What orders lock, and what becomes of their locks."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from wattbook.market import escrow
from wattbook.market.bounds import MarketError, UnsupportedRule
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Settle = Callable[[dict[str, Any]], dict[str, int]]

_RATES = {
    "bondRate": escrow.BOND_RATE,
    "sellMarginRate": escrow.LEAST_MARGIN_RATE,
    "feeCapBps": escrow.FEE_CAP_BPS,
    "classes": {
        str(number): {"maxWh": ceiling, "bond": escrow.bond(number)} for number, ceiling in enumerate(escrow.CEILINGS)
    },
}


def recognises(file: VectorFile) -> bool:
    return {"bondRate", "classes"} <= file.data["meta"].keys() and isinstance(file.data.get("cases"), list)


def checks(file: VectorFile, settled: Settle | None = None) -> Iterator[Check | NotRun]:
    """The rates and size classes in `meta`, and each case."""
    settled = settled or _settled
    meta = file.data["meta"]
    stated = {name: meta[name] for name in _RATES if name in meta}
    yield compared("rates and classes", stated, {name: _RATES[name] for name in stated})
    for place, case in enumerate(file.data["cases"]):
        name = f"{case.get('name', case.get('side'))} (cases[{place}])"
        if not isinstance(case.get("expect"), dict):
            yield NotRun(name, "it says nothing of what to expect")
            continue
        try:
            yield compared(name, case["expect"], settled(case))
        except UnsupportedRule as error:
            yield NotRun(name, str(error))
        except MarketError as error:
            yield Check(name, case["expect"], str(error), False)


def _settled(case: dict[str, Any]) -> dict[str, int]:
    qty, price, fill, clear_price, fee_bps = (case[name] for name in ("qty", "price", "fill", "clearPrice", "feeBps"))
    if case["side"] == "B":
        return {**asdict(escrow.bought(qty, price, fill, clear_price, fee_bps)), "kept": 0}
    if case["side"] == "S":
        sold = asdict(escrow.sold(qty, price, fill, clear_price, fee_bps, case.get("poolOut", 0)))
        return {"receivesPending": sold.pop("receives_pending"), **sold}
    raise MarketError(f"side must be B or S, not {case['side']!r}")
