"""What bridges say to one another: JSON, signed by the sender's key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.signers.local import LocalAccount

from wattbook.bridge.formats import exact_json
from wattbook.bridge.formats.records import RecordError, Trust
from wattbook.bridge.outbox.records import Leaf
from wattbook.errors import WattbookError

SIGNATURE = "Wattbook-Signature"
MOST = 32 * 2**20


class WireError(WattbookError):
    """A message between bridges cannot be read."""


@dataclass(frozen=True)
class Proposal:
    """The leaves that one would sign, and who has signed them already."""

    chain_id: int
    contract: str
    zone: int
    time: int
    version: int
    leaves: tuple[Leaf, ...]
    signatures: Mapping[str, bytes]


@dataclass(frozen=True)
class Answer:
    """What a bridge says to a proposal: what it has against which device, the sequences that it would give next, and,
    if it was asked to sign and has nothing against any, its signature. `signed` is what it signed before instead."""

    objections: Mapping[int, str]
    sequences: Mapping[int, int]
    signature: bytes | None = None
    signed: Proposal | None = None


def seal(path: str, to: str, body: bytes, account: LocalAccount) -> str:
    """The signature that goes with a message, which is for one question to one bridge."""
    return "0x" + bytes(account.sign_message(_sealed(path, to, body)).signature).hex()


def sender_of(path: str, to: str, body: bytes, signature: str) -> str:
    """Who sent a message."""
    try:
        signed = bytes.fromhex(signature.removeprefix("0x"))
        return str(Account.recover_message(_sealed(path, to, body), signature=signed))
    except Exception:
        raise WireError("the message is not signed") from None


def _sealed(path: str, to: str, body: bytes) -> SignableMessage:
    return encode_defunct(f"{path} {to} ".encode() + body)


def dump_proposal(proposal: Proposal) -> bytes:
    return json.dumps(_plain(proposal)).encode()


def load_proposal(body: bytes) -> Proposal:
    return _proposal(_object(body))


def dump_answer(answer: Answer) -> bytes:
    return json.dumps(
        {
            "objections": {str(device): said for device, said in answer.objections.items()},
            "sequences": {str(device): number for device, number in answer.sequences.items()},
            "signature": answer.signature.hex() if answer.signature else None,
            "signed": _plain(answer.signed) if answer.signed else None,
        }
    ).encode()


def load_answer(body: bytes) -> Answer:
    data = _object(body)
    try:
        return Answer(
            {int(device): str(said) for device, said in data["objections"].items()},
            {int(device): _integer(number) for device, number in data["sequences"].items()},
            bytes.fromhex(data["signature"]) if data["signature"] else None,
            _proposal(data["signed"]) if data["signed"] else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WireError(f"an answer is not whole ({type(error).__name__}: {error})") from None


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        "chainId": proposal.chain_id,
        "contract": proposal.contract,
        "zone": proposal.zone,
        "time": proposal.time,
        "version": proposal.version,
        "leaves": [
            [leaf.device, leaf.register, leaf.sequence, leaf.quality, leaf.trust, leaf.raw_hash.hex(), leaf.salt.hex()]
            for leaf in proposal.leaves
        ],
        "signatures": {attester: signature.hex() for attester, signature in proposal.signatures.items()},
    }


def _proposal(data: Any) -> Proposal:
    try:
        return Proposal(
            _integer(data["chainId"]),
            str(data["contract"]),
            _number(data["zone"], 16),
            _number(data["time"], 40),
            _number(data["version"], 8),
            _in_order(tuple(_leaf(row) for row in data["leaves"])),
            {str(attester): bytes.fromhex(signature) for attester, signature in data["signatures"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, WattbookError) as error:
        raise WireError(f"a proposal is not whole ({type(error).__name__}: {error})") from None


def _leaf(row: list[Any]) -> Leaf:
    device, register, sequence, quality, trust, raw_hash, salt = row
    return Leaf(
        _number(device, 32),
        _integer(register),
        _number(sequence, 32),
        _number(quality, 8),
        Trust(trust),
        bytes.fromhex(raw_hash),
        bytes.fromhex(salt),
    )


def _in_order(leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
    if not leaves or any(before.device >= after.device for before, after in pairwise(leaves)):
        raise ValueError("leaves stand by rising device")
    return leaves


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _number(value: Any, bits: int) -> int:
    if not 0 <= _integer(value) < 1 << bits:
        raise ValueError(f"{value} has more than {bits} bits")
    return int(value)


def _object(body: bytes) -> Any:
    if len(body) > MOST:
        raise WireError(f"a message has {len(body)} bytes, more than {MOST}")
    try:
        return exact_json.loads(body.decode())
    except (ValueError, RecordError) as error:
        raise WireError(f"a message cannot be read: {error}") from None
