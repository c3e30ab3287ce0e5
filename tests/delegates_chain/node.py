"""What a network's nodes ask."""

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address
from web3.types import RPCEndpoint

from tests.governance.seats import LITTLE_GAS, NOBODY
from wattbook import Market
from wattbook.governance.genesis import SELECTOR


def validators(market: Market) -> list[str]:
    """As nobody, with little gas; an answer that is none fails."""
    contract = market.deployment.address("ValidatorSet")
    call = {"from": NOBODY, "to": contract, "data": "0x" + SELECTOR.hex(), "gas": hex(LITTLE_GAS)}
    answer = market.chain.web3.provider.make_request(RPCEndpoint("eth_call"), [call, "latest"])
    [found] = decode(["address[]"], bytes.fromhex(answer["result"][2:]))
    return [to_checksum_address(one) for one in found]
