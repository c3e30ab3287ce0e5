"""`wattbook genesis`: a first block that a node can begin with, and what makes none."""

import json

import pytest

from tests.governance.seats import KEPT, MOST, NOBODY, Node, somebody
from wattbook import abi
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment import bytecode
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import require_code
from wattbook.governance.genesis import VALIDATOR_CONTRACT, Account, Network, genesis
from wattbook.governance.validators import storage
from wattbook.trial.blocks import message

VALIDATORS = [somebody(number) for number in range(1, MOST + 2)]
FOUNDER = somebody(90)
STARTING = [option for option in KEPT if option not in ("--timestamp", "1800000000")]


def given(*, validators=tuple(VALIDATORS[:4]), founder=FOUNDER, chain_id="20260", out="genesis.json"):
    named = {"--validators": ",".join(validators), "--founder": founder, "--chain-id": chain_id, "--out": out}
    return ["genesis", *(word for pair in named.items() for word in pair)]


def written(command, *more, **fields):
    result = command(*given(**fields), *more)
    assert (result.status, result.err) == (0, "")
    return result.out


@pytest.mark.parametrize("count", [4, 7, MOST])
def test_a_chain_begins_with_it(command, working_folder, count):
    """The nodes' question is answered in the first block, as nobody asks it; then the contract works as any."""
    written(command, validators=VALIDATORS[:count])
    with Anvil("--init", str(working_folder / "genesis.json"), *STARTING) as chain:
        assert chain.chain_id == 20260
        node = Node(chain)
        assert int(node.ask("eth_blockNumber"), 16) == 0
        assert node.validators(VALIDATOR_CONTRACT) == VALIDATORS[:count]
        assert require_code(chain, "ValidatorSet", VALIDATOR_CONTRACT) == abi.interface("ValidatorSet").code_hash
        created = node.create(VALIDATORS[:count], FOUNDER)
        # Nothing more and nothing less stands there than what the constructor makes.
        assert node.all_stored(VALIDATOR_CONTRACT) == node.all_stored(created.address)
        assert chain.code_at(VALIDATOR_CONTRACT) == chain.code_at(created.address)

        founded, feeder = ValidatorSet(chain, VALIDATOR_CONTRACT), created.address
        assert node.block(message(founded, "setFeeder", FOUNDER, feeder))[1] == [None]
        changed = message(founded, "replace", feeder, VALIDATORS[0], VALIDATORS[MOST])
        assert node.block(changed, changed)[1][0] is None
        assert node.validators(VALIDATOR_CONTRACT) == [VALIDATORS[MOST], *VALIDATORS[1:count]]


def test_what_is_in_the_file(command, working_folder):
    options = ("--block-seconds", "5", "--timeout-seconds", "10", "--gas-limit", "3000000000", "--base-fee")
    said = written(command, *options, "--balance", FOUNDER, "1000", "--balance", VALIDATORS[0], "7")
    code_hash = abi.interface("ValidatorSet").code_hash
    assert said.splitlines() == [
        "chain 20260 begins with 4 validators, in genesis.json",
        f"ValidatorSet stands at {VALIDATOR_CONTRACT}, its code hash {code_hash}; {FOUNDER} names its feeder",
    ]
    network = Network(
        20260,
        block_seconds=5,
        request_timeout_seconds=10,
        gas_limit=3_000_000_000,
        base_fee=True,
        balances={FOUNDER: 1000, VALIDATORS[0]: 7},
    )
    contract = Account(VALIDATOR_CONTRACT, bytecode.runtime_code("ValidatorSet"), storage(VALIDATORS[:4], FOUNDER))
    assert json.loads((working_folder / "genesis.json").read_text()) == genesis(network, contract)


def test_as_json(command):
    assert json.loads(written(command, "--json")) == {
        "file": "genesis.json",
        "chainId": 20260,
        "contract": VALIDATOR_CONTRACT,
        "codeHash": abi.interface("ValidatorSet").code_hash,
        "founder": FOUNDER,
        "validators": VALIDATORS[:4],
    }


def test_the_same_file_every_time(program, command, working_folder):
    assert program(*given(out="one.json")).status == 0
    written(command, out="other.json")
    assert (working_folder / "one.json").read_bytes() == (working_folder / "other.json").read_bytes()


LOWER = VALIDATORS[1].lower()
SWAPPED = VALIDATORS[1][:2] + VALIDATORS[1][2:].swapcase()
BAD_ADDRESSES = [
    (NOBODY, f"{NOBODY} is nobody's address"),
    (LOWER, f"{LOWER} has no checksum; if it is right, it is written {VALIDATORS[1]}"),
    (SWAPPED, f"{SWAPPED} has the checksum of another address; it is mistyped"),
    (VALIDATORS[1][:-1], f"'{VALIDATORS[1][:-1]}' is no address"),
    (VALIDATORS[1][2:], f"'{VALIDATORS[1][2:]}' is no address"),
    ("", "'' is no address"),
    ("alice", "'alice' is no address"),
]


@pytest.mark.parametrize(
    ("fields", "more", "said"),
    [
        *[({"validators": [*VALIDATORS[2:6], bad]}, [], said) for bad, said in BAD_ADDRESSES],
        *[({"founder": bad}, [], said) for bad, said in BAD_ADDRESSES],
        *[({}, ["--balance", bad, "1"], said) for bad, said in BAD_ADDRESSES],
        (
            {"validators": VALIDATORS[:3]},
            [],
            "a chain has at least 4 validators, not 3: fewer bear no faulty one",
        ),
        ({"validators": VALIDATORS[: MOST + 1]}, [], "a chain has at most 21 validators, not 22"),
        ({"validators": [*VALIDATORS[:4], VALIDATORS[2]]}, [], f"validator {VALIDATORS[2]} is named twice"),
        ({"chain_id": "0"}, [], "chain id must be a whole number from 1 to 9007199254740991, not 0"),
        ({}, ["--block-seconds", "0"], "block period must be a whole number from 1 to 3600, not 0"),
        (
            {},
            ["--block-seconds", "2"],
            "the request timeout must be longer than the block period, not 2 s for 2 s",
        ),
        ({}, ["--gas-limit", "1"], "gas limit must be a whole number from 5000 to 9223372036854775807, not 1"),
        ({"out": "nowhere/genesis.json"}, [], "nowhere/genesis.json cannot be written: No such file or directory"),
    ],
)
def test_what_makes_none(command, working_folder, fields, more, said):
    result = command(*given(**fields), *more)
    assert (result.status, result.out) == (1, "")
    assert result.err == f"wattbook: {said}\n"
    assert list(working_folder.iterdir()) == []


def test_a_file_that_is_there(command, working_folder):
    (working_folder / "genesis.json").write_text("what a network began with")
    result = command(*given())
    assert (result.status, result.out) == (1, "")
    assert result.err == "wattbook: genesis.json is there already; the first block of a network is not written over\n"
    assert (working_folder / "genesis.json").read_text() == "what a network began with"


def test_a_contract_that_is_not_compiled(command, working_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(bytecode, "_COMPILED", tmp_path / "empty")
    result = command(*given())
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("wattbook: ValidatorSet is not compiled here; ")
    assert not (working_folder / "genesis.json").exists()


@pytest.mark.parametrize("missing", ["--validators", "--founder", "--chain-id", "--out"])
def test_what_must_be_said(command, missing):
    words = given()
    place = words.index(missing)
    result = command(*words[:place], *words[place + 2 :])
    assert (result.status, result.out, result.err) == (2, "", f"wattbook: Missing option '{missing}'.\n")


@pytest.mark.parametrize("more", [["--chain-id", "twelve"], ["--balance", FOUNDER], ["--balance", FOUNDER, "much"]])
def test_bad_usage(command, more):
    result = command(*given(), *more)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("wattbook: ") and result.err.count("\n") == 1
