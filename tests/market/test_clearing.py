"""Cases as people write them: what is taken for granted, and what is said of those that cannot be cleared."""

import json
from pathlib import Path

import pytest

from wattbook.errors import WattbookError
from wattbook.market.clearing import RULES, clear

VECTORS = Path(__file__).parents[1] / "vectors"
LISTED = ", ".join(RULES)


def order(**changes):
    return {"id": 3, "trader": "B1", "side": "B", "qty": 5_000, "price": 500} | changes


def vector(name):
    data = json.loads((VECTORS / f"clearing_{name}.json").read_text())
    return data["cases"][0] | {"rule": data["meta"]["rule"]}


def test_uniform_at_the_midpoint_is_taken_for_granted():
    case = vector("uniform")
    assert clear({"orders": case["orders"]}) == case["expect"]


def test_the_paper_s_parameters_have_defaults():
    case = vector("paper")
    assert clear({"rule": "paper", "orders": case["orders"]}) == case["expect"]


def test_halves_follow_from_the_seed():
    case = vector("muda")
    del case["halves"]
    assert clear(case) == case["expect"]


@pytest.mark.parametrize("rule", [None, "uniform", "uniform then pool"])
def test_a_case_with_a_pool(rule):
    case = vector("pool_after")
    del case["rule"]
    assert clear(case | ({"rule": rule} if rule else {})) == case["expect"]


@pytest.mark.parametrize("rule", RULES[:4])
def test_the_sequence_in_the_file_does_not_matter(rule):
    for case in json.loads((VECTORS / f"clearing_{rule}.json").read_text())["cases"]:
        case["orders"].reverse()
        assert clear(case | {"rule": rule}) == case["expect"]


def test_the_case_is_left_as_it_was():
    case = vector("paper")
    before = json.dumps(case)
    clear(case)
    assert json.dumps(case) == before


@pytest.mark.parametrize(
    ("case", "complaint"),
    [
        (None, "a case must be an object, not None"),
        ([], "a case must be an object, not a list of 0"),
        ({}, "the case has no orders"),
        ({"orders": {}}, "orders must be a list, not a dict of 0"),
        ({"orders": [], "rule": "dutch"}, f"rule must be one of {LISTED}, not 'dutch'"),
        ({"orders": [], "rule": None}, f"rule must be one of {LISTED}, not None"),
        ({"orders": [], "rule": []}, f"rule must be one of {LISTED}, not a list of 0"),
        ({"orders": [], "kBps": 10_001}, "kBps must be from 0 to 10000, not 10001"),
        ({"orders": [], "kBps": True}, "kBps must be a whole number, not True"),
        ({"orders": [], "kBps": None}, "kBps must be a whole number, not None"),
        ({"orders": [], "kBps": 5e3}, "kBps must be a whole number, not 5000.0"),
        ({"orders": [], "ration": "time"}, "ration must be PRORATA or TIME, not 'time'"),
        ({"orders": [], "ration": []}, "ration must be PRORATA or TIME, not a list of 0"),
    ],
)
def test_a_case_that_is_none(case, complaint):
    with pytest.raises(WattbookError) as caught:
        clear(case)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"id": True}, "orders[1]: an order's id must be a whole number, not True"),
        ({"id": "3"}, "orders[1]: an order's id must be a whole number, not '3'"),
        ({"id": -1}, "orders[1]: an order's id must be from 0 to 549755813887, not -1"),
        ({"id": 0}, "order 0: id is given twice"),
        ({"side": "b"}, "orders[1] (id 3): side must be B or S, not 'b'"),
        ({"side": None}, "orders[1] (id 3): side must be B or S, not None"),
        ({"side": ["B"]}, "orders[1] (id 3): side must be B or S, not a list of 1"),
        ({"qty": False}, "orders[1]: order 3: qty must be a whole number, not False"),
        ({"qty": 1.5}, "orders[1]: order 3: qty must be a whole number, not 1.5"),
        ({"qty": "1"}, "orders[1]: order 3: qty must be a whole number, not '1'"),
        ({"qty": -1}, "orders[1]: order 3: qty must be from 0 to 1099511627775, not -1"),
        ({"qty": 2**40}, "orders[1]: order 3: qty must be from 0 to 1099511627775, not 1099511627776"),
        ({"price": None}, "orders[1]: order 3: price must be a whole number, not None"),
        ({"price": float("nan")}, "orders[1]: order 3: price must be a whole number, not nan"),
        ({"price": -1}, "orders[1]: order 3: price must be from 0 to 65535, not -1"),
        ({"price": 65_536}, "orders[1]: order 3: price must be from 0 to 65535, not 65536"),
        (
            {"qty": 2**40 - 1},
            "orders: the quantities of side B sum to 1099511627875 Wh, at most 1099511627775",
        ),
    ],
)
@pytest.mark.parametrize("rule", RULES[:4])
def test_an_order_that_is_none(rule, changes, complaint):
    case = {"rule": rule, "seed": 1, "orders": [order(id=0, qty=100), order(**changes)]}
    with pytest.raises(WattbookError) as caught:
        clear(case)
    assert str(caught.value) == complaint


@pytest.mark.parametrize("field", ["id", "side", "qty", "price"])
def test_an_order_that_lacks_a_field(field):
    lacking = order()
    del lacking[field]
    with pytest.raises(WattbookError, match=rf"^orders\[0\] has no {field}$"):
        clear({"orders": [lacking]})


@pytest.mark.parametrize(
    ("name", "changes", "complaint"),
    [
        ("muda", {"seed": None}, "seed must be a whole number, not None"),
        ("muda", {"seed": -1}, f"seed must be from 0 to {2**256 - 1}, not -1"),
        ("muda", {"halves": []}, "halves must be an object, not a list of 0"),
        ("muda", {"halves": {"0": 1}}, "halves has no 1"),
        ("muda", {"halves": {"0": 0, "1": 1, "2": 0, "3": 0}}, "halves: order 0 lies in 1 by the seed, not 0"),
        ("muda", {"halves": {"0": True, "1": 1, "2": 0, "3": 0}}, "halves: order 0 lies in 1 by the seed, not True"),
        ("muda", {"halves": {"0": 1, "1": 1, "2": 0, "3": 0, "4": 0}}, "halves: there are 4 orders, not 5"),
        ("paper", {"rank": "PRICE"}, "rank must be VALUE or UNIT, not 'PRICE'"),
        ("paper", {"whole": 1}, "whole must be true or false, not 1"),
        ("paper", {"fee": None}, "fee must be an object, not None"),
        ("paper", {"fee": {"baseBps": 20, "stepBps": 5}}, "fee has no capBps"),
        ("paper", {"fee": {"baseBps": 20, "stepBps": 5, "capBps": 0.6}}, "fee: capBps must be a whole number, not 0.6"),
        ("paper", {"poolPrice": 0.43}, "poolPrice must be a whole number, not 0.43"),
        ("paper", {"poolUnits": None}, "poolUnits must be a list, not None"),
        ("paper", {"poolUnits": [["grid", 5]]}, "poolUnits[0] must be [name, qty, price], not a list of 2"),
        ("paper", {"poolUnits": [[7, 5, 5]]}, "poolUnits[0]: name must be a text, not 7"),
        ("paper", {"poolUnits": [["grid", -5, 5]]}, f"pool unit grid: qty must be from 0 to {2**40 - 1}, not -5"),
        ("pool_after", {"rule": "muda"}, "poolIn and poolOut go with the rule uniform, not muda"),
        ("pool_after", {"poolIn": 430}, "poolIn must be an object, not 430"),
        ("pool_after", {"poolIn": {"price": 430}}, "poolIn has no qty"),
        ("pool_after", {"poolIn": {"price": 65_536, "qty": 1}}, "poolIn: price must be from 0 to 65535, not 65536"),
        ("pool_after", {"poolOut": [430]}, "poolOut[0] must be [price, qty], not 430"),
        ("pool_after", {"poolOut": [[430, "all"]]}, "poolOut: qty must be a whole number, not 'all'"),
    ],
)
def test_parameters_that_are_none(name, changes, complaint):
    with pytest.raises(WattbookError) as caught:
        clear(vector(name) | changes)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("name", "field", "complaint"),
    [
        ("muda", "seed", "the case has no seed"),
        ("pool_after", "poolIn", "the case has no poolIn"),
        ("pool_after", "poolOut", "the case has no poolOut"),
    ],
)
def test_a_parameter_that_is_missing(name, field, complaint):
    case = vector(name)
    del case[field]
    with pytest.raises(WattbookError) as caught:
        clear(case)
    assert str(caught.value) == complaint
