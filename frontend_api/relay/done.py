"""Whether what a call is to do is done already, by whomever."""

from typing import Any

from eth_typing import BlockNumber

from frontend_api.relay.actions import contract_named
from wattbook.bridge.outbox.records import Call
from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.base import Contract
from wattbook.contracts.bound import Bound

_AUTH = "auth"


def is_done(market: Market, call: Call, block: int) -> bool:
    """As of a block: a signed action by its nonce, a commitment by its number. Of the rest nothing tells."""
    contract = _contract_at(market, call.to)
    if contract is None:
        return False
    function, values = contract.raw.decode_function_input(call.data)
    if _AUTH in values:
        auth = values[_AUTH]
        return _is_used(contract, auth["signer"], auth["nonce"], block)
    if function.fn_name == "commitFor":
        return all(_is_committed(market, values["book"], commit["order"], block) for commit in values["commits"])
    return False


def _is_used(contract: Contract, signer: str, nonce: int, block: int) -> bool:
    return bool(_at(contract.function("isNonceUsed", signer, nonce), block))


def _is_committed(market: Market, book: bytes, order: dict[str, Any], block: int) -> bool:
    found = _at(market.auction.function("orderOf", book, order["trader"], order["number"]), block)
    return bool(found[-1])


def _at(function: Bound, block: int) -> Any:
    return named(lambda: function.call(block_identifier=BlockNumber(block)))


def _contract_at(market: Market, address: str) -> Contract | None:
    names = [name for name, one in market.deployment.contracts.items() if one.address.lower() == address.lower()]
    return contract_named(market, names[0]) if names else None
