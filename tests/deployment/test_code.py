"""The hash of a contract's code leaves out what differs between deployments, and nothing else."""

import json

import pytest

from tests.deployed import DEPLOYED
from wattbook import abi
from wattbook.deployment import bytecode
from wattbook.deployment.code import code_hash
from wattbook.errors import ToolMissing

CODE = bytes(range(100))
METADATA = bytes(20) + (20).to_bytes(2)
VALUES = [(10, 4), (40, 32)]


def test_immutables_do_not_count():
    deployed = bytearray(CODE + METADATA)
    deployed[10:14] = b"\xff" * 4
    deployed[40:72] = b"\xee" * 32
    assert code_hash(bytes(deployed), VALUES) == code_hash(CODE + METADATA, VALUES)


def test_metadata_does_not_count():
    other = bytes(range(30)) + (30).to_bytes(2)
    assert code_hash(CODE + other, VALUES) == code_hash(CODE + METADATA, VALUES)


@pytest.mark.parametrize("place", [0, 9, 14, 39, 72, 99])
def test_every_other_byte_counts(place):
    changed = bytearray(CODE + METADATA)
    changed[place] ^= 1
    assert code_hash(bytes(changed), VALUES) != code_hash(CODE + METADATA, VALUES)


@pytest.mark.parametrize("name", DEPLOYED)
def test_packaged_hashes_are_those_of_the_deployed_code(founded, chain, name):
    interface = abi.interface(name)
    code = chain.code_at(founded.deployment.address(name))
    assert code_hash(code, interface.immutables) == interface.code_hash
    assert len(code) == interface.code_size


class TestCreationCode:
    @pytest.fixture
    def compiled(self, tmp_path, monkeypatch):
        """Another folder for compiled contracts, with the Vault in it."""
        monkeypatch.setattr(bytecode, "_COMPILED", tmp_path)
        data = {"codeHash": abi.interface("Vault").code_hash, "bytecode": "0x60"}
        (tmp_path / "Vault.json").write_text(json.dumps(data))
        return tmp_path

    def test_as_compiled(self, compiled):
        assert bytecode.creation_code("Vault") == "0x60"

    def test_never_compiled(self, compiled):
        with pytest.raises(ToolMissing) as caught:
            bytecode.creation_code("Membership")
        assert str(caught.value) == (
            "Membership is not compiled here; deploying needs a clone of Wattbook in which `make setup` has run"
        )

    def test_compiled_from_other_sources(self, compiled):
        (compiled / "Vault.json").write_text('{"codeHash": "0x00", "bytecode": "0x60"}')
        with pytest.raises(ToolMissing) as caught:
            bytecode.creation_code("Vault")
        assert str(caught.value) == "Vault has changed since it was compiled; run `make setup`"
