"""How the park's processes speak with the chain: what it tells, block by block, and what they send."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3.types import RPCEndpoint

from wattbook.chain import Chain, named
from wattbook.connection import Market
from wattbook.contracts.base import Contract
from wattbook.deployment.direct import direct
from wattbook.deployment.record import Deployment
from wattbook.errors import ChainError
from wattbook.park.settings import Folder
from wattbook.trial.blocks import Log, decoded, message

# Blocks that are read at first, and again when the chain turns out to be another than it was: for as long as books live
# and a process may take to begin.
DEPTH = 400
# Seconds until what is in no block is taken for lost.
_LOST_AFTER = 6
_NOTHING_GAS = 21_000


@dataclass(frozen=True)
class Call:
    """A transaction to be sent; `what` is what it is for."""

    what: str
    to: str
    data: str
    gas: int


@dataclass(frozen=True)
class Ended:
    """What became of a call, with the logs of its transaction as the node has them. What is lost counts as failed."""

    call: Call
    succeeded: bool
    logs: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class _Sent:
    """A call with the nonce of its transaction, and when it was handed over."""

    call: Call
    nonce: int
    at: float


@dataclass(frozen=True)
class Told:
    """A log of a block."""

    block: int
    contract: str
    log: Log


def market_of(folder: Folder) -> Market:
    """The park's market, over a connection of one's own."""
    chain = direct(folder.settings().rpc)
    return Market(chain, Deployment.read(folder.deployment))


def call(what: str, contract: Contract, function: str, gas: int, *values: Any) -> Call:
    """A call of a contract's function."""
    encoded = message(contract, function, contract.address, *values)
    return Call(what, encoded.to, encoded.data, gas)


class Tail:
    """What contracts tell, each log once; `again` is set when what was told before counts no more."""

    def __init__(self, market: Market, contracts: Sequence[Contract]) -> None:
        self._chain = market.chain
        self._addresses = [contract.address for contract in contracts]
        self._names = {contract.address.lower(): contract.NAME for contract in contracts}
        self._last: tuple[int, bytes] | None = None
        self.now = 0
        self.block = 0
        self.again = False

    def new(self) -> list[Told]:
        """What was told since the last time, and at first in the last blocks; `now` is the newest block's time then."""
        eth = self._chain.web3.eth
        head = named(lambda: eth.get_block("latest"))
        number, found = int(head["number"]), bytes(head["hash"])
        since = max(0, number - DEPTH)
        self.again = self._last is None
        if self._last is not None:
            if self._last == (number, found):
                return []
            if self._last[0] <= number and self._hash(self._last[0]) == self._last[1]:
                since = self._last[0] + 1
            else:
                self.again = True
        query = {"address": self._addresses, "fromBlock": hex(since), "toBlock": hex(number)}
        logs = ask(self._chain, "eth_getLogs", query)
        told = list(self._told(logs))
        self._last, self.now, self.block = (number, found), int(head["timestamp"]), number
        return told

    def _hash(self, number: int) -> bytes:
        block = ask(self._chain, "eth_getBlockByNumber", hex(number), False)
        return bytes(HexBytes(block["hash"])) if block else b""

    def _told(self, logs: Sequence[dict[str, Any]]) -> Iterator[Told]:
        for one in logs:
            for log in decoded([one]):
                yield Told(int(one["blockNumber"], 16), self._names[one["address"].lower()], log)


class Relay:
    """Sends with one account, many transactions at once, and says what became of each. `reached` is the last block of
    those in which there was something when it was asked for last, and its hash."""

    def __init__(self, market: Market, account: LocalAccount) -> None:
        self._chain = market.chain
        self._account = account
        self._nonce: int | None = None
        self._sent: dict[str, _Sent] = {}
        self.reached: tuple[int, str] | None = None

    @property
    def under_way(self) -> set[str]:
        """What is sent for and in no block yet."""
        return {one.call.what for one in self._sent.values()}

    def send(self, calls: Sequence[Call]) -> None:
        """Signs and hands over, in the sequence given."""
        for one in calls:
            nonce = self._next() if self._nonce is None else self._nonce
            try:
                hash_ = self._hand_over(nonce, {"to": one.to, "data": one.data, "gas": one.gas})
            except ChainError:
                self._nonce = None
                raise
            self._sent[hash_] = _Sent(one, nonce, time.monotonic())
            self._nonce = nonce + 1

    def _next(self) -> int:
        """The first nonce that the node knows no transaction of."""
        return int(ask(self._chain, "eth_getTransactionCount", self._account.address, "pending"), 16)

    def _hand_over(self, nonce: int, what: Mapping[str, Any]) -> str:
        fields = {"chainId": self._chain.chain_id, "gasPrice": 0, "nonce": nonce, "value": 0, **what}
        signed = self._account.sign_transaction(fields)
        ask(self._chain, "eth_sendRawTransaction", HexBytes(signed.raw_transaction).to_0x_hex())
        return HexBytes(signed.hash).to_0x_hex()

    def _waits(self, hash_: str, nonce: int) -> bool:
        """Whether the node still has it: to send it again would only make others wait longer. What was sent before it
        and was in blocks that were taken back is nowhere: then something that does nothing has its place, or this would
        wait for ever."""
        if ask(self._chain, "eth_getTransactionByHash", hash_) is None:
            return False
        for missing in range(self._next(), nonce):
            self._hand_over(missing, {"to": self._account.address, "gas": _NOTHING_GAS})
        return True

    def follow(self) -> list[Ended]:
        """What is in blocks now, and what is lost."""
        ended = []
        self.reached = None
        for hash_, sent in list(self._sent.items()):
            receipt, one = ask(self._chain, "eth_getTransactionReceipt", hash_), sent.call
            if receipt is None and (time.monotonic() - sent.at < _LOST_AFTER or self._waits(hash_, sent.nonce)):
                continue
            if receipt is None:
                self._nonce = None
            else:
                self.reached = max(self.reached or (0, ""), (int(receipt["blockNumber"], 16), receipt["blockHash"]))
            del self._sent[hash_]
            if receipt is None or receipt["status"] != "0x1":
                print(f"{one.what}: {'lost' if receipt is None else 'failed'}", file=sys.stderr, flush=True)
            succeeded = receipt is not None and receipt["status"] == "0x1"
            ended.append(Ended(one, succeeded, receipt["logs"] if receipt else ()))
        return ended


def ask(chain: Chain, method: str, *parameters: Any) -> Any:
    """A request to the node by its own name."""
    answer = named(lambda: chain.web3.provider.make_request(RPCEndpoint(method), list(parameters)))
    if answer.get("error"):
        error: Any = answer["error"]
        raise ChainError(f"the node refused {method}: {error.get('message', error)}")
    return answer["result"]
