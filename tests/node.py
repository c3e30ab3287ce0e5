"""The chain that the tests of a process share: an anvil of its own, whose clock stands still between blocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from wattbook.chain import Chain
from wattbook.deployment.anvil import Anvil

_OPTIONS = ("--hardfork", "prague", "--accounts", "50", "--base-fee", "0", "--gas-price", "0")
_HEADERS = {"Content-Type": "application/json"}
_GAS_LIMIT = 6_000_000
_chains: list[Chain] = []


class Direct(JSONBaseProvider):
    """One connection that stays open, and nothing around it: most of what tests do is ask a chain of their own, and
    web3's own provider takes ten times as long for that as the chain does."""

    def __init__(self, url: str) -> None:
        super().__init__()
        parts = urlsplit(url)
        self.endpoint_uri = url
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        self._lock = Lock()
        self._chain_id: RPCResponse | None = None

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        if method == "eth_chainId" and self._chain_id:
            return self._chain_id
        body = self.encode_rpc_request(method, params)
        with self._lock:
            try:
                self._connection.request("POST", "/", body, _HEADERS)
                answer = self.decode_rpc_response(self._connection.getresponse().read())
            except Exception:
                self._connection.close()
                raise
        if method == "eth_chainId":
            self._chain_id = answer
        return answer


@contextmanager
def shared() -> Iterator[Chain]:
    """Starts the chain; `ask` and what is made of it mean this one meanwhile."""
    with Anvil(*_OPTIONS) as found:
        chain = Chain(Web3(Direct(str(found.web3.provider.endpoint_uri))), gas_limit=_GAS_LIMIT)  # type: ignore[attr-defined]
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
