"""A meter's key: every way in which it is written, on every curve, and what it verifies."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.bridge.formats.meters import ORDERS, der, key, other_s, own_signature, point, private, raw_signature, signed
from wattbook.metering.keys import (
    Curve,
    MeterAddress,
    MeterKey,
    MeterKeyError,
    key_of_bytes,
    low_s,
    parse_key,
    split_signature,
)

MESSAGE = b"812.345 kWh"
CURVES = pytest.mark.parametrize("curve", Curve)
ON_CHAIN = pytest.mark.parametrize("curve", list(ORDERS))


def spelled(curve):
    raw, bare = der(curve), point(curve)[1:]
    hexed = raw.hex()
    return {
        "hex": hexed,
        "HEX": hexed.upper(),
        "0x": f"0x{hexed}",
        "in groups": " ".join(hexed[i : i + 4] for i in range(0, len(hexed), 4)),
        "on lines": f"\n  {hexed[:40]}\n  {hexed[40:]}\n",
        "base64": base64.b64encode(raw).decode(),
        "OCPP": f"oca:base16:asn1:{hexed}",
        "OCPP base64": f"oca:base64:asn1:{base64.b64encode(raw).decode()}",
        "OCPP in base64": base64.b64encode(f"oca:base16:asn1:{hexed}".encode()).decode(),
        "point": bare.hex(),
        "point with 04": f"04{bare.hex()}",
        "point in base64": base64.b64encode(bare).decode(),
    }


@CURVES
def test_every_spelling_is_the_same_key(curve):
    assert {name: parse_key(text) for name, text in spelled(curve).items()} == dict.fromkeys(spelled(curve), key(curve))


@CURVES
def test_a_bare_point_tells_its_curve(curve):
    assert key_of_bytes(point(curve)[1:]).curve == curve
    assert key_of_bytes(point(curve)[1:]).point == point(curve)[1:]


AMBIGUOUS = {
    Curve.SECP256R1: "the compressed point may be on secp256k1 or secp256r1 or brainpoolP256r1; give it whole",
    Curve.BRAINPOOLP256R1: "the compressed point may be on secp256r1 or brainpoolP256r1; give it whole",
}


@CURVES
def test_a_compressed_point_is_taken_when_one_curve_alone_has_it(curve):
    text = point(curve, PublicFormat.CompressedPoint).hex()
    if curve in AMBIGUOUS:
        with pytest.raises(MeterKeyError) as error:
            parse_key(text)
        assert str(error.value) == AMBIGUOUS[curve]
    else:
        assert parse_key(text) == key(curve)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the key is empty"),
        ("  \n ", "the key is empty"),
        ("no key", "the key is neither hex nor base64"),
        ("${jndi:ldap://x}3059", "the key is neither hex nor base64"),
        ("00" * 64, "64 bytes are neither a key in DER nor a point on a curve that meters use"),
        ("ff" * 64, "64 bytes are neither a key in DER nor a point on a curve that meters use"),
        ("04" + "11" * 64, "65 bytes are neither a key in DER nor a point on a curve that meters use"),
        ("ab" * 7, "7 bytes are neither a key in DER nor a point on a curve that meters use"),
        ("3059" + "00" * 89, "the key is not in DER, or on a curve that is not supported"),
        ("00" * 5000, "the key is too long to be one"),
    ],
)
def test_what_is_no_key(text, reason):
    with pytest.raises(MeterKeyError) as error:
        parse_key(text)
    assert str(error.value) == reason


def test_a_key_of_another_kind():
    for secret, reason in (
        (rsa.generate_private_key(65537, 2048), "the key is RSA, not on an elliptic curve"),
        (ed25519.Ed25519PrivateKey.generate(), "the key is Ed25519, not on an elliptic curve"),
        (ec.generate_private_key(ec.SECP521R1()), "no meter is known to sign on secp521r1"),
    ):
        public = secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(MeterKeyError) as error:
            key_of_bytes(public)
        assert str(error.value) == reason


def test_a_key_off_its_curve():
    good = key(Curve.SECP256R1)
    with pytest.raises(MeterKeyError, match=r"^the point is not on secp256k1$"):
        MeterKey(Curve.SECP256K1, good.x, good.y)


@CURVES
def test_verifies_what_was_signed_and_nothing_else(curve):
    signature = signed(curve, MESSAGE)
    assert key(curve).verify(MESSAGE, signature)
    assert key(curve).verify(MESSAGE, raw_signature(curve, signature))
    assert not key(curve).verify(MESSAGE + b" ", signature)
    assert not any(key(other).verify(MESSAGE, signature) for other in Curve if other != curve)


@ON_CHAIN
def test_high_s_verifies_and_is_made_low(curve):
    signature = signed(curve, MESSAGE)
    low, high = sorted((signature, other_s(curve, signature)), key=lambda found: decode_dss_signature(found)[1])
    assert key(curve).verify(MESSAGE, high) and key(curve).verify(MESSAGE, low)
    assert low_s(curve, high) == low_s(curve, low) == decode_dss_signature(low)
    assert low_s(curve, raw_signature(curve, high)) == decode_dss_signature(low)


@pytest.mark.parametrize("curve", [curve for curve in Curve if curve not in ORDERS])
def test_low_s_where_no_chain_verifies(curve):
    with pytest.raises(MeterKeyError) as error:
        low_s(curve, signed(curve, MESSAGE))
    assert str(error.value) == f"no chain verifies signatures on {curve}"


@ON_CHAIN
def test_low_s_outside_of_the_group(curve):
    for s in (0, ORDERS[curve], 2**256 - 1):
        with pytest.raises(MeterKeyError, match="outside of the group"):
            low_s(curve, (1).to_bytes(32, "big") + s.to_bytes(32, "big"))


@CURVES
def test_integers_without_the_zero_before_a_high_bit(curve):
    """eBZ meters write them so: what strict DER takes for a negative number is r or s all the same."""
    size = curve.size
    for number in range(40):
        message = MESSAGE + bytes([number])
        r, s = decode_dss_signature(signed(curve, message))
        if max(r, s) >> (8 * size - 1):
            break
    parts = b"".join(bytes([2, size]) + value.to_bytes(size, "big") for value in (r, s))
    loose = bytes([0x30, len(parts)]) + parts
    assert split_signature(curve, loose) == (r, s)
    assert key(curve).verify(message, loose)


@given(st.binary(max_size=80), st.sampled_from(list(Curve)))
def test_no_bytes_but_a_signature_verify(signature, curve):
    assert not key(curve).verify(MESSAGE, signature)
    assert not MeterAddress(key(Curve.SECP256K1).address).verify(MESSAGE, signature)


@given(st.data())
def test_a_flipped_byte_of_message_or_signature(data):
    curve = data.draw(st.sampled_from(list(Curve)))
    signature = signed(curve, MESSAGE)
    whole = bytearray(MESSAGE + signature)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    assert not key(curve).verify(bytes(whole[: len(MESSAGE)]), bytes(whole[len(MESSAGE) :]))


def test_the_address_is_ethereums():
    ours = key(Curve.SECP256K1)
    numbers = private(Curve.SECP256K1).private_numbers()
    assert ours.address == PrivateKey(numbers.private_value.to_bytes(32, "big")).public_key.to_checksum_address()
    assert parse_key(ours.address) == parse_key(ours.address[2:].lower()) == MeterAddress(ours.address)
    with pytest.raises(MeterKeyError, match=r"^a key on secp256r1 has no address$"):
        _ = key(Curve.SECP256R1).address


def test_an_address_verifies_as_its_key_does():
    curve = Curve.SECP256K1
    address = MeterAddress(key(curve).address)
    assert address.curve == curve
    for number in range(8):
        message = MESSAGE + bytes([number])
        signature = signed(curve, message)
        assert address.verify(message, signature)
        assert address.verify(message, other_s(curve, signature))
        assert not address.verify(MESSAGE, signature)
        assert not MeterAddress("0x" + "11" * 20).verify(message, signature)


def test_a_digest_is_taken_as_it_is():
    digest = keccak(MESSAGE)
    signature = own_signature(Curve.SECP256R1, digest)
    assert key(Curve.SECP256R1).verify_digest(digest, signature)
    assert not key(Curve.SECP256R1).verify(digest, signature)
    recoverable = own_signature(Curve.SECP256K1, digest)
    assert MeterAddress(key(Curve.SECP256K1).address).verify_digest(digest, recoverable[:64])
