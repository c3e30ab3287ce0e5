"""Every number in the clearing and escrow files counts, and files of the same form are told by what they say."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from wattbook.market.bounds import UnsupportedRule
from wattbook.market.clearing import clear
from wattbook.vectors import ENGINES, Kind, NotRun, clearing, run_file

FOLDER = Path(__file__).parent
CLEARING = ["clearing_muda", "clearing_paper", "clearing_pool_after", "clearing_trade_reduction", "clearing_uniform"]


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest.fixture
def run(tmp_path):
    """Runs data as a file of another name in a folder of its own."""

    def run(data, kinds=ENGINES):
        file = tmp_path / "another.json"
        file.write_text(json.dumps(data))
        return run_file(file, kinds)

    return run


def spoiled(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, dict):
        return {**value, "99": 1}
    return [*value, 1] if isinstance(value, list) else 7


@pytest.mark.parametrize("name", [*CLEARING, "escrow"])
def test_each_changed_value_is_reported(run, name):
    """The k-th file differs in the k-th expected value of each case."""
    original = read(name)
    for index in range(max(len(case["expect"]) for case in original["cases"])):
        data, wrong = deepcopy(original), []
        for place, case in enumerate(data["cases"]):
            if index < len(case["expect"]):
                key = list(case["expect"])[index]
                right = case["expect"][key]
                case["expect"][key] = spoiled(right)
                label = case.get("name", case.get("side"))
                wrong.append((f"{label} (cases[{place}])", {key: case["expect"][key]}, {key: right}))
        outcome = run(data)
        assert [(m.case, m.expected, m.got) for m in outcome.mismatches] == wrong
        assert outcome.passed + len(wrong) == len(data["cases"]) + (name == "escrow")
        assert outcome.not_run == 0


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("clearing_uniform", "lpWelfare", 7),
        ("clearing_muda", "efficientWelfare", 7),
        ("clearing_paper", "efficientWelfare", 7),
        ("clearing_trade_reduction", "efficientWelfare", 2950000.0),
        ("clearing_pool_after", "bookResult", {}),
    ],
)
def test_what_stands_beside_the_expected_counts_too(run, name, key, value):
    data = read(name)
    data["cases"][0][key] = value
    [mismatch] = run(data).mismatches
    assert mismatch.expected == {key: value}


@pytest.mark.parametrize(("right", "wrong"), [(0, False), (0, 0.0), (None, 0)])
def test_types_count(run, right, wrong):
    data = read("clearing_uniform")
    case = next(case for case in data["cases"] if case["name"] == "empty")
    key = next(key for key, value in case["expect"].items() if value == right and type(value) is type(right))
    case["expect"][key] = wrong
    assert len(run(data).mismatches) == 1


@pytest.mark.parametrize("change", [lambda expect: expect.pop("L"), lambda expect: expect.update(more=1)])
def test_keys_count(run, change):
    data = read("clearing_uniform")
    change(data["cases"][0]["expect"])
    assert len(run(data).mismatches) == 1


def test_a_case_that_cannot_be_cleared_fails(run):
    data = read("clearing_uniform")
    data["cases"][0]["orders"][1]["qty"] = "much"
    [mismatch] = run(data).mismatches
    assert mismatch.got == "orders[1]: order 1: qty must be a whole number, not 'much'"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ration": "LOTTERY"}, "ration must be PRORATA or TIME, not 'LOTTERY'"),
        ({"expect": None}, "it says nothing of what to expect"),
        (
            {"rule": "dutch"},
            "rule must be one of uniform, trade_reduction, muda, paper, uniform then pool, not 'dutch'",
        ),
    ],
)
def test_an_unknown_case_is_not_run(run, change, reason):
    data = read("clearing_uniform")
    data["cases"][0] |= change
    outcome = run(data)
    assert outcome.skipped == [NotRun("simple_cross (cases[0])", reason)]
    assert (outcome.passed, outcome.not_run) == (47, 1)


def test_a_case_may_name_its_own_rule(run):
    data = read("clearing_uniform")
    data["cases"].append({**read("clearing_trade_reduction")["cases"][0], "rule": "trade_reduction"})
    assert run(data).passed == 49


def test_an_unknown_rule_is_not_run(run):
    data = read("clearing_uniform")
    data["meta"]["rule"] = "dutch"
    outcome = run(data)
    assert (outcome.passed, outcome.not_run) == (0, 48)


def test_a_list_that_no_engine_covers_is_not_run(run):
    data = read("clearing_uniform")
    data["more"] = [{}, {}]
    outcome = run(data)
    assert (outcome.passed, outcome.not_run) == (48, 2)


def test_another_runner(run):
    """Somebody else's engine takes the same files, and says what it does not have."""

    def only_pro_rata(case):
        if case["ration"] == "TIME":
            raise UnsupportedRule("TIME is not on chain")
        return clear(case)

    kinds = (Kind(clearing.recognises, lambda file: clearing.checks(file, only_pro_rata)),)
    outcome = run(read("clearing_uniform"), kinds)
    assert (outcome.passed, outcome.not_run) == (30, 18)
    assert {skipped.reason for skipped in outcome.skipped} == {"TIME is not on chain"}
    assert run(read("escrow"), kinds).not_run == 7


def test_a_comparison_finds_its_books_beside(run, tmp_path):
    data = read("clearing_compare")
    assert run(data).not_run == 18
    assert run(data).skipped[0] == NotRun("simple_cross", "0 books of this name are in the files beside")
    (tmp_path / "books.json").write_text(json.dumps(read("clearing_uniform")))
    (tmp_path / "broken.json").write_text("{")
    assert run(data).passed == 18
    for number, row in enumerate(data["rows"]):
        column = list(row)[1 + number % (len(row) - 1)]
        row[column] += 1
    outcome = run(data)
    assert outcome.passed == 0
    assert [list(mismatch.expected) for mismatch in outcome.mismatches] == [
        [list(row)[1 + number % (len(row) - 1)]] for number, row in enumerate(data["rows"])
    ]


def test_a_comparison_with_two_books_of_one_name(run, tmp_path):
    books = read("clearing_uniform")
    (tmp_path / "a.json").write_text(json.dumps(books))
    books["cases"] = books["cases"][:1]
    books["cases"][0]["orders"][0]["qty"] += 1
    (tmp_path / "b.json").write_text(json.dumps(books))
    outcome = run(read("clearing_compare"))
    assert outcome.skipped == [NotRun("simple_cross", "2 books of this name are in the files beside")]


def test_a_comparison_may_hold_its_books(run):
    data = read("clearing_compare")
    books = {case["name"]: case["orders"] for case in read("clearing_uniform")["cases"]}
    for row in data["rows"]:
        row["orders"] = books[row["name"]]
    data["rows"][0]["dutch"] = 5
    data["rows"][1]["orders"] = [7]
    outcome = run(data)
    assert outcome.passed == 17
    assert outcome.skipped == [NotRun("simple_cross dutch", "there is no such rule here")]
    assert [mismatch.got for mismatch in outcome.mismatches] == ["orders[0] must be an object, not 7"]


def test_escrow_with_a_pool_price(run):
    data = read("escrow")
    data["cases"].append(
        {
            **{"side": "S", "qty": 1_000, "price": 300, "fill": 400, "clearPrice": 450, "feeBps": 20, "poolOut": 435},
            "expect": {"lock": 179_000, "receivesPending": 179_640, "fee": 360, "released": 107_400, "kept": 71_600},
        }
    )
    assert run(data).passed == 9


def test_escrow_rates_count(run):
    data = read("escrow")
    data["meta"]["classes"]["2"]["bond"] += 1
    [mismatch] = run(data).mismatches
    assert (mismatch.case, list(mismatch.got)) == ("rates and classes", ["classes"])


@pytest.mark.parametrize("change", [{"side": "X"}, {"fill": 10_001}, {"feeBps": 61}, {"price": None}])
def test_an_escrow_case_that_cannot_be(run, change):
    data = read("escrow")
    data["cases"][0] |= change
    assert len(run(data).mismatches) == 1


def test_an_escrow_case_that_expects_nothing(run):
    data = read("escrow")
    del data["cases"][0]["expect"]
    assert run(data).skipped == [NotRun("B (cases[0])", "it says nothing of what to expect")]
