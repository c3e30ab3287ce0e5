"""Our own record: signed as EIP-712 on both curves, every field under the signature."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.bridge.formats.meters import CHAIN_ID, CONTRACT, ORDERS, READING, key, own, own_signature
from wattbook.bridge.formats.own import verify
from wattbook.bridge.formats.records import Sample, Trust, Verdict
from wattbook.metering.keys import Curve, MeterAddress

BOTH = pytest.mark.parametrize("curve", [Curve.SECP256K1, Curve.SECP256R1])
NOT_SIGNED = "the signature is not of this key over these bytes"
OWN_KEY = "the key is the record's own; whether it is the meter's, only a registry can tell"
NO_KEY = "there is no key to check it with; give the meter's with --key"
SAMPLE = Sample("7", "1.8.0", READING.time, READING.register, READING.sequence)
K1, P256 = Curve.SECP256K1, Curve.SECP256R1


def digest(reading=READING):
    return reading.digest(CHAIN_ID, CONTRACT)


@BOTH
def test_a_good_reading(curve):
    raw = own(curve)
    good = Verdict("wattbook", True, "", Trust.A, raw, (SAMPLE,), True, key(curve))
    assert verify(raw, key(curve)) == good
    assert verify(raw, None) == replace(good, note=OWN_KEY)


def test_an_address_is_key_enough():
    raw = own(K1, publish=False)
    address = MeterAddress(key(K1).address)
    assert verify(raw, address) == Verdict("wattbook", True, "", Trust.A, raw, (SAMPLE,), True, address)


@BOTH
def test_injection_is_the_other_register(curve):
    raw = own(curve, replace(READING, direction=0))
    assert [sample.register for sample in verify(raw, key(curve)).readings] == ["2.8.0"]


@BOTH
def test_no_key(curve):
    raw = own(curve, publish=False)
    assert verify(raw, None) == Verdict("wattbook", False, NO_KEY, Trust.A, raw)


@BOTH
@pytest.mark.parametrize("other", Curve)
def test_a_foreign_key(curve, other):
    if other != curve:
        raw = own(curve)
        assert verify(raw, key(other)) == Verdict("wattbook", False, NOT_SIGNED, Trust.A, raw, (), False, key(other))


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        {"meter": 8},
        {"carrier": 1},
        {"direction": 0},
        {"t": READING.time + 900},
        {"register": READING.register + 1},
        {"seq": 43},
        {"quality": 1},
        {"prevHash": f"0x{'01' * 32}"},
        {"chainId": 1},
        {"contract": f"0x{'11' * 20}"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_each_field_is_signed(curve, changes):
    assert verify(own(curve, **changes), key(curve)).reason == NOT_SIGNED


@BOTH
def test_each_single_bit(curve):
    good = own(curve, publish=False)
    for place in range(len(good)):
        for bit in range(8):
            raw = good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
            assert not verify(raw, key(curve)).valid, raw


@given(st.data())
def test_no_byte_can_be_changed(data):
    curve = data.draw(st.sampled_from([K1, P256]))
    raw = bytearray(own(curve, publish=False))
    place = data.draw(st.integers(0, len(raw) - 1))
    before = raw[place]
    raw[place] ^= data.draw(st.integers(1, 255))
    # JSON has four kinds of space, and none of them is signed.
    assume(not {before, raw[place]} <= set(b" \t\r\n"))
    assert not verify(bytes(raw), key(curve)).valid


def test_forms_of_a_secp256k1_signature():
    signature = own_signature(K1, digest())
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64] - 27
    compact = r + (s | v << 255).to_bytes(32, "big")
    high = r + (ORDERS[K1] - s).to_bytes(32, "big") + bytes([28 - v])
    for good in (signature, signature[:64] + bytes([v]), compact, high):
        assert verify(own(K1, signature=f"0x{good.hex()}"), key(K1)).valid
    for bad in (signature[:64] + bytes([55 - signature[64]]), signature[:64] + b"\x1d", signature[:63], b""):
        assert verify(own(K1, signature=f"0x{bad.hex()}"), key(K1)).reason == NOT_SIGNED


def test_forms_of_a_p256_signature():
    signature = own_signature(P256, digest())
    s = int.from_bytes(signature[32:], "big")
    high = signature[:32] + (ORDERS[P256] - s).to_bytes(32, "big")
    for good in (signature, high):
        assert verify(own(P256, signature=f"0x{good.hex()}"), key(P256)).valid
    for bad in (signature + b"\x1b", signature[:63], bytes(64)):
        assert verify(own(P256, signature=f"0x{bad.hex()}"), key(P256)).reason == NOT_SIGNED


@BOTH
@pytest.mark.parametrize(
    ("time", "reason"),
    [(0, "its time is 1970-01-01"), (2**40 - 1, "its time is second 1099511627775, in the future")],
)
def test_signed_but_it_cannot_be(curve, time, reason):
    raw = own(curve, replace(READING, time=time))
    assert verify(raw, key(curve)) == Verdict(
        "wattbook", False, f"signed, but {reason}", Trust.A, raw, (), True, key(curve)
    )


def without(name):
    fields = json.loads(own(K1))
    del fields[name]
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "the reading is no JSON object"),
        (b"\xff", "the reading is not UTF-8"),
        *[(without(name), f"the reading has no {name}") for name in ("meter", "t", "prevHash", "chainId", "signature")],
        (own(K1, sequence=42), "a reading has no field 'sequence'"),
        (own(K1, register=1.5), "register is Decimal('1.5'), no integer"),
        (own(K1, register="830051"), "register is '830051', no integer"),
        (own(K1, register=True), "register is True, no integer"),
        (own(K1, register=-1), "register is no uint64"),
        (own(K1, meter=2**32), "device is no uint32"),
        (own(K1, direction=2), "direction is 2, neither injection (0) nor withdrawal (1)"),
        (own(K1, prevHash="0x00"), "previous is not 32 bytes"),
        (own(K1, prevHash=f"0x{'AB' * 32}"), f"prevHash is '0x{'AB' * 18}A..., not 0x and bytes in small hex digits"),
        (own(K1, signature=None), "signature is None, not 0x and bytes in small hex digits"),
        (own(K1, signature="0x123"), "signature is '0x123', not 0x and bytes in small hex digits"),
        (own(K1, contract="0x12"), "contract is no address with the checksum of EIP-55"),
        (own(K1, contract=CONTRACT.lower()), "contract is no address with the checksum of EIP-55"),
        (own(K1, contract=None), "contract is no address with the checksum of EIP-55"),
        (own(K1, chainId=-1), "chainId is no uint256"),
        (own(K1, publicKey=7), "publicKey is 7, no text"),
        (own(K1, publicKey="mine"), "3 bytes are neither a key in DER nor a point on a curve that meters use"),
        (own(K1).replace(b'"seq"', b'"seq": 41, "seq"'), "'seq' stands there twice"),
    ],
)
def test_what_is_no_reading(raw, reason):
    assert verify(raw, None) == Verdict("wattbook", False, reason, Trust.A, raw)
