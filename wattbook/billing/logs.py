"""What contracts told, as the node has it: read in ranges of blocks that it can answer, and not decoded further."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from wattbook import abi
from wattbook.chain import Chain, named
from wattbook.errors import ChainError

Topics = Sequence[str | list[str] | None]

_BLOCKS_AT_ONCE = 20_000
_HEADERS_AT_ONCE = 500
_WORD = 64


@dataclass(frozen=True, slots=True)
class Log:
    """One event: the contract, its topics and the words of its data as numbers. `time` is its block's."""

    block: int
    place: int
    transaction: str
    address: int
    topics: tuple[int, ...]
    words: tuple[int, ...]
    time: int


@cache
def topic(contract: str, event: str) -> str:
    """What an event's logs begin with."""
    entries = (entry for entry in abi.interface(contract).abi if entry["type"] == "event")
    return "0x" + keccak(text=abi.signature(next(entry for entry in entries if entry["name"] == event))).hex()


class History:
    """The logs of a chain up to its newest block, as it was when this was made."""

    def __init__(self, chain: Chain, first: int) -> None:
        self._chain = chain
        self.first = first
        self.newest: int = named(lambda: chain.web3.eth.block_number)
        self._times: dict[int, int] = {}

    def time_of(self, block: int) -> int:
        """When a block was made."""
        if block not in self._times:
            self._know_times([block])
        return self._times[block]

    def last_before(self, time: int) -> int:
        """The last block before a time; one before the first when there is none."""
        low, high = self.first - 1, self.newest
        while low < high:
            middle = (low + high + 1) // 2
            if self.time_of(middle) < time:
                low = middle
            else:
                high = middle - 1
        return low

    def read(self, addresses: Sequence[str], topics: Topics, last: int) -> list[Log]:
        """All logs from the first block to `last`, in their sequence."""
        found = [log for part in self._ranges(addresses, topics, last) for log in part]
        unknown = {int(log["blockNumber"], 16) for log in found if not log.get("blockTimestamp")}
        self._know_times(sorted(unknown - self._times.keys()))
        return [self._log(log) for log in found]

    def _ranges(self, addresses: Sequence[str], topics: Topics, last: int) -> Iterator[list[dict[str, Any]]]:
        """Nodes refuse ranges that are too long, or that hold too much, each by limits of its own."""
        begin, size = self.first, _BLOCKS_AT_ONCE
        while begin <= last:
            end = min(begin + size - 1, last)
            asked = {"address": list(addresses), "topics": list(topics), "fromBlock": hex(begin), "toBlock": hex(end)}
            try:
                yield self._ask("eth_getLogs", [asked])
            except ChainError:
                if size == 1:
                    raise
                size = max(1, (end - begin + 1) // 2)
            else:
                begin = end + 1

    def _know_times(self, blocks: Sequence[int]) -> None:
        for start in range(0, len(blocks), _HEADERS_AT_ONCE):
            for block in blocks[start : start + _HEADERS_AT_ONCE]:
                self._times[block] = int(self._ask("eth_getBlockByNumber", [hex(block), False])["timestamp"], 16)

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        answer = named(lambda: self._chain.web3.provider.make_request(RPCEndpoint(method), parameters))
        if answer.get("error") or answer.get("result") is None:
            error: Any = answer.get("error") or "it knows nothing of this"
            raise ChainError(f"the node refused: {error['message'] if isinstance(error, dict) else error}")
        return answer["result"]

    def _log(self, log: dict[str, Any]) -> Log:
        data, block = log["data"], int(log["blockNumber"], 16)
        return Log(
            block=block,
            place=int(log["logIndex"], 16),
            transaction=log["transactionHash"],
            address=int(log["address"], 16),
            topics=tuple(int(one, 16) for one in log["topics"]),
            words=tuple(int(data[at : at + _WORD], 16) for at in range(2, len(data), _WORD)),
            time=int(log["blockTimestamp"], 16) if log.get("blockTimestamp") else self._times[block],
        )
