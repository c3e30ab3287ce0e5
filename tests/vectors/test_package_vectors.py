"""Every number of the file of Energy Packages counts, and what cannot be run is never called passed."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from wattbook.vectors import VectorError
from wattbook.vectors.packages import LISTS

DATA = json.loads((Path(__file__).parent / "energy_package.json").read_text())
EXPECTED = {
    "purchase": ("expectLots", "units"),
    "areaFee": ("expectFee",),
    "flow": ("expectPrice", "unitsFor1000PT"),
    "capacity": ("loadW", "capacityW", "admitted"),
}
PLACES = [
    (name, place, *path)
    for name in LISTS
    for place, case in enumerate(DATA[name])
    for path in (
        [("expect", key) for key in case["expect"]] if "expect" in case else [(key,) for key in EXPECTED[name]]
    )
]


def test_each_changed_value_is_reported(run):
    """Each expected value in turn is another than the right one, and its case alone is reported."""
    for name, place, *parents, last in PLACES:
        data = deepcopy(DATA)
        inner = data[name][place]
        for parent in parents:
            inner = inner[parent]
        right = inner[last]
        inner[last] = (
            not right if isinstance(right, bool) else right + 1 if isinstance(right, int) else [*right, [1, 1]]
        )
        outcome = run(data)
        assert [m.case.split("(")[-1].removesuffix(")") for m in outcome.mismatches] == [f"{name}[{place}]"]
        assert outcome.passed == 42


@pytest.mark.parametrize(
    ("name", "place", "changes", "reason"),
    [
        ("purchase", 0, {"mode": "SOME"}, "mode must be ALL_UNITS or INCREMENTAL, not 'SOME'"),
        ("drawdown", 0, {"kind": "gas"}, "gas has no steps"),
        ("cancel", 0, {"type": "flow"}, "the type must be prepaid or area, not 'flow'"),
        ("areaFee", 0, {"kind": "electricity"}, "electricity has no area"),
        ("flow", 0, {"kind": "hotwater"}, "hotwater has no area"),
        ("capacity", 0, {"kind": "electricity"}, "electricity has no area"),
    ],
)
def test_what_no_engine_has_is_not_run(run, name, place, changes, reason):
    data = deepcopy(DATA)
    data[name][place].update(changes)
    outcome = run(data)
    assert (outcome.passed, outcome.mismatches) == (42, [])
    assert [one.reason for one in outcome.skipped] == [reason]


def test_a_case_that_is_refused_differs(run):
    data = deepcopy(DATA)
    data["purchase"][0]["amount"] = 0
    [mismatch] = run(data).mismatches
    assert mismatch.got == "amount must be a whole number from 1 to 79228162514264337593543950335, not 0"


def test_a_tariff_that_is_none(run):
    data = deepcopy(DATA)
    del data["tariff"]["bundleBps"]
    with pytest.raises(VectorError, match=r"another\.json: tariff: bundleBps is missing"):
        run(data)
