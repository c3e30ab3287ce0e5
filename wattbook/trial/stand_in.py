"""Puts an account in the place of the contract that settles, to try what is kept for it by itself. For local chains."""

from web3 import Web3
from web3.types import RPCEndpoint

from wattbook.contracts.base import Contract
from wattbook.errors import ChainError

_SLOTS = 32


def stand_in(contract: Contract, settlement: str, account: str) -> None:
    """Names an account where a contract has the one that settles, which it takes once."""
    name_another(contract.chain.web3, contract.address, settlement, account)


def name_another(web3: Web3, holder: str, named: str, other: str) -> None:
    """Writes another address where a contract keeps one that it names once."""
    old, new = (address[2:].lower() for address in (named, other))
    for slot in range(_SLOTS):
        word = bytes(web3.eth.get_storage_at(web3.to_checksum_address(holder), slot)).hex()
        if old in word:
            changed = [holder, hex(slot), "0x" + word.replace(old, new).rjust(64, "0")]
            web3.provider.make_request(RPCEndpoint("anvil_setStorageAt"), changed)
            return
    raise ChainError(f"{holder} does not name {named}")
