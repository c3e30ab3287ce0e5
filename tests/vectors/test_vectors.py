"""Vector files pass wholly, or every difference is named; what cannot be run is never called passed."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from wattbook.vectors import VectorError, run_file, vector_files

FOLDER = Path(__file__).parent
NAKAMOTO = FOLDER / "nakamoto.json"
# What stands for each file's cases: one check each, and one more for the rates and classes of the escrow.
RUN = {
    "clearing_compare": 18,
    "clearing_muda": 15,
    "clearing_paper": 39,
    "clearing_pool_after": 10,
    "clearing_trade_reduction": 18,
    "clearing_uniform": 48,
    "energy_package": 43,
    "escrow": 8,
    "governance": 18,
    "metering_imbalance": 10,
    "points_certificates_subsidy": 32,
    "securitization": 17,
    "tender": 17,
}
OTHERS = [file for file in vector_files(FOLDER) if file != NAKAMOTO and file.stem not in RUN]


def test_nakamoto_passes_wholly():
    outcome = run_file(NAKAMOTO)
    data = json.loads(NAKAMOTO.read_text())
    assert outcome.mismatches == [] and outcome.not_run == 0
    assert outcome.passed == 3 * len(data["rows"]) + len(data["need"]) + 3


@pytest.mark.parametrize("name", RUN)
def test_what_has_an_engine_passes_wholly(name):
    outcome = run_file(FOLDER / f"{name}.json")
    assert outcome.mismatches == [] and outcome.not_run == 0
    assert outcome.passed == RUN[name]


@pytest.mark.parametrize("file", OTHERS, ids=lambda file: file.stem)
def test_what_has_no_engine_is_not_run(file):
    outcome = run_file(file)
    assert outcome.passed == 0 and outcome.mismatches == []
    assert outcome.not_run > 0


def changed(value):
    """A number as near to the right one as must still be told from it."""
    return value + 1 if isinstance(value, int) else value + max(2e-7, value * 1e-6)


def test_each_changed_number_is_reported(tmp_path):
    data = json.loads(NAKAMOTO.read_text())
    wrong = {}
    for row in data["rows"]:
        for field, word in (("published", "published"), ("computed", "computed")):
            row[field] = wrong[f"q={row['q']} z={row['z']} {word}"] = changed(row[field])
        row["exactRosenfeld"] *= 1 + 1e-6
        wrong[f"q={row['q']} z={row['z']} exact"] = row["exactRosenfeld"]
    for row in data["need"]:
        row["smallestZBelow0_1percent"] += 1
        wrong[f"q={row['q']} depth below 0.1 %"] = row["smallestZBelow0_1percent"]
    for field in ("computed", "exact"):
        data["meta"][field] *= 1 + 1e-6
        wrong[f"claim {field}"] = data["meta"][field]
    file = tmp_path / "nakamoto.json"
    file.write_text(json.dumps(data))
    outcome = run_file(file)
    assert outcome.passed == 1
    reported = {m.case: m.expected for m in outcome.mismatches}
    assert reported == {case: Decimal(repr(value)) for case, value in wrong.items()}
    depths = [m.got for m in outcome.mismatches if "depth" in m.case]
    assert depths == [5, 8, 11, 15, 24, 41, 89, 340]


@pytest.mark.parametrize("z", [68, 70])
def test_a_claim_that_is_one_block_off(tmp_path, z):
    data = json.loads(NAKAMOTO.read_text()) | {"rows": [], "need": []}
    data["meta"]["exactBelowOneInAMillionFromZ"] = z
    file = tmp_path / "nakamoto.json"
    file.write_text(json.dumps(data))
    assert [m.case for m in run_file(file).mismatches] == [f"q=0.3 exact below 1e-6 from z={z}"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "is not a vector file: it has no meta"),
        ("{}", "is not a vector file: it has no meta"),
        ('{"meta": []}', "is not a vector file: it has no meta"),
        ('{"meta": {"rule": "muda"}, "cases": [7]}', "has a case that is not whole (AttributeError: "),
        ('{"meta": {}, "rows": [{}], "need": []}', "has a case that is not whole (KeyError: 'q')"),
        ('{"meta": {}, "rows": [7], "need": []}', "has a case that is not whole (TypeError: "),
        (
            '{"meta": {}, "rows": [{"q": 0.1, "z": 1, "published": "x"}], "need": []}',
            "has a case that is not whole (InvalidOperation: ",
        ),
    ],
)
def test_a_file_that_is_none(tmp_path, text, complaint):
    file = tmp_path / "case.json"
    file.write_text(text)
    with pytest.raises(VectorError) as caught:
        run_file(file)
    assert str(caught.value).startswith(f"{file} {complaint}")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(VectorError) as caught:
        run_file(tmp_path / "case.json")
    assert str(caught.value) == f"{tmp_path / 'case.json'} cannot be read: No such file or directory"


def test_a_folder_without_files(tmp_path):
    with pytest.raises(VectorError) as caught:
        vector_files(tmp_path)
    assert str(caught.value) == f"there are no vector files in {tmp_path}"
