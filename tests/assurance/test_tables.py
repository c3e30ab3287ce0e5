"""How tables count, which part of the work is whose, and that nothing a test started outlives it."""

import sys
import time

import pytest
from covered import Coverage, Covered, Share, page
from operators import Mutant
from proving import is_proven, properties
from proving import page as page_of_proofs
from survivors import holds, is_open, survivors
from survivors import page as page_of_mutants
from syntax import Edit
from tested import chosen, run, shard

KILLED, LIVED, EXPLAINED, WAITING, SAME = "killed", "lived", "explained", "waiting", "same"


def mutant(key):
    return Mutant("contracts/Till.sol", 3, "comparison", "a || b", "a", Edit(1, 2, "a"), key)


MUTANTS = {"Till": [mutant(key) for key in (KILLED, LIVED, EXPLAINED, WAITING, SAME)]}
KNOWN = {
    "Till": {
        KILLED: {"result": "killed"},
        LIVED: {"result": "survived", "tried": "unreached"},
        EXPLAINED: {"result": "survived"},
        SAME: {"result": "same"},
    }
}
WHY = {EXPLAINED: "both are the same for every number that can be there"}


def test_mutants():
    text = page_of_mutants(MUTANTS, KNOWN, WHY)
    assert "| Till | 4 | 1 | 1 | 1 | 1 |" in text
    assert "| Till.sol:3 | `a \\|\\| b` → `a` | lived | no test comes there |  |" in text
    assert f"| explained | alone | {WHY[EXPLAINED]} |" in text
    assert "| killed |  |" not in text


def test_what_is_still_to_do():
    assert [one.key for one in MUTANTS["Till"] if is_open(one, KNOWN["Till"], WHY)] == [LIVED, WAITING]


def test_who_survived():
    assert survivors(KNOWN) == {LIVED, EXPLAINED}


@pytest.mark.parametrize(
    ("rests_on", "explained", "expected"),
    [
        ("sources tests", False, True),
        ("sources others", False, False),
        ("sources others", True, True),
        ("others tests", True, False),
    ],
)
def test_what_still_holds(rests_on, explained, expected):
    assert holds({"result": "survived", "restsOn": "sources tests"}, rests_on, explained) == expected
    assert holds({"result": "killed"}, rests_on, explained)


def test_coverage():
    coverage = Coverage(
        contracts={"contracts/Till.sol": Covered(Share(1_000, ["4", "5", "6", "9"]), Share(2, ["7:3 true"]))},
        python={"wattbook/till.py": Share(10), "wattbook/other.py": Share(9_999, ["1"])},
        left_out={"tests/test_gas.py": "counts gas"},
        ran=1,
        waiting=["tests/other"],
    )
    text = page(coverage)
    assert "The tests of 1 of 2 folders have run." in text
    assert "| lines of contracts | 996 | 1,000 | 99.6 % |" in text
    assert "| branches of contracts | 1 | 2 | 50.0 % |" in text
    # What is not all is not shown as all.
    assert "| lines of Python | 10,008 | 10,009 | 99.9 % |" in text
    assert "| Till.sol | 996 of 1,000 | 1 of 2 | 4-6, 9 | 7:3 true |" in text
    assert "wattbook/till.py" not in text
    assert "| tests/test_gas.py | counts gas |" in text


def test_parts_are_the_whole():
    names = list("abcdefg")
    assert sorted(shard(names, "1/3") + shard(names, "2/3") + shard(names, "3/3")) == names
    with pytest.raises(ValueError, match="4/3 is no part"):
        shard(names, "4/3")


def test_what_is_asked_for():
    assert chosen(["b"], "abc") == ["b"]
    assert chosen([], "abc") == ["a", "b", "c"]
    with pytest.raises(SystemExit, match="there is no tests/vault/, d; there are a, b, c"):
        chosen(["a", "tests/vault/", "d"], "abc")


def test_a_command(tmp_path):
    assert run([sys.executable, "-c", "print(7); raise SystemExit(3)"], tmp_path, {}, 30) == (3, "7\n")


def test_a_command_that_takes_too_long(tmp_path):
    """What it started is stopped too."""
    alive = tmp_path / "alive"
    child = f"import time, pathlib\nwhile True: pathlib.Path({str(alive)!r}).touch(); time.sleep(0.05)"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    assert run([sys.executable, "-c", parent], tmp_path, {}, 3).status is None
    alive.unlink(missing_ok=True)
    time.sleep(0.5)
    assert not alive.exists()


def found(exitcode=0, ends=2, cut_off=0):
    return {"exitcode": exitcode, "num_paths": [7, ends, 0], "num_bounded_loops": cut_off}


@pytest.mark.parametrize("result", [None, found(exitcode=1), found(ends=0), found(cut_off=1)])
def test_what_is_not_proven(result):
    assert not is_proven(result)


def test_what_is_proven():
    assert is_proven(found())


def test_proofs():
    text = page_of_proofs({"check_shares_sum_to_the_whole": found()})
    says = "Nothing is lost and nothing is made: with two items, and so, one after the other, with any number."
    assert f"| check_shares_sum_to_the_whole | {says} | proven | 2 |" in text
    assert len(properties()) == text.count("| check_") == 1 + text.count("| not proven | 0 |")
