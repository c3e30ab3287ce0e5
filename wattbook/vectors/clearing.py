"""Books and what each rule makes of them. `meta.rule` names the rule, unless a case names its own."""

from collections.abc import Callable, Iterator
from typing import Any

from wattbook.market.bounds import MarketError, UnsupportedRule
from wattbook.market.case import orders_of
from wattbook.market.clearing import RULES, Result, clear, cleared_uniform
from wattbook.market.welfare import efficient
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

# What cases state beside `expect`: the most welfare that their book allows, and the book before the pool.
_STATED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "lpWelfare": lambda case: efficient(orders_of(case)),
    "efficientWelfare": lambda case: efficient(orders_of(case)),
    "bookResult": lambda case: cleared_uniform(orders_of(case), case),
}


def recognises(file: VectorFile) -> bool:
    return file.data["meta"].get("rule") in RULES and isinstance(file.data.get("cases"), list)


def checks(file: VectorFile, engine: Callable[[dict[str, Any]], Result] = clear) -> Iterator[Check | NotRun]:
    """Runs each case through an engine, which raises UnsupportedRule for what it does not have."""
    for place, case in enumerate(file.data["cases"]):
        name = f"{case.get('name', 'case')} (cases[{place}])"
        if not isinstance(case.get("expect"), dict):
            yield NotRun(name, "it says nothing of what to expect")
            continue
        yield _check(name, {"rule": file.data["meta"]["rule"], **case}, engine)


def _check(name: str, case: dict[str, Any], engine: Callable[[dict[str, Any]], Result]) -> Check | NotRun:
    stated = {key: reckon for key, reckon in _STATED.items() if key in case}
    expected = {**case["expect"], **{key: case[key] for key in stated}}
    inputs = {key: value for key, value in case.items() if key not in ("expect", *_STATED)}
    try:
        got = {**engine(inputs), **{key: reckon(inputs) for key, reckon in stated.items()}}
    except UnsupportedRule as error:
        return NotRun(name, str(error))
    except MarketError as error:
        return Check(name, expected, str(error), False)
    return compared(name, expected, got)
