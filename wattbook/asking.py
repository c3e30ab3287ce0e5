"""Questions to a node in the words of its protocol: web3's own ways to ask them look so long through what is sent and
answered that it takes several times as long as the node."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3._utils.method_formatters import get_error_formatters, get_null_result_formatters
from web3.types import RPCEndpoint

checksummed = lru_cache(maxsize=10_000)(to_checksum_address)


def asked(web3: Web3, method: str, *parameters: Any) -> Any:
    """What a node answers, as it says it; errors are those of web3."""
    return web3.manager.request_blocking(RPCEndpoint(method), list(parameters), *_reading(method))


def number(value: str | int) -> int:
    """A number in an answer: of a chain inside this process it is one already."""
    return int(value, 16) if isinstance(value, str) else int(value)


def octets(value: str | bytes) -> bytes:
    """Bytes in an answer: of a chain inside this process they can be so already."""
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)


def spelled(value: Any) -> Any:
    """A number or bytes as questions have them; whatever else as it is."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return hex(value) if isinstance(value, int) else value


@cache
def _reading(method: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What makes web3's errors of an answer that is one, or is empty."""
    return get_error_formatters(RPCEndpoint(method)), get_null_result_formatters(RPCEndpoint(method))
