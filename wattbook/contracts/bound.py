"""A function of a contract with its arguments: what web3's own `ContractFunction` is, in a fraction of its time.

web3 looks through the whole ABI at each use of a function, and several times through all that it takes and returns.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from eth_abi.codec import ABIDecoder
from eth_abi.decoding import AddressDecoder, BaseDecoder, StringDecoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import BaseEquals, registry
from eth_utils.crypto import keccak
from web3 import Web3
from web3.exceptions import BadFunctionCallOutput, Web3Exception
from web3.types import BlockIdentifier, RPCEndpoint, TxParams

from wattbook import abi
from wattbook.asking import asked, checksummed, number, octets, spelled
from wattbook.contracts.convert import plain
from wattbook.errors import ChainError


class Bound:
    """A function of the contract at an address with its arguments, ready to be asked or sent."""

    def __init__(self, web3: Web3, address: str, contract: str, function: str, values: Sequence[Any]) -> None:
        self._web3 = web3
        shape, data = _encoded(web3, contract, function, values)
        self._outputs = shape.outputs
        self._target: dict[str, Any] = {"to": address, "data": data}

    def call(self, transaction: TxParams | None = None, block_identifier: BlockIdentifier = "latest") -> Any:
        """What it returns: one value as it is, several as a list; an array is a list too."""
        return self.decode(octets(self._asked("eth_call", transaction or {}, block_identifier)))

    @property
    def request(self) -> tuple[RPCEndpoint, Any]:
        """What asks a node for what it returns now."""
        return RPCEndpoint("eth_call"), [self._target | {"data": "0x" + self._target["data"].hex()}, "latest"]

    def decode(self, returned: bytes) -> Any:
        """The values in what it returned."""
        try:
            values = DECODER.decode(self._outputs, returned)
        except DecodingError:
            raise BadFunctionCallOutput(f"what answers at {self._target['to']} is another contract, or none") from None
        shaped = [
            list(value) if kind.endswith("]") else value for kind, value in zip(self._outputs, values, strict=True)
        ]
        return shaped[0] if len(shaped) == 1 else shaped

    def estimate_gas(self, transaction: TxParams, block_identifier: BlockIdentifier = "latest") -> int:
        return number(self._asked("eth_estimateGas", transaction, block_identifier))

    def build_transaction(self, transaction: TxParams) -> TxParams:
        """A transaction that calls it, with what `transaction` says of chain, gas and nonce."""
        return cast(TxParams, {"value": 0} | self._target | transaction)

    def _asked(self, method: str, transaction: TxParams, block: BlockIdentifier) -> Any:
        fields = {name: spelled(value) for name, value in {**self._target, **transaction}.items()}
        return asked(self._web3, method, fields, spelled(block))


def calldata(web3: Web3, contract: str, function: str, values: Sequence[Any]) -> bytes:
    """What calls a function of `contract` with these arguments; ChainError when it does not take them."""
    return _encoded(web3, contract, function, values)[1]


class _Shape(NamedTuple):
    """What a function is called by, takes and returns."""

    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@cache
def _shape(contract: str, function: str, count: int) -> _Shape | None:
    """Of the function of that name with so many arguments: no contract has two."""
    for entry in abi.interface(contract).abi:
        if entry["type"] == "function" and entry["name"] == function and len(entry["inputs"]) == count:
            inputs, outputs = (tuple(map(abi.canonical_type, entry[side])) for side in ("inputs", "outputs"))
            return _Shape(keccak(text=abi.signature(entry))[:4], inputs, outputs)
    return None


def _encoded(web3: Web3, contract: str, function: str, values: Sequence[Any]) -> tuple[_Shape, bytes]:
    shape, given = _shape(contract, function, len(values)), plain(values)
    if shape is not None:
        try:
            return shape, shape.selector + web3.codec.encode(shape.inputs, given)
        except (EncodingError, Web3Exception, ValueError, TypeError):
            pass
    raise ChainError(f"{contract}.{function} does not take ({', '.join(map(str, given))})")


class _AddressDecoder(AddressDecoder):
    """Addresses as web3 has them."""

    decoder_fn = staticmethod(checksummed)


class _TextDecoder(StringDecoder):
    """A contract takes any bytes for a text; what is none is shown as such."""

    def __init__(self) -> None:
        super().__init__(handle_string_errors="replace")  # type: ignore[no-untyped-call]


def _decoder(**kinds: type[BaseDecoder]) -> ABIDecoder:
    types = registry.copy()  # type: ignore[no-untyped-call]
    for kind, decoder in kinds.items():
        encoder = types.get_encoder(kind)
        types.unregister(kind)
        types.register(BaseEquals(kind), type(encoder), decoder, label=kind)  # type: ignore[no-untyped-call]
    return ABIDecoder(types)


DECODER = _decoder(address=_AddressDecoder, string=_TextDecoder)
# Leaves addresses in lower case.
PLAIN_DECODER = _decoder(string=_TextDecoder)
