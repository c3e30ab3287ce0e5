"""Reverts as exceptions that carry the Solidity error's name and arguments."""

from enum import IntEnum
from functools import cache
from typing import Any, ClassVar, get_type_hints

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak
from web3 import Web3

from wattbook.contracts.convert import as_type
from wattbook.errors import WattbookError

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")


class ContractRevert(WattbookError):
    """A contract refused. Subclasses carry the error's arguments as attributes."""

    SIGNATURE: ClassVar[str] = ""
    FIELDS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *values: Any) -> None:
        for field, value in zip(self.FIELDS, values, strict=True):
            setattr(self, field, value)
        self.arguments = values  # last: an error may have an argument of this name
        shown = ", ".join(f"{field}={_show(value)}" for field, value in zip(self.FIELDS, values, strict=True))
        super().__init__(f"{type(self).__name__}({shown})")

    @classmethod
    def selector(cls) -> bytes:
        """The first four bytes of the revert data."""
        return keccak(text=cls.SIGNATURE)[:4]


class UnnamedRevert(ContractRevert):
    """A contract refused with none of the market's errors: a reason, a panic, or nothing at all."""

    FIELDS = ("reason",)
    reason: str


def revert_from_data(data: Any, message: str | None = None) -> ContractRevert:
    """The exception for a revert's data; `message` is what the node says of one without data."""
    raw = _raw(data)
    selector, rest = raw[:4], raw[4:]
    kind = _by_selector().get(selector)
    try:
        if kind is not None:
            return kind(*_arguments(kind, rest))
        if selector == _ERROR_STRING:
            return UnnamedRevert(decode(["string"], rest)[0])
        if selector == _PANIC:
            return UnnamedRevert(f"panic 0x{decode(['uint256'], rest)[0]:02x}")
    except (DecodingError, ValueError):  # such as text that is no UTF-8, or an unknown enum value
        pass
    return UnnamedRevert(f"0x{raw.hex()}" if raw else message or "no reason given")


@cache
def _by_selector() -> dict[bytes, type[ContractRevert]]:
    from wattbook.contracts import reverts  # the generated classes import this module

    kinds = [kind for kind in vars(reverts).values() if isinstance(kind, type)]
    return {kind.selector(): kind for kind in kinds if issubclass(kind, ContractRevert) and kind.SIGNATURE}


def _arguments(kind: type[ContractRevert], data: bytes) -> list[Any]:
    hints = get_type_hints(kind)
    decoded = decode(_types(kind.SIGNATURE), data)
    return [as_type(hints[field], _clean(value)) for field, value in zip(kind.FIELDS, decoded, strict=True)]


def _types(signature: str) -> list[str]:
    inside = signature[signature.index("(") + 1 : -1]
    return inside.split(",") if inside else []


def _raw(data: Any) -> bytes:
    if isinstance(data, dict):
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return bytes.fromhex(data[2:])
    return data if isinstance(data, bytes) else b""


def _clean(value: Any) -> Any:
    return Web3.to_checksum_address(value) if isinstance(value, str) and value.startswith("0x") else value


def _show(value: Any) -> str:
    if isinstance(value, IntEnum):
        return value.name
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
