"""Accounts that are contracts say themselves what they signed (EIP-1271)."""

from eth_abi.abi import encode
from hexbytes import HexBytes

from frontend_api.api.node import Node
from frontend_api.api.signin.sessions import ContractWallet
from wattbook.chain import address_of, named
from wattbook.contracts.revert import ContractRevert
from wattbook.errors import ChainError

# The selector of isValidSignature(bytes32,bytes), which is also the answer that means yes.
_YES = bytes.fromhex("1626ba7e")
# A contract that needs more to look at a signature is none to sign in with.
_GAS = 2_000_000


def contract_wallet(node: Node | None) -> ContractWallet:
    """Asks the contract at an account's address, if there is one; without a node nobody can."""

    def accepts(account: str, digest: bytes, signature: bytes) -> bool:
        if node is None:
            return False
        chain = node.market().chain
        if not chain.code_at(account):
            return False
        data = HexBytes(_YES + encode(["bytes32", "bytes"], [digest, signature]))
        try:
            said = named(lambda: chain.web3.eth.call({"to": address_of(account), "data": data, "gas": _GAS}))
        except ContractRevert:
            return False
        except ChainError:
            # Nodes refuse a call that never ends; raises if the node is gone, and not only this was refused.
            _ = chain.now
            return False
        return len(said) == 32 and bytes(said) == _YES.ljust(32, b"\0")

    return accepts
