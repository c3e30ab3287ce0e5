"""One EVM chain: calls, transactions, and reverts as named exceptions."""

import time
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from json import JSONDecodeError
from typing import Any, TypeVar

from eth_account.datastructures import SignedTransaction
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from hexbytes import HexBytes
from web3 import HTTPProvider, LegacyWebSocketProvider, Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import (
    ContractLogicError,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.middleware import ExtraDataToPOAMiddleware
from web3.providers.base import JSONBaseProvider
from web3.types import Nonce, RPCEndpoint, RPCResponse, TxParams, Wei
from web3.utils import get_create_address
from websockets.exceptions import WebSocketException

from wattbook.asking import asked, checksummed, number, octets
from wattbook.contracts.bound import Bound
from wattbook.contracts.logs import Event, event_of
from wattbook.contracts.revert import ContractRevert, revert_from_data
from wattbook.errors import ChainError

T = TypeVar("T")

# How often a chain is asked whether something is in a block, in seconds: a local one mines in a few thousandths.
_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05
# How many questions are put into one request.
_AT_ONCE = 500
# A few words of storage: where a contract writes the time down, a call in the next second can need more than now.
_SPARE_GAS = 100_000
_REVERTED = "execution reverted"
# How an absent node, or what is no node, shows itself; what requests raises is an OSError.
_SILENCE = (OSError, WebSocketException, JSONDecodeError)


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
    nonce: int


class Chain:
    """A connection to a chain.

    `gas_limit` saves the node an estimate for each transaction, where gas costs nothing. `timeout`
    is how many seconds a transaction may take to get into a block.
    """

    def __init__(self, web3: Web3, *, gas_limit: int | None = None, timeout: float = 120) -> None:
        self.web3 = web3
        self.gas_limit = gas_limit
        self.timeout = timeout

    @classmethod
    def at(cls, rpc_url: str) -> "Chain":
        """The chain that a node serves at an http(s) or ws(s) address."""
        if rpc_url.startswith(("http://", "https://")):
            provider = HTTPProvider(
                rpc_url,
                request_kwargs={"timeout": 30},
                # web3 would ask which chain it is with each call.
                cache_allowed_requests=True,
                cacheable_requests={RPCEndpoint("eth_chainId")},
            )
            web3 = bare(Web3(provider))
        elif rpc_url.startswith(("ws://", "wss://")):
            web3 = bare(Web3(LegacyWebSocketProvider(rpc_url)))
        else:
            raise ChainError(f"{rpc_url} is not the address of a node: it starts with http(s):// or ws(s)://")
        chain = cls(web3)
        try:
            _ = chain.chain_id
        except (*_SILENCE, Web3Exception, ValueError) as error:
            raise ChainError(f"no node answers at {rpc_url} ({type(error).__name__}); is the chain running?") from None
        return chain

    @cached_property
    def chain_id(self) -> int:
        return self.web3.eth.chain_id

    @cached_property
    def genesis(self) -> str:
        """The hash of the first block."""
        return named(lambda: "0x" + bytes(self.web3.eth.get_block(0)["hash"]).hex())

    @property
    def now(self) -> int:
        """The time of the newest block, in Unix seconds."""
        return self.time_of("latest")

    def time_of(self, block: str) -> int:
        """The time of the block that a node calls `latest`, or `pending`, in Unix seconds."""
        return named(lambda: number(asked(self.web3, "eth_getBlockByNumber", block, False)["timestamp"]))

    def code_at(self, address: str) -> bytes:
        """The code that stands at an address, if any."""
        return named(lambda: bytes(self.web3.eth.get_code(address_of(address))))

    def nonce_of(self, account: str | LocalAccount) -> int:
        """How many transactions of an account are in blocks."""
        return self._count(account, "latest")

    def status_of(self, transaction: str) -> bool | None:
        """Whether a transaction succeeded; None when it is in no block."""

        def ask() -> bool | None:
            try:
                receipt = asked(self.web3, "eth_getTransactionReceipt", HexBytes(transaction).to_0x_hex())
            except TransactionNotFound:
                return None
            return number(receipt["status"]) == 1

        return named(ask)

    def call(self, function: ContractFunction | Bound, sender: str | None = None) -> Any:
        """What a function returns, without a transaction."""
        return named(lambda: function.call({"from": address_of(sender)} if sender else {}))

    def call_each(self, functions: Sequence[Bound]) -> list[Any]:
        """What several functions return, all asked at once where the node's connection can."""
        if not isinstance(self.web3.provider, JSONBaseProvider):
            return [self.call(function) for function in functions]
        found = []
        for start in range(0, len(functions), _AT_ONCE):
            part = functions[start : start + _AT_ONCE]
            answers = self.ask_each([function.request for function in part])
            found += [self._returned(function, answer) for function, answer in zip(part, answers, strict=True)]
        return found

    def ask_each(self, requests: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """What the node answers to requests that are put into one, in their sequence."""
        provider: Any = self.web3.provider
        answers = named(lambda: provider.make_batch_request(list(requests))) if requests else []
        if not isinstance(answers, list) or len(answers) != len(requests):
            raise ChainError("the node did not answer all that it was asked")
        return answers

    def _returned(self, function: Bound, answer: RPCResponse) -> Any:
        # One that fails is asked again by itself, which tells why.
        returned = answer.get("result")
        return self.call(function) if returned is None else named(lambda: function.decode(HexBytes(returned)))

    def send(self, function: ContractFunction | Bound, sender: LocalAccount) -> Receipt:
        """Sends a transaction that calls a function, and waits until it is in a block."""
        signed = _signed(named(lambda: self._fill(function, sender)), sender)
        return self.submit(signed, lambda: function.call({"from": sender.address}))

    def sign_creation(self, constructor: ContractConstructor, sender: LocalAccount) -> Creation:
        """Signs a transaction that creates a contract, to be written down before it is sent."""
        transaction = named(lambda: self._fill(constructor, sender))
        address = get_create_address(sender.address, transaction["nonce"])
        return Creation(_signed(transaction, sender), address, transaction["nonce"])

    def submit(self, signed: SignedTransaction, replay: Callable[[], Any] | None = None) -> Receipt:
        """Sends a transaction and waits for it; if it failed, `replay` shows the reason."""
        return self.submit_raw(signed.raw_transaction, replay)

    def submit_raw(self, raw: bytes, replay: Callable[[], Any] | None = None) -> Receipt:
        """Like `submit`, of the transaction's bytes."""
        sent = named(lambda: asked(self.web3, "eth_sendRawTransaction", "0x" + raw.hex()))
        return self.receipt_of(HexBytes(sent), replay)

    def receipt_of(self, tx_hash: HexBytes, replay: Callable[[], Any] | None = None) -> Receipt:
        """Waits for a transaction; if it failed, `replay` shows the reason."""
        receipt = named(lambda: self._wait_for(tx_hash.to_0x_hex()))
        block, created = number(receipt["blockNumber"]), receipt["contractAddress"]
        if number(receipt["status"]) != 1:
            if replay:
                named(replay)
            raise ChainError(f"transaction {tx_hash.to_0x_hex()} failed in block {block}")
        return Receipt(
            transaction=tx_hash.to_0x_hex(),
            block=block,
            gas_used=number(receipt["gasUsed"]),
            contract_address=checksummed(created) if created else None,
            events=_events_of(receipt),
        )

    def wait_for_sent(self, account: LocalAccount) -> None:
        """Waits until all that an account has sent is in blocks."""
        for _ in self._waiting():
            if self._next_nonce(account) <= self.nonce_of(account):
                return
        raise ChainError(f"what {account.address} sent before was in no block after {self.timeout} s")

    def _fill(self, action: ContractFunction | Bound | ContractConstructor, sender: LocalAccount) -> TxParams:
        return action.build_transaction(
            {
                "chainId": self.chain_id,
                "from": sender.address,
                "gas": self.gas_limit or action.estimate_gas({"from": sender.address}) + _SPARE_GAS,
                "gasPrice": Wei(number(asked(self.web3, "eth_gasPrice"))),
                "nonce": Nonce(self._next_nonce(sender)),
            }
        )

    def _next_nonce(self, account: LocalAccount) -> int:
        return self._count(account, "pending")

    def _count(self, account: str | LocalAccount, block: str) -> int:
        return named(lambda: number(asked(self.web3, "eth_getTransactionCount", address_of(account), block)))

    def _wait_for(self, transaction: str) -> Mapping[str, Any]:
        for _ in self._waiting():
            try:
                return asked(self.web3, "eth_getTransactionReceipt", transaction)  # type: ignore[no-any-return]
            except TransactionNotFound:
                continue
        raise ChainError(f"transaction {transaction} was in no block after {self.timeout} s")

    def _waiting(self) -> Iterator[None]:
        """Each time that it is worth to ask again, until it has taken too long."""
        deadline = time.monotonic() + self.timeout
        pause = _FIRST_PAUSE
        yield
        while time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            yield


def bare(web3: Web3) -> Web3:
    """A connection that takes a consortium's blocks, whose headers hold more than those of public chains, with nothing
    around it that takes longer than the node's answers: there are no names to be looked for, and transactions come
    with gas and price, for this chain."""
    for layer in ("ens_name_to_address", "validation", "gas_price_strategy", "gas_estimate"):
        web3.middleware_onion.remove(layer)
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3


def _events_of(receipt: Mapping[str, Any]) -> tuple[Event, ...]:
    found = (
        event_of(checksummed(log["address"]), [octets(one) for one in log["topics"]], octets(log["data"]))
        for log in receipt["logs"]
    )
    return tuple(event for event in found if event is not None)


def address_of(account: str | LocalAccount) -> ChecksumAddress:
    """The checksummed address of an account, however it is given."""
    return checksummed(account if isinstance(account, str) else account.address)


def _signed(transaction: TxParams, sender: LocalAccount) -> SignedTransaction:
    return sender.sign_transaction(transaction)  # type: ignore[arg-type]


def named(action: Callable[[], T]) -> T:
    """Runs a request; a revert becomes the exception named after its Solidity error."""
    try:
        return action()
    except ContractLogicError as error:
        raise revert_from_data(error.data, _reason(error.message)) from None
    except Web3RPCError as error:
        raise ChainError(f"the node refused: {_nodes_word(error)}") from None
    except Web3Exception as error:
        raise ChainError(f"the node refused: {error}") from None
    except _SILENCE as error:
        raise ChainError(f"the node does not answer any more ({type(error).__name__})") from None
    except Exception as error:
        if type(error).__module__.startswith("eth_tester."):
            raise _eth_tester_revert(str(error)) from None
        raise


def _nodes_word(error: Web3RPCError) -> str:
    answer = error.rpc_response or {}
    detail = answer.get("error")
    return detail["message"] if isinstance(detail, dict) else str(error)


def _reason(message: str | None) -> str | None:
    """What a node's message says beyond that it is a revert."""
    return (message or "").removeprefix(_REVERTED).removeprefix(": ") or None


def _eth_tester_revert(message: str) -> ContractRevert:
    """The revert in an error of eth-tester, which shows the data only as text."""
    reason = _reason(message)
    try:
        data = literal_eval(reason or "")
    except (ValueError, SyntaxError):
        return revert_from_data(None, reason)
    return revert_from_data(data) if isinstance(data, bytes) else revert_from_data(None, reason)
