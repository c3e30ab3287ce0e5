"""Many transactions of a local chain in one block, without signatures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.contracts.base import Contract
from wattbook.contracts.bound import PLAIN_DECODER, calldata
from wattbook.contracts.logs import values_of
from wattbook.contracts.revert import revert_from_data
from wattbook.errors import ChainError

OPTIONS = (
    *("--hardfork", "prague", "--order", "fees", "--base-fee", "0", "--gas-price", "0", "--no-request-size-limit"),
    *("--gas-limit", "100000000000000", "--timestamp", "1800000000", "--prune-history"),
)
_GAS = 15_000_000_000
_AT_ONCE = 500
_SELECTOR = 10
_BALANCE = hex(10**30)


@dataclass(frozen=True)
class Message:
    """A call that an account makes."""

    sender: str
    to: str
    data: str


@dataclass(frozen=True)
class Log:
    """One event, its arguments in the sequence of their declaration."""

    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Mined:
    """What became of a message."""

    gas: int
    logs: tuple[Log, ...]


class Blocks:
    """Puts messages into blocks of a chain that seals none by itself.

    `spent` is the gas of all of them, and `called` how many there were, by contract and selector.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.spent: Counter[tuple[str, str]] = Counter()
        self.called: Counter[tuple[str, str]] = Counter()
        self._nonces: dict[str, int] = {}
        self._one("evm_setAutomine", False)
        self._one("anvil_autoImpersonateAccount", True)

    def mine(self, messages: Sequence[Message], time: int | None = None) -> list[Mined]:
        """Seals one block with all the messages in their sequence; each must succeed. The clock stands still but for
        who names a time: how long this program takes changes nothing."""
        sent = self._sent(messages)
        self._one("evm_setNextBlockTimestamp", self.now if time is None else time)
        self._one("evm_mine")
        found = []
        receipts = self._many("eth_getTransactionReceipt", [[one] for one in sent])
        for message, receipt in zip(messages, receipts, strict=True):
            if receipt is None or receipt["status"] != "0x1":
                raise self._reason(message)
            mined = Mined(int(receipt["gasUsed"], 16), tuple(decoded(receipt["logs"])))
            self.spent[message.to, message.data[:_SELECTOR]] += mined.gas
            self.called[message.to, message.data[:_SELECTOR]] += 1
            found.append(mined)
        return found

    @property
    def now(self) -> int:
        return int(self._one("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def set_storage(self, address: str, slot: bytes, value: bytes) -> None:
        """Writes a storage word, as no contract would."""
        self._one("anvil_setStorageAt", address, "0x" + slot.hex(), "0x" + value.hex())

    def set_code(self, address: str, code: str) -> None:
        """Has code stand where nothing was created."""
        self._one("anvil_setCode", address, code)

    def _sent(self, messages: Sequence[Message]) -> list[str]:
        """The node takes what comes at once in any order, but puts what pays more into a block first."""
        self._know([message.sender for message in messages])
        numbered = [self._numbered(message, len(messages) - place) for place, message in enumerate(messages)]
        return self._many("eth_sendTransaction", [[fields] for fields in numbered])

    def _know(self, senders: Sequence[str]) -> None:
        new = sorted(set(senders) - self._nonces.keys())
        self._many("anvil_setBalance", [[sender, _BALANCE] for sender in new])
        counts = self._many("eth_getTransactionCount", [[sender, "latest"] for sender in new])
        self._nonces |= {sender: int(count, 16) for sender, count in zip(new, counts, strict=True)}

    def _numbered(self, message: Message, price: int) -> dict[str, str]:
        """With the sender's next nonce: the node would give one twice to what comes at once."""
        nonce = self._nonces[message.sender]
        self._nonces[message.sender] = nonce + 1
        fields = {"gas": hex(_GAS), "gasPrice": hex(price), "nonce": hex(nonce)}
        return {"from": message.sender, "to": message.to, "data": message.data, **fields}

    def _many(self, method: str, parameters: Sequence[Any]) -> list[Any]:
        results = []
        for start in range(0, len(parameters), _AT_ONCE):
            batch = [(RPCEndpoint(method), item) for item in parameters[start : start + _AT_ONCE]]
            results += [_result(answer) for answer in self.chain.ask_each(batch)]
        return results

    def _one(self, method: str, *parameters: Any) -> Any:
        return _result(self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters)))

    def _reason(self, message: Message) -> Exception:
        call = {"from": message.sender, "to": message.to, "data": message.data, "gas": hex(_GAS)}
        answer = self.chain.web3.provider.make_request(RPCEndpoint("eth_call"), [call, "latest"])
        error: Any = answer.get("error") or {}
        data = error.get("data") if isinstance(error, dict) else None
        if isinstance(data, str):
            return revert_from_data(data, None)
        return ChainError(f"a message to {message.to} failed: {error or 'its replay does not'}")


@contextmanager
def steady(chain: Chain) -> Iterator[None]:
    """Each block that the chain seals by itself inside is a second after the one before it, however long this takes."""
    _result(chain.web3.provider.make_request(RPCEndpoint("anvil_setBlockTimestampInterval"), [1]))
    yield
    _result(chain.web3.provider.make_request(RPCEndpoint("anvil_removeBlockTimestampInterval"), []))


def message(contract: Contract, function: str, sender: str, *values: Any) -> Message:
    """A call of a contract's function."""
    data = calldata(contract.chain.web3, contract.NAME, function, values)
    return Message(sender, contract.address, "0x" + data.hex())


def _result(answer: Any) -> Any:
    if answer.get("error"):
        raise ChainError(f"the node refused: {answer['error'].get('message', answer['error'])}")
    return answer["result"]


def decoded(logs: list[dict[str, Any]]) -> Iterator[Log]:
    """The logs of the market's events among what a node answers, addresses in lower case as there."""
    for log in logs:
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        found = values_of(topics, bytes.fromhex(log["data"][2:]), PLAIN_DECODER)
        if found is not None:
            layout, values = found
            yield Log(layout.name, tuple(values))
