"""The chain that the tests of a process share: an anvil of its own, whose clock stands still between blocks."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.deployment.anvil import PlainAnvil

# Without old states: those of more than some hundred blocks go to the disk one by one, which takes several times as
# long as to make the block, and blocks that were taken back count too.
_OPTIONS = ("--hardfork", "prague", "--accounts", "50", "--base-fee", "0", "--gas-price", "0", "--prune-history")
# Contracts that tell which of their lines run need more.
GAS_LIMIT = int(os.environ.get("GAS_LIMIT", "6000000"))
_chains: list[Chain] = []


@contextmanager
def shared() -> Iterator[Chain]:
    """Starts the chain; `ask` and what is made of it mean this one meanwhile.

    One that forks is no faster here: what tests add to the state is small, and taken back.
    """
    with PlainAnvil(*_OPTIONS) as chain:
        chain.gas_limit = GAS_LIMIT
        _chains.append(chain)
        try:
            ask("anvil_setBlockTimestampInterval", 1)
            yield chain
        finally:
            _chains.remove(chain)


def ask(method: str, *parameters: object) -> Any:
    """A request to the node by its own name, such as `evm_mine`."""
    answer = _chains[-1].web3.provider.make_request(RPCEndpoint(method), list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def pass_time(seconds: int) -> None:
    """Lets time pass and seals a block, a second after it."""
    next_block_at(_chains[-1].now + 1 + seconds)
    ask("evm_mine")


def next_block_at(time: int) -> None:
    """The next block is of this second."""
    ask("evm_setNextBlockTimestamp", time)
