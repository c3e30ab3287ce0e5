"""A reading in our own format: what a meter signs, and a contract checks."""

from dataclasses import astuple, dataclass

from eth_abi.abi import encode
from eth_utils.address import is_address
from eth_utils.crypto import keccak

from wattbook.errors import WattbookError

_TYPES = ("uint32", "uint8", "uint8", "uint40", "uint64", "uint32", "uint8", "bytes32")
_NAMES = ("device", "carrier", "direction", "time", "register", "sequence", "quality", "previous")
_TYPEHASH = keccak(text=f"Reading({','.join(f'{kind} {name}' for kind, name in zip(_TYPES, _NAMES, strict=True))})")
_DOMAIN_TYPEHASH = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
)
_DOMAIN_NAME = keccak(text="Wattbook Readings")
_DOMAIN_VERSION = keccak(text="1")


class ReadingError(WattbookError):
    """A reading does not fit the struct that is signed."""


@dataclass(frozen=True)
class Reading:
    """What a device's register stood at.

    - device: its number in the registry
    - carrier, direction: as the registry has them
    - time: Unix seconds, on the zone's grid
    - register: Wh since ever, of this direction
    - sequence: one more than the device's last
    - quality: how it was come by
    - previous: the digest of the device's last reading, zero for the first
    """

    device: int
    carrier: int
    direction: int
    time: int
    register: int
    sequence: int
    quality: int
    previous: bytes = bytes(32)

    def __post_init__(self) -> None:
        for kind, name in zip(_TYPES[:-1], _NAMES[:-1], strict=True):
            if not 0 <= getattr(self, name) < 1 << int(kind.removeprefix("uint")):
                raise ReadingError(f"{name} is no {kind}")
        if len(self.previous) != 32:
            raise ReadingError("previous is not 32 bytes")

    @property
    def hash(self) -> bytes:
        """The hash of the struct alone."""
        return keccak(encode(("bytes32", *_TYPES), (_TYPEHASH, *astuple(self))))

    def digest(self, chain_id: int, contract: str) -> bytes:
        """What is signed, for the contract that takes readings on a chain."""
        if not 0 <= chain_id < 1 << 256:
            raise ReadingError("chainId is no uint256")
        if not is_address(contract):
            raise ReadingError("contract is no address")
        domain = encode(
            ("bytes32", "bytes32", "bytes32", "uint256", "address"),
            (_DOMAIN_TYPEHASH, _DOMAIN_NAME, _DOMAIN_VERSION, chain_id, contract),
        )
        return keccak(b"\x19\x01" + keccak(domain) + self.hash)
