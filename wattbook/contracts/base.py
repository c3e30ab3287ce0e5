"""What all typed clients share."""

from functools import cached_property
from typing import Any, ClassVar, TypeVar

from eth_account.signers.local import LocalAccount
from web3.contract.contract import Contract as Web3Contract

from wattbook import abi
from wattbook.chain import Chain, Receipt, address_of
from wattbook.contracts.bound import Bound
from wattbook.contracts.convert import as_type

T = TypeVar("T")


class Contract:
    """A deployed contract. Views return values; everything else sends a transaction signed by `sender`."""

    NAME: ClassVar[str]

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain = chain
        self.address = address_of(address)

    def __repr__(self) -> str:
        return f"<{self.NAME} at {self.address}>"

    @cached_property
    def raw(self) -> Web3Contract:
        """The web3.py contract object."""
        return self.chain.web3.eth.contract(address=self.address, abi=abi.interface(self.NAME).abi)

    def function(self, name: str, *values: Any) -> Bound:
        """A function with its arguments, ready to be asked or sent; ChainError when it does not take them."""
        return Bound(self.chain.web3, self.address, self.NAME, name, values)

    def _call(self, function: str, values: tuple[Any, ...], kind: type[T]) -> T:
        return as_type(kind, self.chain.call(self.function(function, *values)))  # type: ignore[no-any-return]

    def _send(self, function: str, values: tuple[Any, ...], sender: LocalAccount) -> Receipt:
        return self.chain.send(self.function(function, *values), sender)
