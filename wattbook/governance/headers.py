"""Block headers of Besu's QBFT: what is in their extra data, and what validators sign (docs/governance.md).

The extra data are RLP of [vanity, validators, vote, round, seals]. A validator seals a block by signing the hash of its
header with the seals left out and the round left in; on the chain a block is known by the hash of its header with the
seals left out and the round zero, so that all see one hash whatever round it was agreed in. With validators from a
contract the lists of validators and the vote are empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import rlp  # type: ignore[import-untyped]
from coincurve import PublicKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from wattbook.governance.refusals import GovernanceError

VANITY = 32
SEAL = 65
ADDRESS = 20
_PARENT, _NUMBER, _EXTRA = 0, 8, 12
_LENGTHS = {0: 32, 1: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, 13: 32, 14: 8}
"""Of the fields that have a fixed one; the others are numbers, and the extra data."""
LEAST_FIELDS, MOST_FIELDS = 15, 32
"""Of a header before London, and more than any fork has added so far."""
_LONGEST = 16_384

Item = Any


@dataclass(frozen=True)
class ExtraData:
    """What QBFT adds to a header. A vote is [] or [address, 0xff or nothing]."""

    vanity: bytes = bytes(VANITY)
    validators: tuple[bytes, ...] = ()
    vote: tuple[bytes, ...] = ()
    round: int = 0
    seals: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        round_number = rlp.sedes.big_endian_int.serialize(self.round)
        return bytes(rlp.encode([self.vanity, list(self.validators), list(self.vote), round_number, list(self.seals)]))


@dataclass(frozen=True)
class Header:
    """A header as it was encoded, field by field."""

    fields: tuple[bytes, ...]
    extra: ExtraData

    @property
    def parent(self) -> bytes:
        return self.fields[_PARENT]

    @property
    def number(self) -> int:
        return int.from_bytes(self.fields[_NUMBER])

    @property
    def block_hash(self) -> bytes:
        """What the chain knows the block by."""
        return keccak(self._encoded(replace(self.extra, seals=(), round=0)))

    @property
    def sealed(self) -> bytes:
        """What validators sign the hash of."""
        return self._encoded(replace(self.extra, seals=()))

    @property
    def sealed_hash(self) -> bytes:
        return keccak(self.sealed)

    def encode(self) -> bytes:
        return self._encoded(self.extra)

    def with_seals(self, seals: Sequence[bytes]) -> "Header":
        """The header with other seals."""
        return header(self._encoded(replace(self.extra, seals=tuple(seals))))

    def sealers(self) -> list[str]:
        """Who sealed it."""
        return [signer(self.sealed_hash, seal) for seal in self.extra.seals]

    def _encoded(self, extra: ExtraData) -> bytes:
        fields = list(self.fields)
        fields[_EXTRA] = extra.encode()
        return bytes(rlp.encode(fields))


def header(encoded: bytes) -> Header:
    """Reads a header; only what Besu itself would write is one."""
    fields = _list(_decoded(encoded, "header"), "header")
    if not LEAST_FIELDS <= len(fields) <= MOST_FIELDS:
        raise GovernanceError("NoHeader", f"a header has {LEAST_FIELDS} or more fields, not {len(fields)}")
    for place, field in enumerate(fields):
        if not isinstance(field, bytes):
            raise GovernanceError("NoHeader", f"field {place} of the header is a list")
        if len(field) != _LENGTHS.get(place, len(field)):
            raise GovernanceError("NoHeader", f"field {place} of the header has {len(field)} bytes")
    _number(fields[_NUMBER], "number")
    return Header(tuple(fields), extra_data(fields[_EXTRA]))


def extra_data(encoded: bytes) -> ExtraData:
    """Reads the extra data of a header."""
    items = _list(_decoded(encoded, "extra data"), "extra data")
    if len(items) != 5:
        raise GovernanceError("NoHeader", f"the extra data have five parts, not {len(items)}")
    vanity, validators, vote, round_number, seals = items
    if not isinstance(vanity, bytes) or len(vanity) != VANITY:
        raise GovernanceError("NoHeader", f"the vanity has {VANITY} bytes")
    return ExtraData(
        vanity,
        _all("validators", validators, ADDRESS),
        _vote(vote),
        _number(round_number, "round"),
        _all("seals", seals, SEAL),
    )


def signer(digest: bytes, seal: bytes) -> str:
    """Whose seal it is: r, s, and 0 or 1."""
    if len(seal) != SEAL or seal[-1] > 1:
        raise GovernanceError("NoSeal", f"a seal has {SEAL} bytes, of which the last is 0 or 1")
    try:
        key = PublicKey.from_signature_and_message(seal, digest, hasher=None)
    except Exception as error:  # the library has no narrower one
        raise GovernanceError("NoSeal", f"a seal is no signature: {error}") from None
    return to_checksum_address(keccak(key.format(compressed=False)[1:])[12:])


def _decoded(encoded: bytes, what: str) -> Item:
    if len(encoded) > _LONGEST:
        raise GovernanceError("NoHeader", f"the {what} has {len(encoded)} bytes")
    try:
        return rlp.decode(encoded)
    except (rlp.exceptions.RLPException, RecursionError) as error:
        raise GovernanceError("NoHeader", f"the {what} is no RLP: {error}") from None


def _list(item: Item, what: str) -> list[Item]:
    if isinstance(item, bytes):
        raise GovernanceError("NoHeader", f"the {what} is no list")
    return list(item)


def _all(what: str, items: Item, length: int) -> tuple[bytes, ...]:
    found = _list(items, what)
    if any(not isinstance(item, bytes) or len(item) != length for item in found):
        raise GovernanceError("NoHeader", f"{what} have {length} bytes each")
    return tuple(found)


def _vote(item: Item) -> tuple[bytes, ...]:
    found = _list(item, "vote")
    if found and (len(found) != 2 or found[1] not in (b"", b"\xff")):
        raise GovernanceError("NoHeader", "a vote has an address, and 0xff or nothing")
    return (*_all("votes", found[:1], ADDRESS), *found[1:])


def _number(item: Item, what: str) -> int:
    if not isinstance(item, bytes) or len(item) > 8 or item[:1] == b"\0":
        raise GovernanceError("NoHeader", f"the {what} is no number as RLP has it")
    return int.from_bytes(item)
