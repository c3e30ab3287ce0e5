"""Asks contracts for many things at once, all of one block."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from frontend_api.index.errors import IndexingError
from wattbook import abi
from wattbook.connection import Market
from wattbook.errors import ChainError

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A view of a contract; `field` is the one that is wanted of a struct."""

    contract: str
    function: str
    arguments: tuple[Any, ...] = ()
    field: str = ""


def answers(market: Market, block: int, calls: Iterable[Call]) -> Iterator[Any]:
    """What contracts answered at a block, in the sequence of the calls."""
    rest = iter(calls)
    while some := list(islice(rest, _AT_ONCE)):
        asked = [(RPCEndpoint("eth_call"), [_message(market, call), hex(block)]) for call in some]
        for call, answer in zip(some, market.chain.ask_each(asked), strict=True):
            if error := answer.get("error"):
                word = error["message"] if isinstance(error, dict) else error
                raise ChainError(f"the node refused {call.contract}.{call.function} at block {block}: {word}")
            yield _read(call, bytes.fromhex(answer["result"][2:]))


def _message(market: Market, call: Call) -> dict[str, str]:
    selector, kinds, _ = _function(call.contract, call.function)
    data = selector + encode(kinds, call.arguments)
    return {"to": market.deployment.address(call.contract), "data": "0x" + data.hex()}


def _read(call: Call, data: bytes) -> Any:
    _, _, output = _function(call.contract, call.function)
    value = decode([abi.canonical_type(output)], data)[0]
    if not call.field:
        return value
    names = [part["name"] for part in output["components"]]
    return value[names.index(call.field)]


@cache
def _function(contract: str, name: str) -> tuple[bytes, list[str], dict[str, Any]]:
    for entry in abi.interface(contract).abi:
        if entry["type"] == "function" and entry["name"] == name:
            kinds = [abi.canonical_type(part) for part in entry["inputs"]]
            return keccak(text=abi.signature(entry))[:4], kinds, entry["outputs"][0]
    raise IndexingError(f"{contract} has no function {name}")
