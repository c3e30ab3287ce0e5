"""The way to a chain on this machine: one connection that stays open, and nothing around it."""

from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from web3 import Web3
from web3._utils.batching import sort_batch_response_by_response_ids
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from wattbook.chain import Chain, bare

_TIMEOUT = 120
_HEADERS = {"Content-Type": "application/json"}
_CHAIN_ID = "eth_chainId"


def direct(url: str) -> Chain:
    """A chain on this machine."""
    return Chain(bare(Web3(Direct(url))))


class Direct(JSONBaseProvider):
    """Asks a node by HTTP, and once only which chain it is. A local chain is asked so often that what web3's own
    provider does around each request takes longer than the chain."""

    def __init__(self, url: str) -> None:
        super().__init__()
        parts = urlsplit(url)
        self.endpoint_uri = url
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        self._lock = Lock()
        self._chain_id: RPCResponse | None = None

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        if method == _CHAIN_ID and self._chain_id:
            return self._chain_id
        answer = self.decode_rpc_response(self._asked(self.encode_rpc_request(method, params)))
        if method == _CHAIN_ID:
            self._chain_id = answer
        return answer

    def make_batch_request(self, batch: Sequence[tuple[RPCEndpoint, Any]]) -> Any:
        answers: Any = self.decode_rpc_response(self._asked(self.encode_batch_rpc_request(list(batch))))
        if not isinstance(answers, list):
            return answers
        return sort_batch_response_by_response_ids(answers)

    def _asked(self, body: bytes) -> bytes:
        with self._lock:
            try:
                if self._connection.sock is not None:
                    # One that stayed open may have been closed at the other end, by a node that began anew.
                    with suppress(ConnectionError):
                        return self._answered(body)
                    self._connection.close()
                return self._answered(body)
            except (OSError, HTTPException) as error:
                self._connection.close()
                raise ConnectionError(str(error)) from error
            except BaseException:
                self._connection.close()
                raise

    def _answered(self, body: bytes) -> bytes:
        self._connection.request("POST", "/", body, _HEADERS)
        return self._connection.getresponse().read()
