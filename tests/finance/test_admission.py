"""Gates, score, grade and advance, up to the unit at which each changes."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.finance.admission import GRADES, Asset, advance, dscr_bps, evaluate, score
from wattbook.finance.refusals import FinanceError

GOOD = Asset(36, 10_000, False, "owner", "operator", False, 18_000, 0, 0)

assets = st.builds(
    Asset,
    months=st.integers(0, 60),
    complete_bps=st.integers(9_000, 10_000),
    dispute=st.booleans(),
    owner=st.sampled_from("ab"),
    operator=st.sampled_from("ab"),
    pledged=st.booleans(),
    dscr_bps=st.integers(0, 30_000),
    obligor_top_bps=st.integers(0, 10_000),
    yield_dev_bps=st.integers(-10_000, 10_000),
)


def test_the_best_plant_has_all_points():
    assert score(GOOD) == 100
    assert evaluate(GOOD).grade == "A"


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"months": 11}, "history"),
        ({"complete_bps": 9_799}, "completeness"),
        ({"dispute": True}, "no_dispute"),
        ({"operator": "owner"}, "owner_is_not_operator"),
        ({"pledged": True}, "not_pledged"),
    ],
)
def test_each_gate_shuts_alone(changes, gate):
    found = evaluate(replace(GOOD, **changes))
    assert [name for name, is_open in asdict(found.gates).items() if not is_open] == [gate]
    assert not found.admitted and found.advance_bps == 0 and found.grade == "A"
    with pytest.raises(FinanceError, match=f"shut are {gate}") as error:
        advance(replace(GOOD, **changes), 1_000_000)
    assert error.value.name == "NotAdmitted"


def test_gates_are_open_at_their_bounds():
    assert evaluate(replace(GOOD, months=12, complete_bps=9_800)).gates.all_open


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({"dscr_bps": 17_999}, 29),
        ({"dscr_bps": 600}, 1),
        ({"dscr_bps": 599}, 0),
        ({"months": 35}, 19),
        ({"complete_bps": 9_999}, 19),
        ({"complete_bps": 9_500}, 0),
        ({"obligor_top_bps": 266}, 15),
        ({"obligor_top_bps": 267}, 14),
        ({"obligor_top_bps": 4_000}, 0),
        ({"obligor_top_bps": 9_999}, 0),
        ({"yield_dev_bps": -133}, 15),
        ({"yield_dev_bps": -134}, 14),
        ({"yield_dev_bps": 2_000}, 0),
        ({"yield_dev_bps": -9_999}, 0),
    ],
)
def test_each_part_of_the_score(changes, points):
    most = {"dscr_bps": 30, "months": 20, "complete_bps": 20, "obligor_top_bps": 15, "yield_dev_bps": 15}
    [name] = changes
    assert score(replace(GOOD, **changes)) == 100 - most[name] + points


@given(assets)
def test_grade_and_advance_follow_from_score_and_gates(asset):
    found = evaluate(asset)
    assert 0 <= found.score <= 100
    [(least, bps)] = [(least, bps) for grade, least, bps in GRADES if grade == found.grade]
    better = [above for _, above, _ in GRADES if above > least]
    assert least <= found.score and all(found.score < above for above in better)
    assert found.admitted == (found.gates.all_open and found.grade != "D")
    assert found.advance_bps == (bps if found.admitted else 0)


@given(assets, st.sampled_from(["months", "complete_bps", "dscr_bps", "obligor_top_bps"]))
def test_what_is_better_never_scores_less(asset, name):
    step = -1 if name == "obligor_top_bps" else 1
    value = getattr(asset, name) + step
    if 0 <= value <= 10_000 or name == "dscr_bps":
        assert score(replace(asset, **{name: value})) >= score(asset)


def test_an_advance_is_rounded_down():
    assert advance(GOOD, 1_000_001) == 850_000
    weak = replace(GOOD, dscr_bps=0, months=12)
    assert (score(weak), advance(weak, 1_000_001)) == (56, 600_000)


def test_a_plant_that_scores_too_little():
    with pytest.raises(FinanceError, match="a score of 41 is grade D"):
        advance(replace(GOOD, dscr_bps=0, months=12, yield_dev_bps=-2_000), 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("months", -1),
        ("complete_bps", 10_001),
        ("dscr_bps", 1.5),
        ("obligor_top_bps", True),
        ("yield_dev_bps", -10_001),
    ],
)
def test_what_no_chain_says(name, value):
    with pytest.raises(FinanceError, match=f"{name} must be a whole number") as error:
        replace(GOOD, **{name: value})
    assert error.value.name == "OutOfBounds"


def test_coverage():
    assert [dscr_bps(*pair) for pair in ((3, 2), (1, 3), (-5, 3), (0, 0), (7, 0))] == [15_000, 3_333, 0, 99_999, 99_999]
