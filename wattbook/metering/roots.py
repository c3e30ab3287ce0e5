"""What attesters sign: the root of a tree over all readings of a zone at a time."""

from collections.abc import Iterable, Sequence
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from wattbook.contracts.readings import Readings
from wattbook.contracts.structs import Content, ProvenReading, Quality, Root, ShortSignature, Trust
from wattbook.eip712 import short_form, sign, typed_data
from wattbook.metering.tree import Leaf, Tree

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def root_of(zone: int, time: int, version: int, tree: Tree) -> Root:
    """A tree's root as it is posted."""
    return Root(zone, time, version, tree.root, tree.size, tree.data_hash)


def sign_root(readings: Readings, root: Root, devices: Sequence[int], attester: LocalAccount) -> bytes:
    """An attester's signature of a root; `devices` are those that a later version names."""
    return sign(readings, "Root", attester, _values(root, devices))


def signer_of(readings: Readings, root: Root, devices: Sequence[int], signature: bytes) -> str | None:
    """Who signed a root; None when nobody can have, or not in the lower of the two spellings that each signature has.

    The contract takes the other one too where `s` is below 2^255; one is enough for bridges to agree on.
    """
    if len(signature) != 65 or signature[64] not in (27, 28) or int.from_bytes(signature[32:64]) > _HALF_ORDER:
        return None
    document = encode_typed_data(full_message=typed_data(readings, "Root", _values(root, devices)))
    try:
        return str(Account.recover_message(document, signature=signature))
    except Exception:
        return None


def in_order(signatures: Iterable[tuple[str, bytes]]) -> list[ShortSignature]:
    """Signatures by their signers, as the contract takes them: by rising address."""
    return [ShortSignature(*short_form(signature)) for _, signature in sorted(signatures, key=_number)]


def proven(tree: Tree, leaf: Leaf) -> ProvenReading:
    """A reading with its proof."""
    content = Content(leaf.register, leaf.sequence, Quality(leaf.quality), Trust(leaf.trust), leaf.source, leaf.salt)
    place = tree.place(leaf.device)
    return ProvenReading(leaf.device, place, content, tree.proof(place), [])


def _values(root: Root, devices: Sequence[int]) -> dict[str, Any]:
    return {
        "zone": root.zone,
        "time": root.time,
        "version": root.version,
        "root": root.root,
        "size": root.size,
        "dataHash": root.data_hash,
        "devices": list(devices),
    }


def _number(signed: tuple[str, bytes]) -> int:
    return int(signed[0], 16)
