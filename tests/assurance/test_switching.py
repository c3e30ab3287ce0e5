"""Mutants are switched on one at a time; each test begins where all begin, and only what is a mutant's fault counts."""

import json
import os
import subprocess
import sys
from textwrap import dedent

import pytest
from gathered import gathered
from operators import mutants_of
from solidity import ROOT
from tested import ANEW

from tests.assurance.conftest import NAME, source

BODY = """
    uint256 public total;
    uint256 public opened;
    function open() external {
        opened = 7;
    }
    function add(uint256 amount) external {
        if (amount > 3) total += amount;
    }
    function forget() external {
        delete total;
    }"""
CONFTEST = """
    import pytest
    from pathlib import Path
    from web3 import Web3

    from wattbook.deployment.anvil import Anvil

    class Till:
        def __init__(self, chain):
            self.eth = chain.web3.eth
            self.sender = self.eth.accounts[0]
            self.address = None
            self.address = self.send(Path(__file__).with_name("code").read_text())["contractAddress"]

        def send(self, data):
            sent = {"from": self.sender, "data": data, "gas": 9_000_000}
            sent |= {"to": self.address} if self.address else {}
            receipt = self.eth.wait_for_transaction_receipt(self.eth.send_transaction(sent))
            assert receipt["status"] == 1
            return receipt

        def add(self, amount):
            self.send(Web3.keccak(text="add(uint256)")[:4] + amount.to_bytes(32))

        def total(self):
            return int(self.eth.call({"to": self.address, "data": Web3.keccak(text="total()")[:4]}).hex(), 16)

    @pytest.fixture(scope="session")
    def till():
        with Anvil() as chain:
            till = Till(chain)
            till.send(Web3.keccak(text="open()")[:4])
            yield till
    """
TESTS = """
    times = []

    def test_large(till):
        times.append(1)
        before = till.total()
        # The first of all tests ran once to put up the fixtures; nothing of any other run is left.
        assert len(times) <= 2 and before <= 5
        till.add(5)
        assert till.total() == before + 5

    def test_small(till):
        till.add(1)
        assert till.total() == 5
    """
# Fails ever after once it has failed.
SOUR = """
    from pathlib import Path

    def test_sour(till):
        sour = Path(__file__).with_name("sour")
        assert not sour.exists()
        sour.touch()
        before = till.total()
        till.add(5)
        assert till.total() == before + 5
        sour.unlink()
    """


@pytest.fixture(scope="module")
def held(tree, compiler):
    text = source(BODY)
    [found] = gathered("Till", {NAME: text}, mutants_of(NAME, text, tree(text)), compiler)
    return found


@pytest.fixture
def tried(held, tmp_path):
    """How the plugin ended with these tests, and what it says of each mutant."""

    def run(tests):
        results = tmp_path / "results"
        paths = {name: str(tmp_path / name) for name in ("recorded", "results", "begun")}
        numbered = [(number, mutant.key) for number, mutant in held.mutants.items()]
        (tmp_path / "task").write_text(json.dumps({"mutants": numbered, "restsOn": "these", **paths}))
        (tmp_path / "code").write_text(held.artifact["bytecode"])
        (tmp_path / "conftest.py").write_text(dedent(CONFTEST))
        (tmp_path / "test_till.py").write_text(dedent(tests))
        variables = {
            "PYTHONPATH": os.pathsep.join(str(ROOT / "scripts" / name) for name in ("_assurance", "_toolchain")),
            "MUTANTS_TASK": str(tmp_path / "task"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", "switching", "-p", "no:cacheprovider", tmp_path]
        ran = subprocess.run(command, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True)
        lines = map(json.loads, results.read_text().splitlines() if results.exists() else [])
        return ran, {line.pop("key"): line for line in lines}

    return run


def test_what_becomes_of_each(held, tried):
    ran, results = tried(TESTS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = {
        f"{mutant.before} -> {mutant.after}": results[mutant.key].get("by") or results[mutant.key]["seen"]
        for mutant in held.mutants.values()
    }
    large, small = "test_till.py::test_large", "test_till.py::test_small"
    assert found == {
        "opened = 7; -> {}": "shared",
        "7 -> 0": "shared",
        "7 -> 8": "shared",
        "amount > 3 -> !(amount > 3)": found["amount > 3 -> !(amount > 3)"],
        "> -> >=": "tests",
        "3 -> 4": "tests",
        "total += amount; -> {}": large,
        "+= -> -=": large,
        "delete total; -> {}": "nowhere",
    }
    assert found["amount > 3 -> !(amount > 3)"] in (large, small)
    assert {line["restsOn"] for line in results.values() if line["result"] == "survived"} == {"these"}


def test_a_test_that_fails_without_the_mutant_too(held, tried, tmp_path):
    """It proves nothing: of the mutant that was on, nothing is said, but that it had begun."""
    ran, results = tried(SOUR)
    assert ran.returncode == ANEW, ran.stdout + ran.stderr
    begun = (tmp_path / "begun").read_text()
    assert begun in {mutant.key for mutant in held.mutants.values()}
    assert begun not in results
    assert all(line["result"] == "survived" for line in results.values())
