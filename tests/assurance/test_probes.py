"""What probes tell of a contract that runs on a real node."""

import subprocess
import sys
import time
from pathlib import Path

import hits
import pytest
from covered import of_contracts
from probes import LIBRARY, LIBRARY_TEXT, with_probes
from web3 import Web3

from tests.assurance.conftest import NAME, source
from wattbook.deployment import anvil
from wattbook.deployment.anvil import PlainAnvil

BODY = """
    uint256 public total;
    modifier small(uint256 amount) {
        require(amount < 100 && amount != 13);
        _;
    }
    function take(uint256 amount) external small(amount) {
        if (amount > 50) total += 50;
        else if (amount == 0) return;
        else total += amount;
        for (uint256 i; i < 2; ++i) {
            total += 1;
        }
    }
    function kind(uint256 amount) external pure returns (uint256) {
        bool odd = amount % 2 == 1 || amount == 8;
        return odd ? 1 : 2;
    }
    function ask(address other) external view returns (uint256) {
        try Till(other).kind(3) returns (uint256 answer) {
            return answer;
        } catch {
            return 0;
        }
    }"""
FIRST_LINE = 4


@pytest.fixture(scope="module")
def till(tree, code):
    """The contract's creation code, and what its probes are."""
    text = source(BODY)
    probed = with_probes(NAME, text, tree(text))
    return code(probed.text, **{LIBRARY: LIBRARY_TEXT}), probed.probes


@pytest.fixture
def ran(till, tmp_path, monkeypatch):
    """The lines and branches that run when a function is called, by a transaction or without one."""
    creation, probes = till
    sieve = Path(hits.__file__)
    program = tmp_path / "anvil"
    program.write_text(
        f'#!/usr/bin/env bash\nexec {anvil.anvil_program()} "$@" > >(exec {sys.executable} -S -E {sieve} {tmp_path})\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(anvil, "anvil_program", lambda: str(program))

    def run(function: str, *arguments: object, transaction: bool = False) -> tuple[list[int], list[str]]:
        with PlainAnvil() as chain:
            sender = chain.web3.eth.accounts[0]
            address = chain.web3.eth.wait_for_transaction_receipt(
                chain.web3.eth.send_transaction({"from": sender, "data": creation})
            )["contractAddress"]
            data = Web3.keccak(text=function)[:4] + b"".join(_word(argument or address) for argument in arguments)
            call = {"from": sender, "to": address, "data": data, "gas": 3_000_000}
            if transaction:
                chain.web3.eth.wait_for_transaction_receipt(chain.web3.eth.send_transaction(call))
            else:
                chain.web3.eth.call(call)
        return _told(tmp_path, probes)

    return run


def _word(argument: object) -> bytes:
    return (
        bytes.fromhex(argument.removeprefix("0x").rjust(64, "0"))
        if isinstance(argument, str)
        else argument.to_bytes(32)
    )


def _told(folder, probes):
    while not list(folder.glob("*.hits")):
        time.sleep(0.01)
    numbers = set(next(folder.glob("*.hits")).read_text().split())
    places = [probes[int(number)] for number in numbers]
    lines = sorted({place.line - FIRST_LINE for place in places if place.holds is None})
    branches = sorted(f"{place.line - FIRST_LINE} {place.holds}" for place in places if place.holds is not None)
    return lines, branches


def test_a_transaction(ran):
    lines, branches = ran("take(uint256)", 60, transaction=True)
    assert lines == [3, 7, 10, 11]
    assert branches == ["10 False", "10 True", "3 True", "3 True", "7 True"]


def test_the_other_branches(ran):
    lines, branches = ran("take(uint256)", 7)
    assert lines == [3, 7, 8, 9, 10, 11]
    assert branches == ["10 False", "10 True", "3 True", "3 True", "7 False", "8 False"]


def test_what_reverts(ran):
    with pytest.raises(Exception, match="revert"):
        ran("take(uint256)", 13)


def test_a_pure_function(ran):
    assert ran("kind(uint256)", 8) == ([15, 16], ["15 False", "15 True", "16 True"])


def test_a_call_to_another(ran):
    lines, branches = ran("ask(address)", "")
    assert lines == [15, 16, 19, 20]
    assert branches == ["15 True", "16 True", "19 True"]


def test_numbers_do_not_depend_on_other_sources(tree):
    text = source(BODY)
    assert with_probes(NAME, text, tree(text)) == with_probes(NAME, text, tree(text))
    other = with_probes("contracts/Other.sol", text, tree(text))
    assert not other.probes.keys() & with_probes(NAME, text, tree(text)).probes.keys()


def test_nothing_to_probe(tree):
    text = source("    uint256 constant LIMIT = true ? 1 : 2;")
    assert with_probes(NAME, text, tree(text)).text == text


def test_lines_and_branches(till):
    probes = till[1]
    table = {str(number): [NAME, probe.line, probe.column, probe.holds] for number, probe in probes.items()}
    everything, nothing = of_contracts(table, set(table)), of_contracts(table, set())
    assert everything[NAME].lines.text == "11 of 11"
    assert everything[NAME].branches.text == "18 of 18"
    assert nothing[NAME].lines.text == "0 of 11"
    assert nothing[NAME].branches.missed[:3] == ["7:17 false", "7:17 true", "7:33 false"]


def test_the_rest_is_passed_on():
    lines = b"Listening on 127.0.0.1:1\n" + b"1" * 31 + b"\n" + b"1" * 31 + b"\n" + b"7\n"
    command = [sys.executable, "-c", f"import sys; sys.stdout.buffer.write({lines!r})"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        rest, found = _Kept(), _Kept()
        hits.sieve(process.stdout, rest, found)
    assert rest.text == b"Listening on 127.0.0.1:1\n7\n"
    assert found.text == b"1" * 31 + b"\n"


class _Kept:
    def __init__(self) -> None:
        self.text = b""

    def write(self, text: bytes) -> None:
        self.text += text

    def flush(self) -> None:
        pass
