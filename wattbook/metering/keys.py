"""The key that a meter signs with: a point on one of the curves that meters use, or the address of one.

A record may name a curve; only the key decides. A chain's registry holds the point of a P-256 key, and of a secp256k1
key the Ethereum address alone: `MeterKey` and `MeterAddress`, which check the same way.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import load_der_public_key
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from wattbook.errors import WattbookError


class MeterKeyError(WattbookError):
    """A public key, or a signature, is not one that can be used."""


class Curve(StrEnum):
    """The curves that real meters sign on."""

    SECP256K1 = "secp256k1"
    SECP256R1 = "secp256r1"
    BRAINPOOLP256R1 = "brainpoolP256r1"
    SECP384R1 = "secp384r1"
    BRAINPOOLP384R1 = "brainpoolP384r1"
    SECP192R1 = "secp192r1"

    @property
    def size(self) -> int:
        """Bytes of a coordinate."""
        return _CURVES[self].key_size // 8


_CURVES: Mapping[Curve, ec.EllipticCurve] = {
    Curve.SECP256K1: ec.SECP256K1(),
    Curve.SECP256R1: ec.SECP256R1(),
    Curve.BRAINPOOLP256R1: ec.BrainpoolP256R1(),
    Curve.SECP384R1: ec.SECP384R1(),
    Curve.BRAINPOOLP384R1: ec.BrainpoolP384R1(),
    Curve.SECP192R1: ec.SECP192R1(),
}
_BY_NAME = {curve.name: name for name, curve in _CURVES.items()}
# The order of the group, of the curves that a chain verifies.
_ORDER = {
    Curve.SECP256K1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    Curve.SECP256R1: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
_DIGEST = ec.ECDSA(Prehashed(SHA256()))
_MAX_KEY = 4096
_OCPP_PREFIX = re.compile(r"oca:base(16|64):asn1:", re.IGNORECASE)


@dataclass(frozen=True)
class MeterKey:
    """A public key: a point that is on its curve."""

    curve: Curve
    x: int
    y: int

    def __post_init__(self) -> None:
        # Whoever has a key need not ask whether it is one.
        _ = self._public

    @cached_property
    def _public(self) -> ec.EllipticCurvePublicKey:
        try:
            return ec.EllipticCurvePublicNumbers(self.x, self.y, _CURVES[self.curve]).public_key()
        except (ValueError, UnsupportedAlgorithm):
            raise MeterKeyError(f"the point is not on {self.curve}") from None

    @property
    def point(self) -> bytes:
        """x and y, one after the other."""
        size = self.curve.size
        return self.x.to_bytes(size, "big") + self.y.to_bytes(size, "big")

    @property
    def address(self) -> str:
        """The Ethereum address, which a chain knows a secp256k1 key by."""
        if self.curve != Curve.SECP256K1:
            raise MeterKeyError(f"a key on {self.curve} has no address")
        return str(to_checksum_address(keccak(self.point)[-20:]))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether it signed the SHA-256 of a message; the signature is DER or r and s, with any s."""
        return self.verify_digest(_sha256(message), signature)

    def verify_digest(self, digest: bytes, signature: bytes) -> bool:
        """The same of a digest of 32 bytes, as it is."""
        try:
            r, s = split_signature(self.curve, signature)
            self._public.verify(encode_dss_signature(r, s), digest, _DIGEST)
        except (InvalidSignature, MeterKeyError):
            return False
        return True

    def __str__(self) -> str:
        return self.point.hex()


@dataclass(frozen=True)
class MeterAddress:
    """A secp256k1 key of which only the Ethereum address is known."""

    address: str

    @property
    def curve(self) -> Curve:
        return Curve.SECP256K1

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the key behind it signed the SHA-256 of a message; the signature is DER or r and s, with any s."""
        return self.verify_digest(_sha256(message), signature)

    def verify_digest(self, digest: bytes, signature: bytes) -> bool:
        """The same of a digest of 32 bytes. A signature without v has two possible keys."""
        try:
            r, s = split_signature(self.curve, signature)
        except MeterKeyError:
            return False
        return any(recover(digest, r, s, v) == self.address for v in (0, 1))

    def __str__(self) -> str:
        return self.address


Signer = MeterKey | MeterAddress


def parse_key(text: str) -> Signer:
    """A key as people and devices write it: DER or a point, in hex or base64, maybe with OCPP's prefix; an address."""
    text = "".join(text.split())
    if prefix := _OCPP_PREFIX.match(text):
        text = text[prefix.end() :]
    if not text:
        raise MeterKeyError("the key is empty")
    if len(text) > 2 * _MAX_KEY:
        raise MeterKeyError("the key is too long to be one")
    if is_address(text):
        return MeterAddress(str(to_checksum_address(text)))
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise MeterKeyError("the key is neither hex nor base64") from None
        # OCPP 2.0.1 has the prefix inside of the base64.
        if _OCPP_PREFIX.match(inner := raw.decode("ascii", "replace")):
            return parse_key(inner)
    return key_of_bytes(raw)


def key_of_bytes(raw: bytes) -> MeterKey:
    """A key from SubjectPublicKeyInfo in DER, or from a bare point, whose curve is the one that it lies on."""
    if raw[:1] == b"\x30" and len(raw) not in (48, 64, 96):
        return _of_der(raw)
    compressed = raw[:1] in (b"\x02", b"\x03") and len(raw) in (25, 33, 49)
    found = list(_on_curves(raw) if compressed else _points(raw))
    if len(found) > 1:
        # Half of all x are on any curve, so a compressed point seldom tells its own.
        raise MeterKeyError(f"the compressed point may be on {' or '.join(key.curve for key in found)}; give it whole")
    if not found:
        raise MeterKeyError(f"{len(raw)} bytes are neither a key in DER nor a point on a curve that meters use")
    return found[0]


def low_s(curve: Curve, signature: bytes) -> tuple[int, int]:
    """r and s as contracts take them. Meters leave s as it falls, contracts ask for the lower of the two."""
    if curve not in _ORDER:
        raise MeterKeyError(f"no chain verifies signatures on {curve}")
    r, s = split_signature(curve, signature)
    order = _ORDER[curve]
    if not 0 < s < order:
        raise MeterKeyError(f"s is outside of the group of {curve}")
    return r, min(s, order - s)


def split_signature(curve: Curve, signature: bytes) -> tuple[int, int]:
    """r and s of a signature in DER, or of the two one after the other."""
    size = curve.size
    if found := _der_integers(signature):
        return found
    if len(signature) != 2 * size:
        raise MeterKeyError("a signature is DER, or r and s")
    return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")


def recover(digest: bytes, r: int, s: int, v: int) -> str | None:
    """The address whose secp256k1 key signed a digest, v being 0 or 1; None when no key can have."""
    try:
        key = Signature(vrs=(v, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return None
    return str(key.to_checksum_address())


def _der_integers(signature: bytes) -> tuple[int, int] | None:
    """Two integers in DER, none being negative: eBZ meters leave out the zero that a high bit asks for."""
    if len(signature) < 2 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
        return None
    found = []
    rest = signature[2:]
    while len(rest) >= 2 and rest[0] == 0x02 and rest[1] <= len(rest) - 2:
        found.append(int.from_bytes(rest[2 : 2 + rest[1]], "big"))
        rest = rest[2 + rest[1] :]
    return (found[0], found[1]) if len(found) == 2 and not rest else None


def _of_der(raw: bytes) -> MeterKey:
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        raise MeterKeyError("the key is not in DER, or on a curve that is not supported") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise MeterKeyError(f"the key is {type(key).__name__.removesuffix('PublicKey')}, not on an elliptic curve")
    if key.curve.name not in _BY_NAME:
        raise MeterKeyError(f"no meter is known to sign on {key.curve.name}")
    numbers = key.public_numbers()
    return MeterKey(_BY_NAME[key.curve.name], numbers.x, numbers.y)


def _points(raw: bytes) -> list[MeterKey]:
    if len(raw) % 2 and raw[:1] == b"\x04":
        raw = raw[1:]
    size = len(raw) // 2
    x, y = int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big")
    found = []
    for curve in _CURVES:
        if len(raw) == 2 * curve.size:
            try:
                found.append(MeterKey(curve, x, y))
            except MeterKeyError:
                continue
    return found


def _on_curves(raw: bytes) -> list[MeterKey]:
    found = []
    for name, curve in _CURVES.items():
        if len(raw) == 1 + name.size:
            try:
                numbers = ec.EllipticCurvePublicKey.from_encoded_point(curve, raw).public_numbers()
            except (ValueError, UnsupportedAlgorithm):
                continue
            found.append(MeterKey(name, numbers.x, numbers.y))
    return found


def _sha256(message: bytes) -> bytes:
    hashing = Hash(SHA256())
    hashing.update(message)
    return hashing.finalize()
