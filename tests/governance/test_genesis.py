"""A genesis as Besu documents it, with the validators' contract in it."""

import json
from dataclasses import replace

import pytest

from wattbook.governance.genesis import SELECTOR, VALIDATOR_CONTRACT, Account, Network, genesis
from wattbook.governance.headers import ExtraData, extra_data
from wattbook.governance.refusals import GovernanceError

CODE = b"\x60\x80" + b"\x63" + SELECTOR + b"\x14"
CONTRACT = Account(VALIDATOR_CONTRACT, CODE, {0: 2, 1: 0, 2**256 - 1: 0xABC})
NETWORK = Network(
    1337,
    block_seconds=5,
    request_timeout_seconds=10,
    gas_limit=0x29B92700,
    timestamp=0x5B3D92D7,
    balances={"0x64D9be4177f418bCF4E56ADAD85F33e3A64EFE22": 10**18},
)
# The documentation's example of contract validator selection; its contract, and the forks, are not ours.
DOCUMENTED = json.loads("""
{
  "config": {
    "chainid": 1337,
    "berlinBlock": 0,
    "qbft": {
      "epochlength": 30000,
      "blockperiodseconds": 5,
      "requesttimeoutseconds": 10,
      "validatorcontractaddress": "0x0000000000000000000000000000000000007777"
    }
  },
  "nonce": "0x0",
  "timestamp": "0x5b3d92d7",
  "extraData": "0xe5a00000000000000000000000000000000000000000000000000000000000000000c0c080c0",
  "gasLimit": "0x29b92700",
  "difficulty": "0x1",
  "mixHash": "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365",
  "coinbase": "0x0000000000000000000000000000000000000000",
  "number": "0x0",
  "gasUsed": "0x0",
  "parentHash": "0x0000000000000000000000000000000000000000000000000000000000000000"
}
""")


def without_case(value):
    """Besu reads names in whatever case."""
    return {name.lower(): without_case(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def test_it_is_the_documented_one():
    made = without_case(genesis(NETWORK, CONTRACT))
    expected = without_case(DOCUMENTED)
    made.pop("alloc")
    config, documented = made.pop("config"), expected.pop("config")
    assert made == expected
    assert documented.items() <= config.items()
    assert {name for name in config if not name.endswith(("block", "time"))} == {"chainid", "qbft", "zerobasefee"}


def test_the_contract_stands_in_it():
    accounts = genesis(NETWORK, CONTRACT)["alloc"]
    assert accounts["64d9be4177f418bcf4e56adad85f33e3a64efe22"] == {"balance": hex(10**18)}
    assert accounts["0" * 36 + "7777"] == {
        "balance": "0x0",
        "code": f"0x{CODE.hex()}",
        "storage": {"0" * 64: f"{2:064x}", "f" * 64: f"{0xABC:064x}"},
    }


def test_its_extra_data_name_no_validators():
    assert extra_data(bytes.fromhex(genesis(NETWORK, CONTRACT)["extraData"][2:])) == ExtraData()


def test_all_forks_that_the_contracts_need_are_on():
    """Without London's the call of getValidators() could meet an opcode that is not there yet."""
    config = genesis(NETWORK, CONTRACT)["config"]
    assert all(config[name] == 0 for name in ("berlinBlock", "londonBlock", "shanghaiTime", "cancunTime"))
    assert "pragueTime" not in config
    assert config["zeroBaseFee"] is True
    assert "zeroBaseFee" not in genesis(replace(NETWORK, base_fee=True), CONTRACT)["config"]


def test_it_is_json():
    made = genesis(NETWORK, CONTRACT, Account("0x" + "88" * 20, b"\x00"))
    assert json.loads(json.dumps(made)) == made
    assert made["alloc"]["88" * 20] == {"balance": "0x0", "code": "0x00", "storage": {}}


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: genesis(NETWORK, replace(CONTRACT, code=b"\x60")), "BadContract"),
        (lambda: genesis(NETWORK, replace(CONTRACT, storage={})), "BadContract"),
        (lambda: genesis(NETWORK, replace(CONTRACT, storage={1: 0})), "BadContract"),
        (lambda: genesis(NETWORK, CONTRACT, CONTRACT), "BadContract"),
        (lambda: genesis(replace(NETWORK, balances={VALIDATOR_CONTRACT: 1}), CONTRACT), "BadContract"),
        (lambda: genesis(replace(NETWORK, balances={"0x12": 1}), CONTRACT), "BadAddress"),
        (lambda: genesis(NETWORK, replace(CONTRACT, address="7777")), "BadAddress"),
        (lambda: replace(CONTRACT, code=b""), "BadContract"),
        (lambda: replace(CONTRACT, code=bytes(24_577)), "BadContract"),
        (lambda: replace(CONTRACT, storage={0: 2**256}), "OutOfBounds"),
        (lambda: replace(CONTRACT, storage={-1: 0}), "OutOfBounds"),
        (lambda: replace(NETWORK, chain_id=0), "OutOfBounds"),
        (lambda: replace(NETWORK, block_seconds=0), "OutOfBounds"),
        (lambda: replace(NETWORK, block_seconds=10), "BadNetwork"),
        (lambda: genesis(replace(NETWORK, balances={"0x" + "11" * 20: -1}), CONTRACT), "OutOfBounds"),
    ],
)
def test_what_founds_no_network(make, name):
    with pytest.raises(GovernanceError) as error:
        make()
    assert error.value.name == name
