"""OCMF: whose signature it is, over which bytes, and whether what was signed can be."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bridge.formats.meters import ORDERS, key, ocmf, ocmf_payload, other_s, private, raw_signature, signed
from wattbook.bridge.formats.ocmf import verify
from wattbook.bridge.formats.records import Sample, Trust, Verdict
from wattbook.metering.keys import Curve, MeterAddress

CURVES = pytest.mark.parametrize("curve", Curve)
P256 = Curve.SECP256R1
NOT_SIGNED = "the signature is not of this key over these bytes"
READING = {"TM": "2026-03-01T08:00:00,000+0100 S", "RV": 1, "RI": "1-0:1.8.0", "RU": "kWh", "EF": "", "ST": "G"}


def readings(curve=P256):
    return (
        Sample("1WBK0000000017", "1.8.0", 1772348400, 812345, 17, True, "T"),
        Sample("1WBK0000000017", "1.8.0", 1772350930, 830051, 17, True, "T"),
    )


def payload(*rows, **fields):
    return ocmf_payload([dict(row) for row in rows], **fields)


def checked(data, **signature):
    return verify(ocmf(P256, data, **signature), key(P256))


@CURVES
def test_a_good_record_of_each_curve(curve):
    raw = ocmf(curve)
    assert verify(raw, key(curve)) == Verdict("ocmf", True, "", Trust.A, raw, readings(), True, key(curve))


def test_an_address_is_key_enough():
    raw = ocmf(Curve.SECP256K1)
    address = MeterAddress(key(Curve.SECP256K1).address)
    assert verify(raw, address) == Verdict("ocmf", True, "", Trust.A, raw, readings(), True, address)


@CURVES
def test_a_foreign_key(curve):
    raw = ocmf(curve)
    for other in Curve:
        if other != curve:
            foreign = key(other)
            assert verify(raw, foreign) == Verdict("ocmf", False, NOT_SIGNED, Trust.A, raw, (), False, foreign)


def test_no_key():
    raw = ocmf(P256)
    reason = "there is no key to check it with; give the meter's with --key"
    assert verify(raw, None) == Verdict("ocmf", False, reason, Trust.A, raw)


@given(st.data())
def test_no_byte_of_the_payload_can_be_changed(data):
    raw = bytearray(ocmf(P256))
    place = data.draw(st.integers(5, 4 + len(ocmf_payload())))
    raw[place] ^= data.draw(st.integers(1, 255))
    verdict = verify(bytes(raw), key(P256))
    assert not verdict.valid and verdict.reason and verdict.readings == () and not verdict.signature


def test_each_single_bit_of_the_payload():
    good = ocmf(P256)
    for place in range(5, 5 + len(ocmf_payload())):
        raw = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        assert not verify(raw, key(P256)).valid


def test_a_record_written_anew_is_another():
    """The same JSON with other spaces is not what was signed."""
    data = ocmf_payload()
    compact = json.dumps(json.loads(data), separators=(",", ":")).encode()
    record = ocmf(P256, data).replace(data, compact)
    assert verify(record, key(P256)).reason == NOT_SIGNED
    assert checked(compact).valid


def test_every_end_is_missed():
    raw = ocmf(P256)
    for length in range(len(raw)):
        verdict = verify(raw[:length], key(P256))
        assert not verdict.valid and verdict.signature is None


@pytest.mark.parametrize("curve", list(ORDERS))
def test_both_s_are_the_meters(curve):
    data = ocmf_payload()
    for signature in (signed(curve, data), other_s(curve, signed(curve, data))):
        assert verify(ocmf(curve, data, SD=signature.hex()), key(curve)).valid


def test_spellings_of_the_signature():
    data = ocmf_payload()
    signature = signed(P256, data)
    for fields in (
        {"SD": signature.hex().upper()},
        {"SD": signature.hex(), "SE": "hex", "SM": "application/x-der"},
        {"SD": base64.b64encode(signature).decode(), "SE": "base64"},
        {"SD": raw_signature(P256, signature).hex()},
    ):
        assert checked(data, **fields).valid


@pytest.mark.parametrize(
    ("algorithm", "note"),
    [
        (None, ""),
        ("ECDSA-secp256r1-SHA256", ""),
        ("ECDSA-SECP256R1-SHA256", ""),
        ("ECDSA-secp256k1-SHA256", "the record names secp256k1; its key is on secp256r1"),
        ("ECDSA-brainpool256r1-SHA256", "the record names brainpoolP256r1; its key is on secp256r1"),
        ("RSA-2048-SHA256", ""),
        (7, ""),
    ],
)
def test_the_curve_is_the_keys(algorithm, note):
    verdict = checked(ocmf_payload(), SA=algorithm)
    assert (verdict.valid, verdict.curve, verdict.note) == (True, P256, note)


@pytest.mark.parametrize("named", ["brainpool256r1", "brainpoolP256r1"])
def test_brainpool_has_two_names(named):
    curve = Curve.BRAINPOOLP256R1
    verdict = verify(ocmf(curve, SA=f"ECDSA-{named}-SHA256"), key(curve))
    assert (verdict.valid, verdict.note) == (True, "")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the record does not begin with OCMF|"),
        (b"ocmf|{}|{}", "the record does not begin with OCMF|"),
        (b"OCMF|", "the payload is not JSON: Expecting value: line 1 column 6 (char 5)"),
        (b"OCMF|{}", "the record ends before its signature"),
        (b"OCMF|{} {}", "'{}' follows the payload, where | belongs"),
        (b"OCMF|{}|", "the signature is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"OCMF|{}|{}", "the signature has no SD"),
        (b"OCMF|{}|[]", "the signature has no SD"),
        (b'OCMF|{}|{"SD":7}', "the signature has no SD"),
        (b'OCMF|{}|{"SD":"30"}{}', "the signature is '{}' follows the JSON"),
        (b'OCMF|{}|{"SD":"3x"}', "the signature is not hex"),
        (b'OCMF|{}|{"SD":"3","SE":"base64"}', "the signature is not base64"),
        (b'OCMF|{}|{"SD":"30","SE":"rot13"}', "the signature's encoding SE is 'rot13', neither hex nor base64"),
        (b'OCMF|{}|{"SD":"30","SD":"31"}', "the signature is 'SD' stands there twice"),
        (b'OCMF|{"ID":"|"}|{"SD":"30"}', "a section contains |, which OCMF forbids"),
        (b'OCMF|{}|{"SD":"30"}|04', "a section contains |, which OCMF forbids"),
        (b'OCMF|\xff|{"SD":"30"}', "the record is not UTF-8"),
        (b"OCMF|" + b"[" * 100_000, "the payload is not JSON that is read here: nested more than 64 deep"),
        (b"OCMF|" + b" " * (1 << 20), "the record is longer than 1048576 bytes"),
    ],
)
def test_what_is_no_record(raw, reason):
    assert verify(raw, key(P256)) == Verdict("ocmf", False, reason, Trust.A, raw)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "its payload is no JSON object"),
        (b"7", "its payload is no JSON object"),
        (payload(READING, PG="17"), "its pagination PG is '17'"),
        (payload(READING, PG=None), "its pagination PG is None"),
        (payload(READING, PG="X1"), "its pagination PG is 'X1'"),
        (b'{"PG":"T1"}', "it has no readings RD"),
        (b'{"PG":"T1","RD":[]}', "it has no readings RD"),
        (b'{"PG":"T1","RD":[7]}', "it has no readings RD"),
        (payload(READING, MS="\n"), "'\\n' is no meter's identification"),
        (payload(READING, MS="x" * 300), f"'{'x' * 39}... is no meter's identification"),
        (payload(READING | {"TM": "1970-01-01T01:01:49,000+0100 U"}), "its time is 1970-01-01"),
        (payload(READING | {"TM": "1999-12-31T23:59:59,000+0000 S"}), "its time is 1999-12-31"),
        (payload(READING | {"TM": "2203-03-01T08:00:00,000+0100 S"}), "its time is 2203-03-01, in the future"),
        (payload(READING | {"TM": "2026-02-30T08:00:00,000+0100 S"}), "'2026-02-30T08:00:00,000+0100' is no time"),
        (
            payload(READING | {"TM": "2026-03-01T08:00:00,000+0100"}),
            "TM is '2026-03-01T08:00:00,000+0100', no time with the state of its clock",
        ),
        (
            payload(READING | {"TM": "2026-03-01T08:00:00,000 S"}),
            "the time '2026-03-01T08:00:00,000' does not say how far from UTC it is",
        ),
        (payload(READING | {"ST": "E"}), "the meter's status ST is 'E', not 'G'"),
        (payload({name: READING[name] for name in READING if name != "ST"}), "the meter's status ST is None, not 'G'"),
        (payload(READING | {"EF": "E"}), "the meter reports an error, EF is 'E'"),
        (payload(READING | {"EF": "t"}), "the meter reports an error, EF is 't'"),
        (payload(READING, READING | {"EF": "t"}), "the meter reports an error, EF is 't' (reading 2)"),
        (payload(READING | {"RV": -1}), "the register is negative"),
        (payload(READING | {"RV": "12 kWh"}), "'12 kWh' is no number"),
        (payload(READING | {"RV": True}), "True is no number"),
        (payload(READING | {"RV": None}), "None is no number"),
        (payload(READING | {"RV": "1e99"}), "'1E+99' kWh is more than a register can hold"),
        (payload(READING | {"RV": 10**17}), "100000000000000000 is no number"),
        (payload(READING | {"RV": "9.3e15"}), "'9.3E+15' kWh is more than a register can hold"),
        (payload(READING | {"RI": "active"}), "'active' is no register"),
        (payload(READING | {"RI": None}), "None is no register"),
        (
            payload(READING, READING | {"RV": "0.9999"}),
            "register 1.8.0 goes backward, from 1000 to 999.9000 Wh (reading 2)",
        ),
        (
            payload(READING, READING | {"TM": "2026-03-01T07:59:59,000+0100 S"}),
            "the time of 1.8.0 goes backward (reading 2)",
        ),
        (payload(READING, {"TM": "2026-03-01T08:00:01,000+0100 S"}), "None is no number (reading 2)"),
    ],
)
def test_signed_but_it_cannot_be(data, reason):
    raw = ocmf(P256, data)
    assert verify(raw, key(P256)) == Verdict("ocmf", False, f"signed, but {reason}", Trust.A, raw, (), True, key(P256))


def test_signed_but_no_json():
    verdict = checked(b'{"PG":"T1","RD":{]}')
    assert (verdict.signature, verdict.valid) == (True, False)
    assert verdict.reason.startswith("signed, but its payload is not JSON: Expecting property name")


def test_the_future_begins_a_day_after_the_receipt():
    raw = ocmf(P256, payload(READING))
    day = 86_400
    assert verify(raw, key(P256), 1772348400 - day).valid
    assert verify(raw, key(P256), 1772348400 - day - 1).reason == "signed, but its time is 2026-03-01, in the future"


@pytest.mark.parametrize(
    ("fields", "sample"),
    [
        ({}, ("1.8.0", 1772348400, 1000, True)),
        ({"TM": "2026-03-01T08:00:00,999+0100 S"}, ("1.8.0", 1772348400, 1000, True)),
        ({"TM": "2026-03-01T07:00:00.000+00:00 S"}, ("1.8.0", 1772348400, 1000, True)),
        ({"TM": "2026-03-01T08:00:00,000+0100 I"}, ("1.8.0", 1772348400, 1000, False)),
        ({"TM": "2026-03-01T08:00:00,000+0100 R"}, ("1.8.0", 1772348400, 1000, False)),
        ({"TM": "2026-03-01T08:00:00,000+0100 U"}, ("1.8.0", 1772348400, 1000, False)),
        ({"RI": "1-b:2.8.0"}, ("2.8.0", 1772348400, 1000, True)),
        ({"RI": "01-00:01.08.00.FF"}, ("1.8.0", 1772348400, 1000, True)),
        ({"RI": "1-0:1.8.0*198"}, ("1.8.0*198", 1772348400, 1000, True)),
        ({"RI": "1-0:98.8.0.FF"}, ("98.8.0", 1772348400, 1000, True)),
        ({"RI": "1-b:1.8.e"}, ("1.8.0", 1772348400, 1000, True)),
        ({"RV": 7753, "RU": "Wh"}, ("1.8.0", 1772348400, 7753, True)),
        ({"RV": "       3.9889"}, ("1.8.0", 1772348400, 3988, True)),
        ({"RV": "00000000.000"}, ("1.8.0", 1772348400, 0, True)),
        ({"RV": 57.584}, ("1.8.0", 1772348400, 57584, True)),
    ],
)
def test_spellings_of_a_reading(fields, sample):
    register, time, wh, synchronised = sample
    expected = Sample("1WBK0000000017", register, time, wh, 17, synchronised, "T")
    assert checked(payload(READING | fields)).readings == (expected,)


def test_import_and_export_and_what_is_no_energy():
    rows = (
        READING,
        {"RV": 4.405, "RI": "1-0:2.8.0"},
        {"TM": "2026-03-01T09:00:00,000+0100 S", "RV": "3600", "RI": "1-0:0.8.6", "RU": "sec"},
        {"RV": 2, "RI": "1-0:1.8.0", "RU": "kWh"},
    )
    found = [(sample.register, sample.time, sample.wh) for sample in checked(payload(*rows)).readings]
    assert found == [("1.8.0", 1772348400, 1000), ("2.8.0", 1772348400, 4405), ("1.8.0", 1772352000, 2000)]


def test_no_energy_at_all():
    verdict = checked(payload(READING | {"RU": "sec"}))
    assert (verdict.valid, verdict.readings, verdict.note) == (True, (), "no register of energy in it")


def test_whose_meter_it_is():
    for fields, meter in (({"MS": ""}, "WB-1"), ({"MS": "", "GS": ""}, ""), ({"MS": None}, "WB-1")):
        assert checked(payload(READING, **fields)).readings[0].meter == meter


def test_the_fiscal_pagination_is_another_series():
    sample = checked(payload(READING, PG="F9")).readings[0]
    assert (sample.series, sample.sequence) == ("F", 9)


def test_a_name_that_stands_there_twice():
    data = payload(READING).replace(b'"RV": 1', b'"RV": 1, "RV": 2')
    assert checked(data).reason == "signed, but its payload is 'RV' stands there twice"


@pytest.mark.parametrize("digits", ["9" * 5000, "1e999999999", "0." + "1" * 5000])
def test_numbers_that_would_cost(digits):
    data = payload(READING).replace(b'"RV": 1', b'"RV": ' + digits.encode())
    verdict = checked(data)
    assert verdict.signature is True and verdict.reason.startswith("signed, but ")


def test_a_curve_that_meters_do_not_use_cannot_be_asked_for():
    assert {private(curve).curve.name for curve in Curve} == {str(curve) for curve in Curve}
