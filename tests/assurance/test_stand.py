"""A copy of the clone is a clone of its own: its programs see its packages, its contracts, its node."""

import subprocess

import pytest
from artifacts import BUILD
from solidity import ROOT
from stand import Stand, load

from wattbook.abi import interface


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    return Stand(tmp_path_factory.mktemp("stands") / "stand")


def said(stand, *command):
    ran = subprocess.run(command, cwd=stand.folder, env=stand.environment(), capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_packages_are_its_own(stand):
    assert said(stand, stand.python, "-c", "import wattbook; print(wattbook.__file__)").startswith(str(stand.folder))


def test_programs_use_its_packages(stand):
    """From any folder, and without the variables of who starts them."""
    script = (
        "import sys, subprocess; print(subprocess.run(['anvil', '--version'], capture_output=True, text=True).stdout)"
    )
    assert "anvil" in said(stand, stand.python, "-c", script)
    first = stand.python.with_name("wattbook").read_text().splitlines()[0]
    assert first == f"#!{stand.python}"


def test_a_contract_can_be_another(stand):
    """Who deploys it gets the other one, and it is taken for what it should be; this clone keeps its own."""
    other = load(BUILD / "Vault.json") | {"codeHash": "0x" + "11" * 32, "bytecode": "0x1234"}
    stand.put(other)
    script = "from wattbook.deployment.bytecode import creation_code; print(creation_code('Vault'))"
    assert said(stand, stand.python, "-c", script) == "0x1234"
    assert interface("Vault").code_hash != other["codeHash"]
    assert load(BUILD / "Vault.json")["bytecode"] != "0x1234"


def test_its_node_has_room(stand):
    stand.make_room()
    node = stand.python.with_name("anvil")
    assert "--disable-code-size-limit" in node.read_text()
    assert str(ROOT / "node_modules") in node.read_text()
    assert said(stand, node, "--version").startswith("anvil")
