"""The tree over all readings of a zone at one time, as the contract Readings checks it.

Leaves stand by rising device. There are the least power of two of them that holds all; the places left are zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.errors import WattbookError

_EMPTY = bytes(32)
_CONTENT = ("uint64", "uint32", "uint8", "uint8", "bytes32", "bytes32")


class TreeError(WattbookError):
    """Readings make no tree, or a device is not where it is looked for."""


@dataclass(frozen=True)
class Leaf:
    """A reading as attesters vouch for it.

    - device: its number in the registry
    - register: Wh that it has counted in all
    - sequence: one more than that of the device's reading before
    - quality, trust: as the contract numbers them
    - source: hash of the record that it was made from
    - salt: keeps the register from being guessed from the hash
    """

    device: int
    register: int
    sequence: int
    quality: int
    trust: int
    source: bytes
    salt: bytes

    @property
    def content_hash(self) -> bytes:
        """What anyone may know of it."""
        values = (self.register, self.sequence, self.quality, self.trust, self.source, self.salt)
        return keccak(encode(_CONTENT, values))


def leaf_hash(device: int, content_hash: bytes) -> bytes:
    return keccak(keccak(device.to_bytes(32) + content_hash))


def data_hash(leaves: Sequence[tuple[int, bytes]]) -> bytes:
    """The hash of all devices and content hashes, by which a list that is served shows itself whole."""
    return keccak(b"".join(device.to_bytes(4) + content_hash for device, content_hash in leaves))


class Tree:
    """A tree over devices and their content hashes, in rising order of devices."""

    def __init__(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        self.devices = [device for device, _ in leaves]
        if not leaves or any(left >= right for left, right in pairwise(self.devices)):
            raise TreeError("a tree has leaves, by rising device, none twice")
        level = [leaf_hash(device, content_hash) for device, content_hash in leaves]
        self._levels = [level]
        padding = _EMPTY
        while len(level) > 1:
            if len(level) % 2:
                level = [*level, padding]
            level = [keccak(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
            padding = keccak(padding + padding)
            self._levels.append(level)
        self.data_hash = data_hash(leaves)

    @property
    def root(self) -> bytes:
        return self._levels[-1][0]

    @property
    def size(self) -> int:
        return len(self.devices)

    def place(self, device: int) -> int:
        """The place of a device's leaf."""
        try:
            return self.devices.index(device)
        except ValueError:
            raise TreeError(f"device {device} has no reading there") from None

    def proof(self, place: int) -> list[bytes]:
        """The hashes beside the way from a leaf to the root."""
        if not 0 <= place < self.size:
            raise TreeError(f"there is no leaf {place} of {self.size}")
        proof, padding = [], _EMPTY
        for level in self._levels[:-1]:
            beside = place ^ 1
            proof.append(level[beside] if beside < len(level) else padding)
            padding = keccak(padding + padding)
            place >>= 1
        return proof

    def neighbours(self, device: int) -> tuple[int, list[int]]:
        """Where a device that has no leaf would stand: the first place beside it, and the devices there, one or two."""
        if device in self.devices:
            raise TreeError(f"device {device} has a reading there")
        after = sum(other < device for other in self.devices)
        first = max(after - 1, 0)
        return first, self.devices[first : after + 1]


def is_covered(root: bytes, size: int, place: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a leaf stands at a place of a tree with this root."""
    if place >= size or not (1 << len(proof) >> 1 < size <= 1 << len(proof)):
        return False
    for beside in proof:
        leaf = keccak(beside + leaf if place & 1 else leaf + beside)
        place >>= 1
    return leaf == root
