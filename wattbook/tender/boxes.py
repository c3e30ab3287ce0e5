"""Quotes that only the owner of a tender can read (docs/tender.md).

Hashed ElGamal on secp256k1. The owner's key x for one tender has the public point X = x*G; who quotes takes a random
r and R = r*G. Both know K = r*X = x*R, of which only the Ethereum address is used, as a chain can compute that. All
points have an even y, so that their x coordinate says it all. A box that is copied to another trader, tender, contract
or chain cannot be read there, as all of these are hashed into its pad.
"""

import secrets
from dataclasses import dataclass

from coincurve import PublicKey
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.errors import WattbookError

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""How many points secp256k1 has."""
MAX_PRICE = 2**16 - 1
MAX_WH = 2**40 - 1

_PAD = "PT-QUOTE-1"
_SALT = "PT-QUOTE-SALT-1"
_KNOWN = "PT-QUOTE-KNOWN-1"
_HALF = 16


class BoxError(WattbookError):
    """A key that is none, or a quote that fits into no box."""


@dataclass(frozen=True)
class Room:
    """Where a box is opened: the tender, of a contract, on a chain."""

    chain_id: int
    contract: str
    tender: int


@dataclass(frozen=True)
class Box:
    """A sealed quote as it is sent: the x coordinate of R, what is masked, and the proof that its trader knows r.

    Who took over another's R, or a multiple of it, and had the owner show what opens his box, would open the other's.
    """

    point: bytes
    masked: bytes
    challenge: int
    response: int


@dataclass(frozen=True)
class Opened:
    """What a box says, and the salt that opens the quote's hash."""

    wh: int
    price: int
    salt: bytes


@dataclass(frozen=True)
class Shown:
    """The point that both sides of a box share, shown by somebody who keeps his key: see SharedPoint of ITenders."""

    shared: tuple[int, int]
    challenge: int
    response: int
    response_times_point: tuple[int, int]
    challenge_times_shared: tuple[int, int]


@dataclass(frozen=True)
class EncryptionKey:
    """An owner's key for one tender; its point has an even y."""

    secret: int

    @classmethod
    def fresh(cls) -> "EncryptionKey":
        return cls(_even(secrets.randbelow(ORDER - 1) + 1))

    @property
    def public(self) -> bytes:
        """The x coordinate of its point, as it is published."""
        return _point(self.secret).format()[1:]


def seal(room: Room, trader: str, key: bytes, wh: int, price: int) -> tuple[Box, bytes, bytes]:
    """The box for the owner's `key`, the quote's hash that goes with it, and the salt, which proves what was quoted."""
    if not 0 < wh <= MAX_WH:
        raise BoxError(f"a quote is for 1 to {MAX_WH} Wh, not {wh}")
    if not 0 <= price <= MAX_PRICE:
        raise BoxError(f"a price is from 0 to {MAX_PRICE} mPT/kWh, not {price}")
    owner = point_of(key)
    secret = _even(secrets.randbelow(ORDER - 1) + 1)
    point = _point(secret).format()[1:]
    pad = _pad(room, trader, point, owner.multiply(secret.to_bytes(32)))
    plain = _plain(pad, wh, price)
    salt = _salt(pad)
    box = Box(point, _xor(plain, pad), *_known(room, trader, secret, point))
    return box, quote_hash(room, trader, wh, price, salt), salt


def unseal(room: Room, trader: str, key: EncryptionKey, box: Box) -> Opened | None:
    """What a box says; None when it is not this trader's, for this tender and this key, or was changed."""
    try:
        point = point_of(box.point)
    except BoxError:
        return None
    pad = _pad(room, trader, box.point, point.multiply(key.secret.to_bytes(32)))
    plain = _xor(box.masked, pad)
    order = int.from_bytes(plain[:_HALF])
    wh, price = order & MAX_WH, order >> 40
    if price > MAX_PRICE or plain != _plain(pad, wh, price):
        return None
    return Opened(wh, price, _salt(pad))


def show(room: Room, quote: int, key: EncryptionKey, box: Box) -> Shown:
    """Shows what opens one box, so that anybody can see what it holds, and nothing of any other."""
    point = point_of(box.point)
    shared = point.multiply(key.secret.to_bytes(32))
    blind = secrets.randbelow(ORDER - 1) + 1
    first, second = _point(blind), point.multiply(blind.to_bytes(32))
    said = [
        room.chain_id,
        room.contract,
        room.tender,
        quote,
        int.from_bytes(key.public),
        int.from_bytes(box.point),
        *_coordinates(shared),
        _address(first),
        *_coordinates(second),
    ]
    kinds = ["uint256", "address", "uint32", "uint16", *["uint256"] * 4, "address", "uint256", "uint256"]
    challenge = int.from_bytes(keccak(encode(kinds, said))) % ORDER
    response = (blind + challenge * key.secret) % ORDER
    return Shown(
        _coordinates(shared),
        challenge,
        response,
        _coordinates(point.multiply(response.to_bytes(32))),
        _coordinates(shared.multiply(challenge.to_bytes(32))),
    )


def quote_hash(room: Room, trader: str, wh: int, price: int, salt: bytes) -> bytes:
    """What binds a trader to his quote and tells nobody."""
    return keccak(
        encode(
            ["uint256", "address", "bytes32", "address", "bool", "uint256", "uint256", "uint256", "bytes32"],
            [room.chain_id, room.contract, room.tender.to_bytes(32), trader, False, price, wh, 0, salt],
        )
    )


def point_of(coordinate: bytes) -> PublicKey:
    """The point with an even y of an x coordinate."""
    try:
        return PublicKey(b"\x02" + coordinate)
    except ValueError:
        raise BoxError(f"0x{coordinate.hex()} is the x coordinate of no point") from None


def _point(secret: int) -> PublicKey:
    return PublicKey.from_valid_secret(secret.to_bytes(32))


def _even(secret: int) -> int:
    """The secret, or its negative, whose point has an even y and an x that ecrecover takes."""
    point = _point(secret).format()
    if int.from_bytes(point[1:]) >= ORDER:
        raise BoxError("one in 2**127 keys cannot be used")
    return secret if point[0] == 2 else ORDER - secret


def _pad(room: Room, trader: str, point: bytes, shared: PublicKey) -> bytes:
    return keccak(
        encode(
            ["string", "uint256", "address", "uint256", "address", "bytes32", "address"],
            [_PAD, room.chain_id, room.contract, room.tender, trader, point, _address(shared)],
        )
    )


def _known(room: Room, trader: str, secret: int, point: bytes) -> tuple[int, int]:
    """Challenge and response of the proof that somebody knows what is behind his point."""
    blind = secrets.randbelow(ORDER - 1) + 1
    kinds = ["string", "uint256", "address", "uint32", "address", "uint256", "address"]
    coordinate, first = int.from_bytes(point), _address(_point(blind))
    said = [_KNOWN, room.chain_id, room.contract, room.tender, trader, coordinate, first]
    challenge = int.from_bytes(keccak(encode(kinds, said))) % ORDER
    return challenge, (blind + challenge * secret) % ORDER


def _address(point: PublicKey) -> bytes:
    return keccak(point.format(compressed=False)[1:])[-20:]


def _coordinates(point: PublicKey) -> tuple[int, int]:
    return point.point()


def _salt(pad: bytes) -> bytes:
    return keccak(encode(["string", "bytes32"], [_SALT, pad]))


def _plain(pad: bytes, wh: int, price: int) -> bytes:
    """The quote as 16 bytes, and 16 that prove that it was not changed."""
    order = price << 40 | wh
    return order.to_bytes(_HALF) + keccak(encode(["bytes32", "uint128"], [pad, order]))[-_HALF:]


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(a, b, strict=True))
