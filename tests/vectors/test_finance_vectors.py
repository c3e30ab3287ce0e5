"""Every number of the files of finance and governance counts."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from wattbook.vectors import finance, governance
from wattbook.vectors.check import VectorFile

FOLDER = Path(__file__).parent
FILES = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in ("securitization", "governance")}
PASSED = {"securitization": 17, "governance": 18}


def leaves(value, path=()):
    """Where each number, truth value and text stands."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, inner in items for leaf in leaves(inner, (*path, key))]
    return [path]


def expected(name):
    """Where each expected value stands."""
    data = FILES[name]
    return [
        path
        for path in leaves(data)
        if "expect" in path or (path[-1] in ("faultyTolerated", "quorum") and path[0] == "qbft")
    ]


@pytest.mark.parametrize("name", FILES)
def test_each_changed_value_is_reported(run, name):
    """Each expected value in turn is another than the right one, and its case alone is reported."""
    places = expected(name)
    assert len(places) > 60
    for path in places:
        data = deepcopy(FILES[name])
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        right = inner[path[-1]]
        inner[path[-1]] = not right if isinstance(right, bool) else right + 1 if isinstance(right, int) else f"{right}x"
        outcome = run(data)
        where = f"path[{path[2]}]" if path[0] == "path" else f"{path[0]}[{path[1]}]"
        assert [where in mismatch.case for mismatch in outcome.mismatches] == [True]
        assert (outcome.passed, outcome.not_run) == (PASSED[name] - 1, 0)


def test_a_step_of_a_path_goes_on_from_what_was_made(run):
    """Not from what the file expects of the step before."""
    data = deepcopy(FILES["securitization"])
    data["path"]["steps"][0]["collections"] -= 1_000
    outcome = run(data)
    assert [mismatch.case for mismatch in outcome.mismatches] == ["path[0]"]
    data["path"]["steps"][0]["collections"] -= 400_000_000_000
    assert len(run(data).mismatches) == 4


def test_a_final_step_ends_a_path(run):
    data = deepcopy(FILES["securitization"])
    data["path"]["steps"][3]["final"] = True
    [mismatch] = run(data).mismatches
    assert mismatch.got["state"]["reserve"] == 0


@pytest.mark.parametrize(
    ("name", "changed", "complaint"),
    [
        (
            "securitization",
            lambda data: data["periods"][0].update(collections=-1),
            "collections must be a whole number",
        ),
        ("securitization", lambda data: data["path"].update(days=400), "days must be a whole number from 0 to 366"),
        ("securitization", lambda data: data["holders"][0].update(pay=-1), "amount must be a whole number from 0"),
        (
            "securitization",
            lambda data: data["admission"][0]["asset"].update(months=-1),
            "months must be a whole number",
        ),
        (
            "governance",
            lambda data: data["removal"][0].update(validators=3),
            "validators must be a whole number from 4",
        ),
        ("governance", lambda data: data["elections"][0]["votes"].append(["a", 1, "n0"]), "a voted before"),
        ("governance", lambda data: data["rewards"][0].update(budget=-1), "budget must be a whole number"),
        ("governance", lambda data: data["qbft"][0].update(n=0), "validators must be a whole number from 1"),
    ],
)
def test_a_case_that_is_refused_differs(run, name, changed, complaint):
    data = deepcopy(FILES[name])
    changed(data)
    [mismatch] = run(data).mismatches
    assert complaint in mismatch.got


def test_others_may_run_them():
    file = VectorFile(FOLDER / "securitization.json", FILES["securitization"])
    seen = []

    def period(case):
        seen.append(case["collections"])
        return finance.period_of(case)

    assert all(check.agrees for check in finance.checks(file, period))
    assert len(seen) == 10
    file = VectorFile(FOLDER / "governance.json", FILES["governance"])
    assert len(list(governance.checks_of(file, {"qbft": governance.RUNS["qbft"]}))) == 10
