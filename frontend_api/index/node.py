"""What is asked of a node, and what is made sure of in what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from frontend_api.index.errors import NodeDoubted
from frontend_api.index.events import Log
from wattbook.chain import Chain, named
from wattbook.errors import ChainError

_AT_ONCE = 100
# As much as databases hold.
_NUMBER_BITS = 63


@dataclass(frozen=True, slots=True)
class Header:
    """Of a block. `bloom` says of what its logs can be."""

    number: int
    hash: str
    parent: str
    time: int
    bloom: int = 0

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Header":
        """From a node's answer."""
        found = cls(
            number=int(answer["number"], 16),
            hash=answer["hash"].lower(),
            parent=answer["parentHash"].lower(),
            time=int(answer["timestamp"], 16),
            bloom=int(answer.get("logsBloom") or "0x0", 16),
        )
        if max(found.number, found.time) >> _NUMBER_BITS or min(found.number, found.time) < 0:
            raise ValueError(found.number, found.time)
        return found


class Node:
    """Answers of one node about a market's contracts. It may lag, forget, or be several nodes behind one address."""

    def __init__(self, chain: Chain, addresses: Sequence[str]) -> None:
        self._chain = chain
        self._addresses = list(addresses)
        self._blooms = [_bits(bytes.fromhex(address[2:])) for address in addresses]

    def newest(self) -> Header:
        answer = self._ask([("eth_getBlockByNumber", ["latest", False])])[0]
        return _header(answer, None)

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Of blocks that the node says it has."""
        answers = self._ask([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
        return [_header(answer, number) for answer, number in zip(answers, numbers, strict=True)]

    def logs_between(self, first: int, last: int) -> list[Log]:
        """In a range of blocks, in their sequence. Refused by a ChainError where the node finds it too much."""
        asked = {"address": self._addresses, "fromBlock": hex(first), "toBlock": hex(last)}
        found = _logs(self._ask([("eth_getLogs", [asked])])[0])
        if any(not first <= log.block <= last for log in found):
            raise NodeDoubted(f"asked for logs of the blocks {first} to {last}, the node gave others")
        return found

    def logs_of(self, headers: Sequence[Header]) -> list[list[Log]]:
        """Of blocks, by their hashes: what a node does not have it cannot take for empty."""
        asked = [("eth_getLogs", [{"address": self._addresses, "blockHash": one.hash}]) for one in headers]
        return [_logs(answer) for answer in self._ask(asked)]

    def check(self, header: Header, logs: Sequence[Log]) -> None:
        """Whether logs can be those of a block, and all of ours. What a block has logs of stands in its bloom."""
        foreign = next((log for log in logs if log.block_hash != header.hash or log.block != header.number), None)
        if foreign:
            raise NodeDoubted(
                f"the node gave a log of block {foreign.block} ({foreign.block_hash[:10]}) for block {header.number}"
                f" ({header.hash[:10]})"
            )
        if len({log.place for log in logs}) != len(logs):
            raise NodeDoubted(f"the node gave a log of block {header.number} twice")
        seen = 0
        for log in logs:
            seen |= _bits(bytes.fromhex(log.address[2:]))
            for at in range(0, len(log.topics), 32):
                seen |= _bits(log.topics[at : at + 32])
        # Some nodes keep none.
        if header.bloom == 0 or header.bloom == seen:
            return
        if seen & ~header.bloom:
            raise NodeDoubted(f"the node gave logs for block {header.number} that are not in it")
        if any(bits & header.bloom == bits for bits in self._blooms):
            self._count(header, len(logs))

    def _count(self, header: Header, given: int) -> None:
        """The bloom has more than was given. That can be of other contracts' logs: the receipts tell."""
        answer = self._ask([("eth_getBlockReceipts", [header.hash])])[0]
        ours = {address.lower() for address in self._addresses}
        try:
            there = sum(log["address"].lower() in ours for receipt in answer for log in receipt["logs"])
        except (KeyError, TypeError, AttributeError):
            raise NodeDoubted(f"the node has no receipts of block {header.number}") from None
        if there != given:
            raise NodeDoubted(f"the node gave {given} logs of block {header.number}, which has {there}")

    def _ask(self, asked: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        provider: Any = self._chain.web3.provider
        found = []
        for start in range(0, len(asked), _AT_ONCE):
            batch = [(RPCEndpoint(method), parameters) for method, parameters in asked[start : start + _AT_ONCE]]
            if len(batch) == 1:
                method, parameters = batch[0]
                answers = [named(lambda: provider.make_request(method, parameters))]  # noqa: B023
            else:
                answers = named(lambda: provider.make_batch_request(batch))  # noqa: B023
            if not isinstance(answers, list) or len(answers) != len(batch):
                raise NodeDoubted("the node did not answer all that it was asked")
            found += [_result(answer) for answer in answers]
        return found


def _result(answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise NodeDoubted("the node answered with something that is no answer")
    if error := answer.get("error"):
        raise ChainError(f"the node refused: {error.get('message') if isinstance(error, dict) else error}")
    return answer.get("result")


def _header(answer: Any, number: int | None) -> Header:
    if answer is None:
        raise NodeDoubted(f"the node does not have block {number}" if number is not None else "the node has no blocks")
    try:
        header = Header.of(answer)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NodeDoubted("the node answered with a block that is none") from None
    if number is not None and header.number != number:
        raise NodeDoubted(f"asked for block {number}, the node gave block {header.number}")
    return header


def _logs(answer: Any) -> list[Log]:
    try:
        found = [Log.of(one) for one in answer]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NodeDoubted("the node answered with logs that are none") from None
    return sorted(found, key=lambda log: (log.block, log.place))


@lru_cache(maxsize=100_000)
def _bits(value: bytes) -> int:
    """The three bits that a value sets in a bloom."""
    hashed = keccak(value)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(hashed[at : at + 2]) & 0x7FF)
    return bits
