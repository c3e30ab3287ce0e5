"""One EVM chain: calls, transactions, and reverts as named exceptions."""

from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import requests
from eth_account.datastructures import SignedTransaction
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from hexbytes import HexBytes
from web3 import HTTPProvider, LegacyWebSocketProvider, Web3
from web3.contract.contract import Contract as Web3Contract
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import ContractLogicError, TimeExhausted, Web3Exception
from web3.logs import DISCARD
from web3.types import TxParams
from web3.utils import get_create_address

from wattbook import abi
from wattbook.contracts.revert import ContractRevert, revert_from_data
from wattbook.errors import ChainError

T = TypeVar("T")

_ETH_TESTER = "execution reverted: "


@dataclass(frozen=True)
class Event:
    """One event, decoded."""

    address: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    """A transaction that is in a block and succeeded."""

    transaction: str
    block: int
    gas_used: int
    contract_address: str | None
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        """The one event called `name`; it is an error when there is none, or more than one."""
        found = [event for event in self.events if event.name == name]
        if len(found) != 1:
            names = ", ".join(event.name for event in self.events) or "none"
            raise LookupError(f"{len(found)} events are called {name}, expected one; there are: {names}")
        return found[0]


@dataclass(frozen=True)
class Creation:
    """A signed transaction that will create a contract at `address`."""

    signed: SignedTransaction
    address: str


class Chain:
    """A connection to a chain. `gas_limit` saves the node an estimate for each transaction, where gas costs nothing."""

    def __init__(self, web3: Web3, *, gas_limit: int | None = None, timeout: int = 120) -> None:
        self.web3 = web3
        self.gas_limit = gas_limit
        self.timeout = timeout

    @classmethod
    def at(cls, rpc_url: str) -> "Chain":
        """The chain that a node serves at an http(s) or ws(s) address."""
        if rpc_url.startswith(("http://", "https://")):
            web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": 30}))
        elif rpc_url.startswith(("ws://", "wss://")):
            web3 = Web3(LegacyWebSocketProvider(rpc_url))
        else:
            raise ChainError(f"{rpc_url} is not the address of a node: it starts with http(s):// or ws(s)://")
        chain = cls(web3)
        reach(rpc_url, lambda: chain.chain_id)
        return chain

    @cached_property
    def chain_id(self) -> int:
        return self.web3.eth.chain_id

    @property
    def now(self) -> int:
        """The time of the newest block, in Unix seconds."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    @cached_property
    def _events(self) -> Web3Contract:
        return self.web3.eth.contract(abi=abi.all_events())  # type: ignore[call-overload,no-any-return]

    def call(self, function: ContractFunction, sender: str | None = None) -> Any:
        """What a function returns, without a transaction."""
        return named(lambda: function.call({"from": address_of(sender)} if sender else {}))

    def send(self, function: ContractFunction, sender: LocalAccount) -> Receipt:
        """Sends a transaction that calls a function, and waits until it is in a block."""
        signed = self._sign(function, sender)
        return self.submit(signed, lambda: function.call({"from": sender.address}))

    def sign_creation(self, constructor: ContractConstructor, sender: LocalAccount) -> Creation:
        """Signs a transaction that creates a contract, so that it can be written down before it is submitted."""
        signed = self._sign(constructor, sender)
        nonce = self.web3.eth.get_transaction_count(sender.address, "pending")
        return Creation(signed, get_create_address(sender.address, nonce))

    def submit(self, signed: SignedTransaction, replay: Callable[[], Any] | None = None) -> Receipt:
        """Sends a signed transaction and waits until it is in a block; if it fails, `replay` shows the reason."""
        tx_hash = named(lambda: self.web3.eth.send_raw_transaction(signed.raw_transaction))
        return self.receipt_of(tx_hash, replay)

    def _sign(self, action: ContractFunction | ContractConstructor, sender: LocalAccount) -> SignedTransaction:
        origin: TxParams = {"from": sender.address}
        gas = self.gas_limit or named(lambda: action.estimate_gas(origin))
        transaction = action.build_transaction(
            {
                "chainId": self.chain_id,
                "from": sender.address,
                "gas": gas,
                "gasPrice": self.web3.eth.gas_price,
                "nonce": self.web3.eth.get_transaction_count(sender.address, "pending"),
            }
        )
        return sender.sign_transaction(transaction)  # type: ignore[arg-type]

    def receipt_of(self, tx_hash: HexBytes, replay: Callable[[], Any] | None = None) -> Receipt:
        """Waits for a transaction; if it failed, `replay` shows the reason."""
        try:
            receipt = self.web3.eth.wait_for_transaction_receipt(tx_hash, self.timeout, poll_latency=0.05)
        except TimeExhausted:
            raise ChainError(f"transaction {tx_hash.to_0x_hex()} was in no block after {self.timeout} s") from None
        if receipt["status"] != 1:
            if replay:
                named(replay)
            raise ChainError(f"transaction {tx_hash.to_0x_hex()} failed in block {receipt['blockNumber']}")
        return Receipt(
            transaction=tx_hash.to_0x_hex(),
            block=int(receipt["blockNumber"]),
            gas_used=int(receipt["gasUsed"]),
            contract_address=receipt["contractAddress"],
            events=self._decode_events(receipt),
        )

    def _decode_events(self, receipt: Any) -> tuple[Event, ...]:
        found = []
        for kind in self._events.events:
            for log in kind().process_receipt(receipt, errors=DISCARD):
                found.append((log["logIndex"], Event(log["address"], log["event"], dict(log["args"]))))
        return tuple(event for _, event in sorted(found, key=lambda item: item[0]))


def address_of(account: str | LocalAccount) -> ChecksumAddress:
    """The checksummed address of an account, however it is given."""
    return Web3.to_checksum_address(account if isinstance(account, str) else account.address)


def named(action: Callable[[], T]) -> T:
    """Runs a request; a revert becomes the exception named after its Solidity error."""
    try:
        return action()
    except ContractLogicError as error:
        raise revert_from_data(error.data, error.message) from None
    except Web3Exception as error:
        raise ChainError(f"the node refused: {error}") from None
    except requests.exceptions.ConnectionError as error:
        raise ChainError(f"the node cannot be reached: {error}") from None
    except Exception as error:
        if type(error).__module__ == "eth_tester.exceptions" and str(error).startswith(_ETH_TESTER):
            raise revert_from_data(_eth_tester_data(str(error)), str(error)) from None
        raise


def _eth_tester_data(message: str) -> Any:
    """The revert data that eth-tester, behind ape's in-process chain, shows only as text."""
    try:
        return literal_eval(message.removeprefix(_ETH_TESTER))
    except (ValueError, SyntaxError):
        return None


def reach(rpc_url: str, action: Callable[[], T]) -> T:
    """Runs the first request to a node; says plainly that nobody answers."""
    try:
        return action()
    except (OSError, Web3Exception, ValueError) as error:
        raise ChainError(f"no node answers at {rpc_url} ({type(error).__name__}); is the chain running?") from None
