"""Puts an account in the place of the contract that settles, to try what is kept for it by itself. For local chains."""

from web3.types import RPCEndpoint

from wattbook.contracts.base import Contract
from wattbook.errors import ChainError

_SLOTS = 32


def stand_in(contract: Contract, settlement: str, account: str) -> None:
    """Names an account where a contract has the one that settles, which it takes once."""
    web3 = contract.chain.web3
    old, new = (address[2:].lower() for address in (settlement, account))
    for slot in range(_SLOTS):
        word = bytes(web3.eth.get_storage_at(web3.to_checksum_address(contract.address), slot)).hex()
        if old in word:
            changed = [contract.address, hex(slot), "0x" + word.replace(old, new).rjust(64, "0")]
            web3.provider.make_request(RPCEndpoint("anvil_setStorageAt"), changed)
            return
    raise ChainError(f"{settlement} does not settle what {contract.address} keeps")
