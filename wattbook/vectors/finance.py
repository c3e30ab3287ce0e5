"""Pools of pledged plants: periods of the waterfall, holders of a tranche, admission."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from wattbook.finance.admission import Asset, Evaluation, evaluate
from wattbook.finance.refusals import FinanceError
from wattbook.finance.waterfall import Outcome, Period, State, run, shares
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Case = dict[str, Any]
Result = dict[str, Any]
# A case, as something makes it out.
Run = Callable[[Case], Result]

LISTS = ("periods", "holders", "admission")

_STATE = {
    "senior": "senior",
    "mezz": "mezz",
    "sInt": "senior_arrears",
    "mInt": "mezz_arrears",
    "reserve": "reserve",
    "target": "target",
    "sRate": "senior_bps",
    "mRate": "mezz_bps",
    "taxBps": "tax_bps",
    "servicerBps": "servicer_bps",
    "servicerCap": "servicer_cap",
    "trustee": "trustee",
    "trigger": "trigger",
}


def recognises(file: VectorFile) -> bool:
    return all(isinstance(file.data.get(name), list) for name in LISTS)


def checks(
    file: VectorFile, period: Run | None = None, holders: Run | None = None, admission: Run | None = None
) -> Iterator[Check | NotRun]:
    """Every case, in Python unless others run them. Each step of the path goes on from what the one before it made."""
    for place, case in enumerate(file.data["periods"]):
        yield _check(_label("periods", place, case), case, case, period or period_of)
    path = file.data.get("path", {"steps": []})
    state = path.get("start")
    for place, step in enumerate(path["steps"]):
        case = {"final": False, **{key: value for key, value in path.items() if key not in ("start", "steps")}, **step}
        label = f"path[{place}]"
        try:
            got = (period or period_of)({**case, "state": state})
        except FinanceError as error:
            yield Check(label, step["expect"], str(error), False)
            return
        yield compared(label, step["expect"], got)
        state = got["state"]
    for place, case in enumerate(file.data["holders"]):
        yield _check(_label("holders", place, case), case, {"expect": {"paid": case["expect"]}}, holders or holders_of)
    for place, case in enumerate(file.data["admission"]):
        yield _check(_label("admission", place, case), case, case, admission or admission_of)


def period_of(case: Case) -> Result:
    """A period in Python."""
    scheduled = (case["scheduled"][0], case["scheduled"][1])
    outcome = run(state_of(case["state"]), Period(case["collections"], case["days"], scheduled, case["final"]))
    return shown(outcome)


def state_of(given: Case) -> State:
    """A pool's state as files have it."""
    return State(**{ours: given[theirs] for theirs, ours in _STATE.items()})


def shown(outcome: Outcome) -> Result:
    """What became of a period, as files have it."""
    return {
        "dscrBps": outcome.dscr_bps,
        "trigger": outcome.state.trigger,
        "flows": [[flow.name, flow.due, flow.paid] for flow in outcome.flows],
        "state": {theirs: getattr(outcome.state, ours) for theirs, ours in _STATE.items()},
    }


def holders_of(case: Case) -> Result:
    """The holders of a tranche in Python."""
    return {"paid": shares(case["balances"], case["pay"])}


def asset_of(given: Case) -> Asset:
    """A plant as files have it."""
    return Asset(
        months=given["months"],
        complete_bps=given["completeBps"],
        dispute=given["dispute"],
        owner=given["owner"],
        operator=given["operator"],
        pledged=given["pledged"],
        dscr_bps=given["dscrBps"],
        obligor_top_bps=given["obligorTopBps"],
        yield_dev_bps=given["yieldDevBps"],
    )


def admission_of(case: Case) -> Result:
    """An admission in Python."""
    return evaluated(evaluate(asset_of(case["asset"])))


def evaluated(found: Evaluation) -> Result:
    """What became of a plant, as files have it."""
    history, completeness, no_dispute, apart, not_pledged = asdict(found.gates).values()
    return {
        "gates": {
            "history": history,
            "completeness": completeness,
            "noDispute": no_dispute,
            "ownerIsNotOperator": apart,
            "notPledged": not_pledged,
        },
        "score": found.score,
        "grade": found.grade,
        "admitted": found.admitted,
        "advanceBps": found.advance_bps,
    }


def _check(label: str, case: Case, expecting: Case, run: Run) -> Check:
    try:
        return compared(label, expecting["expect"], run(case))
    except FinanceError as error:
        return Check(label, expecting["expect"], str(error), False)


def _label(name: str, place: int, case: Case) -> str:
    return f"{case['name']} ({name}[{place}])" if "name" in case else f"{name}[{place}]"
