"""What the package says of the contracts is what their sources and their ABIs say."""

import re
from enum import IntEnum
from pathlib import Path
from typing import get_type_hints

import pytest
from eth_abi import encode
from eth_utils.crypto import keccak

from wattbook import abi
from wattbook.contracts import reverts
from wattbook.contracts.revert import ContractRevert, UnnamedRevert, revert_from_data
from wattbook.deployment.plan import RULES
from wattbook.errors import WattbookError
from wattbook.roles import MARKET_ROLES, OFFICES, Role, role_names

CONTRACTS = Path(__file__).parents[1] / "contracts"
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

ERRORS = {
    name: kind
    for name, kind in vars(reverts).items()
    if isinstance(kind, type) and issubclass(kind, ContractRevert) and kind is not ContractRevert
}


class TestRoles:
    @pytest.fixture(scope="class")
    def constants(self):
        """The constants of Roles.sol, by name."""
        text = (CONTRACTS / "libraries" / "Roles.sol").read_text()
        found = re.findall(r"uint32 internal constant (\w+) = ([^;]+);", text)
        values = {}
        for name, expression in found:
            values[name] = eval(expression, {"__builtins__": {}}, dict(values))
        return values

    def test_bits(self, constants):
        sets = {"MARKET", "OFFICES"}
        bits = {name: value for name, value in constants.items() if name not in sets}
        assert bits == {role.name: role.value for role in Role}

    def test_sets(self, constants):
        assert (constants["MARKET"], constants["OFFICES"]) == (MARKET_ROLES, OFFICES)
        assert sum(Role) == MARKET_ROLES | OFFICES | Role.SPEND
        assert not MARKET_ROLES & OFFICES

    def test_names(self):
        assert role_names(Role.PRODUCER | Role.STORAGE) == "producer, storage"
        assert role_names(0) == "none"


class TestInterfaces:
    @pytest.mark.parametrize("name", abi.contract_names())
    def test_they_load(self, name):
        interface = abi.interface(name)
        assert interface.name == name
        assert re.fullmatch("0x[0-9a-f]{64}", interface.code_hash)
        assert interface.code_size > 0
        # Rules only reckon, and what happens in SuppliedDevices is told by EnergyPackages.
        silent = name in (*RULES, "PackageRules", "SuppliedDevices", "Waterfall")
        said = {"function", "error"} if silent else {"function", "event", "error"}
        assert {entry["type"] for entry in interface.abi} >= said
        assert any(entry["type"] == "event" for entry in interface.abi) == ("event" in said)
        ends = [0]
        for start, length in sorted(interface.immutables):
            assert start >= ends[-1] and length == 32
            ends.append(start + length)
        assert ends[-1] < interface.code_size

    def test_each_is_a_contract_in_the_sources(self):
        sources = {path.stem for path in CONTRACTS.rglob("*.sol") if ".cache" not in path.parts}
        assert set(abi.contract_names()) <= sources

    @pytest.mark.parametrize("kind", ["event", "error"])
    def test_each_event_and_error_once(self, kind):
        listed = {"event": abi.all_events, "error": abi.all_errors}[kind]()
        expected = {
            _layout(entry)
            for name in abi.contract_names()
            for entry in abi.interface(name).abi
            if entry["type"] == kind
        }
        assert sorted(map(_layout, listed)) == sorted(expected)

    def test_a_token_of_one_piece_and_one_of_many_move_alike(self):
        """The Transfer of ERC-721 and that of ERC-20 have one signature, and are told apart by their topics."""
        transfers = [entry for entry in abi.all_events() if entry["name"] == "Transfer"]
        assert sorted(map(abi.topic_count, transfers)) == [3, 4]
        assert len(set(map(abi.signature, transfers))) == 1

    def test_signatures_of_structs(self):
        membership = {
            entry["name"]: abi.signature(entry)
            for entry in abi.interface("Membership").abi
            if entry["type"] == "function"
        }
        application = "(address,uint32,uint32,uint40,bytes32,bytes32)"
        assert membership["admit"] == f"admit({application})"
        assert membership["admitSigned"] == (f"admitSigned({application},uint256,bytes,address,bytes)")


def _layout(entry):
    return abi.signature(entry), abi.topic_count(entry) if entry["type"] == "event" else 0


def examples(kind):
    """One value for each argument of an error, no two alike where that is possible."""
    hints, inside = get_type_hints(kind), kind.SIGNATURE[kind.SIGNATURE.index("(") + 1 : -1]
    for place, (field, solidity) in enumerate(zip(kind.FIELDS, filter(None, inside.split(",")), strict=True), 1):
        if isinstance(hints[field], type) and issubclass(hints[field], IntEnum):
            yield solidity, list(hints[field])[1]
        elif solidity == "address":
            yield solidity, ADDRESS
        elif solidity == "string":
            yield solidity, f"text {place}"
        elif solidity == "bytes":
            yield solidity, bytes([place])
        elif solidity.startswith("bytes"):
            yield solidity, bytes([place]) * int(solidity.removeprefix("bytes"))
        else:
            yield solidity, place


class TestErrors:
    def test_every_error_of_the_contracts_has_a_class(self):
        assert {kind.SIGNATURE for kind in ERRORS.values()} == {abi.signature(entry) for entry in abi.all_errors()}

    @pytest.mark.parametrize("name", ERRORS)
    def test_each_reads_back(self, name):
        kind = ERRORS[name]
        pairs = list(examples(kind))
        values = tuple(value for _, value in pairs)
        data = kind.selector() + encode([solidity for solidity, _ in pairs], values)
        for given in (data, "0x" + data.hex(), {"data": "0x" + data.hex()}):
            error = revert_from_data(given)
            assert type(error) is kind
            assert error.arguments == values
            assert isinstance(error, WattbookError)
        for field, value in zip(kind.FIELDS, values, strict=True):
            shown = value.name if isinstance(value, IntEnum) else value
            shown = f"0x{value.hex()}" if isinstance(value, bytes) else shown
            assert f"{field}={shown}" in str(error)
            if field != "values":
                assert getattr(error, field) == value

    def test_enums_come_back_as_enums(self):
        kind = reverts.NotActive
        data = kind.selector() + encode(["address", "uint8"], [ADDRESS, 2])
        assert isinstance(revert_from_data(data).status, IntEnum)

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "the node's word"),
            ("0x", "the node's word"),
            (None, "the node's word"),
            (b"\x12", "0x12"),
            (b"\x12\x34\x56\x78", "0x12345678"),
            (reverts.NotActive.selector() + b"short", f"0x{reverts.NotActive.selector().hex()}73686f7274"),
            (keccak(text="Error(string)")[:4] + encode(["string"], ["why"]), "why"),
            (keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [1]), "panic 0x01"),
        ],
    )
    def test_everything_else_is_unnamed(self, data, reason):
        error = revert_from_data(data, "the node's word")
        assert type(error) is UnnamedRevert
        assert error.reason == reason

    def test_an_enum_value_that_is_not_known_yet(self):
        kind = reverts.NotActive
        data = kind.selector() + encode(["address", "uint8"], [ADDRESS, 200])
        assert type(revert_from_data(data)) is UnnamedRevert

    def test_a_reason_that_is_no_text(self):
        data = keccak(text="Error(string)")[:4] + encode(["bytes"], [b"\xff\xfe"])
        assert revert_from_data(data).reason == f"0x{data.hex()}"

    def test_nothing_at_all(self):
        assert revert_from_data(b"").reason == "no reason given"
