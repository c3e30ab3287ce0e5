"""The genesis of a Besu QBFT network whose validators a contract names (docs/governance.md).

The contract stands in the first block, with its code and its storage, so that there are validators before anything can
be deployed. The format is that of Besu's documentation ("Configure QBFT consensus", contract validator selection).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import is_address

from wattbook.governance.headers import ExtraData
from wattbook.governance.refusals import GovernanceError, whole

MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""What says that a block is of a Byzantine fault tolerant chain."""
VALIDATOR_CONTRACT = "0x0000000000000000000000000000000000007777"
SELECTOR = bytes.fromhex("b7ab4db5")
"""Of getValidators()."""
FORKS = (
    "homesteadBlock",
    "eip150Block",
    "eip158Block",
    "byzantiumBlock",
    "constantinopleBlock",
    "petersburgBlock",
    "istanbulBlock",
    "berlinBlock",
    "londonBlock",
    "shanghaiTime",
    "cancunTime",
)
"""All from the first block on. Prague asks for system contracts that such a network does not have."""
MOST_CODE = 24_576
_ZERO = "0x" + "00" * 20


@dataclass(frozen=True)
class Network:
    """What a network is founded with. Times in seconds; balances in wei, by address."""

    chain_id: int
    block_seconds: int = 1
    request_timeout_seconds: int = 2
    epoch_length: int = 30_000
    gas_limit: int = 60_000_000
    timestamp: int = 0
    base_fee: bool = False
    balances: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        whole("chain id", self.chain_id, 2**53 - 1, 1)
        whole("block period", self.block_seconds, 3_600, 1)
        whole("request timeout", self.request_timeout_seconds, 86_400, 1)
        whole("epoch length", self.epoch_length, 2**31 - 1, 1)
        whole("gas limit", self.gas_limit, 2**63 - 1, 5_000)
        whole("timestamp", self.timestamp, 2**63 - 1)
        if self.request_timeout_seconds <= self.block_seconds:
            # A round must be able to wait for its block.
            raise GovernanceError(
                "BadNetwork",
                f"the request timeout must be longer than the block period, not {self.request_timeout_seconds} s "
                f"for {self.block_seconds} s",
            )


@dataclass(frozen=True)
class Account:
    """A contract as it stands in the first block: what it runs, and its storage by slot."""

    address: str
    code: bytes
    storage: Mapping[int, int] = field(default_factory=dict)
    balance: int = 0

    def __post_init__(self) -> None:
        if not 0 < len(self.code) <= MOST_CODE:
            raise GovernanceError("BadContract", f"code has 1 to {MOST_CODE} bytes, not {len(self.code)}")
        for slot, value in self.storage.items():
            whole("slot", slot, 2**256 - 1)
            whole(f"slot {slot:#x}", value, 2**256 - 1)


def genesis(network: Network, validators: Account, *others: Account) -> dict[str, Any]:
    """The file that every node is started with, of whose contracts `validators` answers getValidators()."""
    if SELECTOR not in validators.code:
        raise GovernanceError("BadContract", "the code does not answer getValidators()")
    if not any(validators.storage.values()):
        raise GovernanceError("BadContract", "without storage the contract names no validators")
    accounts: dict[str, dict[str, Any]] = {}
    for address, balance in network.balances.items():
        accounts[_key(address)] = {"balance": hex(whole("balance", balance, 2**256 - 1))}
    for account in (validators, *others):
        key = _key(account.address)
        if key in accounts:
            raise GovernanceError("BadContract", f"{account.address} stands twice in the genesis")
        accounts[key] = {
            "balance": hex(whole("balance", account.balance, 2**256 - 1)),
            "code": f"0x{account.code.hex()}",
            "storage": {f"{slot:064x}": f"{value:064x}" for slot, value in account.storage.items() if value},
        }
    config: dict[str, Any] = {"chainId": network.chain_id}
    config |= dict.fromkeys(FORKS, 0)
    if not network.base_fee:
        config["zeroBaseFee"] = True
    config["qbft"] = {
        "epochlength": network.epoch_length,
        "blockperiodseconds": network.block_seconds,
        "requesttimeoutseconds": network.request_timeout_seconds,
        "validatorcontractaddress": f"0x{_key(validators.address)}",
    }
    return {
        "config": config,
        "nonce": "0x0",
        "timestamp": hex(network.timestamp),
        "extraData": f"0x{ExtraData().encode().hex()}",
        "gasLimit": hex(network.gas_limit),
        "difficulty": "0x1",
        "mixHash": MIX_HASH,
        "coinbase": _ZERO,
        "alloc": accounts,
        "number": "0x0",
        "gasUsed": "0x0",
        "parentHash": "0x" + "00" * 32,
    }


def _key(address: str) -> str:
    """An address as `alloc` has it."""
    if not is_address(address):
        raise GovernanceError("BadAddress", f"{address!r} is no address")
    return address.lower().removeprefix("0x")
