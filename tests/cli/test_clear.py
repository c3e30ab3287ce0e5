"""`wattbook clear`: a file or stdin in, the outcome out; one line for whatever cannot be cleared."""

import json
import subprocess
from pathlib import Path

import pytest

from .conftest import PROGRAM

VECTORS = Path(__file__).parents[1] / "vectors"
TAKEN = "wattbook: the case names no rule; uniform was taken\n"


def cases(name):
    data = json.loads((VECTORS / f"clearing_{name}.json").read_text())
    return [case | {"rule": data["meta"]["rule"]} for case in data["cases"]]


def piped(text, *arguments):
    return subprocess.run([PROGRAM, "clear", *arguments], input=text, capture_output=True)


@pytest.mark.parametrize("name", ["uniform", "trade_reduction", "muda", "paper", "pool_after"])
def test_a_case_of_each_rule(command, working_folder, name):
    for case in cases(name)[-2:]:
        expected = case.pop("expect")
        (working_folder / "case.json").write_text(json.dumps(case))
        for flags in ([], ["--json"]):
            result = command("clear", "case.json", *flags)
            assert (result.status, result.err) == (0, "")
            assert json.loads(result.out) == expected


def test_json_is_one_line(command, working_folder):
    (working_folder / "case.json").write_text(json.dumps(cases("uniform")[0]))
    assert command("clear", "case.json", "--json").out.count("\n") == 1
    assert command("clear", "case.json").out.startswith('{\n  "rule": "uniform",\n  "volume": 15000,\n')


def test_stdin():
    case = cases("uniform")[0]
    done = piped(json.dumps(case).encode(), "-", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == case["expect"]


def test_uniform_is_taken_and_said(command, working_folder):
    case = cases("uniform")[0]
    del case["rule"]
    (working_folder / "case.json").write_text(json.dumps(case))
    result = command("clear", "case.json", "--json")
    assert (result.status, result.err) == (0, TAKEN)
    assert json.loads(result.out) == case["expect"]


def orders(fields):
    return '{"orders": [{"id": 3, "side": "B", ' + fields + "}]}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "case.json is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"{", "case.json is not JSON: Expecting property name"),
        (b"\xff\xfe\x00", "case.json is not JSON: 'utf-16-le' codec can't decode"),
        (b"[]", "a case must be an object, not a list of 0"),
        (b"NaN", "a case must be an object, not nan"),
        (b"{}", "the case has no orders"),
        (b'{"orders": ' + b"[" * 900 + b"]" * 900 + b"}", "orders[0] must be an object, not a list of 1"),
        (orders('"qty": NaN, "price": 1').encode(), "orders[0]: order 3: qty must be a whole number, not nan"),
        (orders('"qty": Infinity, "price": 1').encode(), "orders[0]: order 3: qty must be a whole number, not inf"),
        (orders(f'"qty": 1{"0" * 4_000}, "price": 1').encode(), "orders[0]: order 3: qty must be from 0 to"),
        (orders(f'"qty": 1{"0" * 5_000}, "price": 1').encode(), "case.json is not JSON: Exceeds the limit"),
        (orders('"qty": "\\ud800", "price": 1').encode(), "orders[0]: order 3: qty must be a whole number, not '"),
    ],
    ids=lambda text: text[:40].decode(errors="replace") if isinstance(text, bytes) else "",
)
@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["", "json"])
def test_input_that_is_none(command, working_folder, text, complaint, flags):
    (working_folder / "case.json").write_bytes(text)
    result = command("clear", "case.json", *flags)
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith(f"wattbook: {complaint}")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"[" * 200_000, b"wattbook: stdin is not JSON: maximum recursion depth exceeded"),
        (b"{}", b"wattbook: the case has no orders"),
    ],
    ids=["deep", "empty"],
)
def test_stdin_that_is_none(text, complaint):
    done = piped(text, "-")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(complaint)
    assert done.stderr.count(b"\n") == 1 and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("nowhere.json", "nowhere.json cannot be read: No such file or directory"),
        (".", ". cannot be read: Is a directory"),
    ],
)
def test_a_file_that_is_none(command, file, complaint):
    result = command("clear", file)
    assert (result.status, result.out, result.err) == (1, "", f"wattbook: {complaint}\n")


@pytest.mark.parametrize("arguments", [[], ["a.json", "b.json"], ["--fly", "a.json"]])
def test_bad_usage(command, arguments):
    result = command("clear", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("wattbook: ") and result.err.count("\n") == 1
