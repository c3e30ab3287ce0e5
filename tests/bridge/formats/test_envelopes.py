"""Records inside of what carries them: the stations' XML, and OCPP messages of both versions."""

import base64
import json

import pytest

from tests.bridge.formats.meters import container, der, key, ocmf, ocmf_payload, ocpp_16, ocpp_201, point
from wattbook.bridge.formats.recognise import verdicts
from wattbook.metering.keys import Curve

P256, K1 = Curve.SECP256R1, Curve.SECP256K1
OWN_KEY = "the key is the record's own; whether it is the meter's, only a registry can tell"
NOT_SIGNED = "the signature is not of this key over these bytes"
NO_KEY = "there is no key to check it with; give the meter's with --key"
RECORD = ocmf(P256)
HEX, STATION = RECORD.hex(), der(P256).hex()


def one(data, signer=None):
    [verdict] = verdicts(data, signer)
    assert verdict.format == "ocmf"
    return verdict


def test_a_container_of_two():
    first, second = verdicts(container((RECORD, STATION), (ocmf(K1), der(K1).hex())))
    assert (first.raw, first.valid, first.curve, first.note) == (RECORD, True, P256, OWN_KEY)
    assert (second.raw, second.valid, second.curve, second.note) == (ocmf(K1), True, K1, OWN_KEY)


def test_a_key_that_is_given_counts():
    data = container((RECORD, "no key at all"), (ocmf(K1), der(K1).hex()))
    found = verdicts(data, key(P256))
    assert [(verdict.valid, verdict.reason, verdict.note) for verdict in found] == [
        (True, "", ""),
        (False, NOT_SIGNED, ""),
    ]


@pytest.mark.parametrize("own", [None, "", "  \n"])
def test_a_container_without_a_key(own):
    assert one(container((RECORD, own))).reason == NO_KEY
    assert one(container((RECORD, own)), key(P256)).valid


@pytest.mark.parametrize(
    "text", [HEX, HEX.upper(), f"\n {HEX}\n", base64.b64encode(RECORD).decode(), f"\n{RECORD.decode()} "]
)
def test_spellings_in_a_container(text):
    assert one(container((text.encode(), STATION))).raw == RECORD


def test_spellings_of_a_container():
    record, own = RECORD.decode(), f"<publicKey>{STATION}</publicKey>"
    for data in (
        f"<value><signedData>{record}</signedData>{own}</value>",
        f"\n\ufeff<values ><value>{own}<signedData>{record}</signedData></value></values >".replace(
            "\n\ufeff", "\ufeff"
        ),
        f"<values xmlns='urn:x'><value><encodedData format='ocmf'>{HEX}</encodedData>{own}</value></values>",
    ):
        assert one(data.encode()).valid
    loose = f"<signedData>{record}</signedData>\n<signedData>{record}</signedData>\n\nPublic key:\n{STATION}\n"
    assert [verdict.valid for verdict in verdicts(loose.encode(), key(P256))] == [True, True]


def test_entities_are_read_before_the_signature():
    record = ocmf(P256, ocmf_payload(ID="<&>"))
    escaped = record.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    assert one(container((escaped, STATION))).raw == record


def bare(point_):
    return point_[1:].hex()


def test_a_bare_point_as_key():
    assert one(container((RECORD, bare(point(P256))))).valid
    assert one(container((ocmf(K1), bare(point(K1))))).curve == K1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<values/>", "the container holds no record"),
        (b"<values><value/></values>", "the value holds no signedData"),
        (b"<values><value><signedData/></value></values>", "the record is empty"),
        (b"<values><value><signedData> \n</signedData></value></values>", "the record is empty"),
        (
            b"<values><value><signedData>EDL</signedData></value></values>",
            "not an OCMF record, neither as it is nor in hex or base64",
        ),
        (
            b'<values><value><signedData format="ALFEN">OCMF|</signedData></value></values>',
            "its format is 'ALFEN'; only OCMF is read here",
        ),
        (
            container((RECORD, "3059")),
            "its publicKey cannot be used: the key is not in DER, or on a curve that is not supported",
        ),
        (container((RECORD, "${jndi:ldap://x}")), "its publicKey cannot be used: the key is neither hex nor base64"),
        (container((RECORD, STATION))[:-12], "not XML: unclosed token: line 3, column 786"),
    ],
)
def test_what_is_in_no_container(data, reason):
    verdict = one(data)
    assert (verdict.valid, verdict.signature, verdict.readings) == (False, None, ())
    assert verdict.reason == reason


@pytest.mark.parametrize("own", [STATION, ""])
def test_ocpp_201(own):
    data = ocpp_201(RECORD, own)
    verdict = one(data)
    assert verdict.raw == RECORD
    assert (verdict.valid, verdict.reason, verdict.note) == ((True, "", OWN_KEY) if own else (False, NO_KEY, ""))
    assert one(data, key(P256)).valid
    assert one(data, key(K1)).reason == NOT_SIGNED


def envelope(**fields):
    return json.dumps({"encodingMethod": "OCMF", "publicKey": STATION} | fields)


@pytest.mark.parametrize(
    "value",
    [
        RECORD.decode(),
        HEX,
        envelope(signedMeterValue=RECORD.decode()),
        envelope(signedMeterData=RECORD.decode()),
        envelope(signedMeterData=base64.b64encode(RECORD).decode()),
        envelope(signedMeterValue=HEX, encodingMethod="ocmf"),
    ],
)
def test_ocpp_16(value):
    verdict = one(ocpp_16(value), key(P256))
    assert (verdict.raw, verdict.valid, verdict.note) == (RECORD, True, "")
    assert one(ocpp_16(value)).note == (OWN_KEY if value.startswith("{") else "")


def test_all_values_of_a_message_in_its_sequence():
    second = ocmf(P256, ocmf_payload(PG="T18"))
    data = ocpp_16(RECORD.decode(), second.hex(), "tariff")
    assert [verdict.raw for verdict in verdicts(data)] == [RECORD, second, b"tariff"]
    assert [verdict.valid for verdict in verdicts(data, key(P256))] == [True, True, False]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "the record is empty"),
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("{}", "the envelope has neither signedMeterData nor signedMeterValue"),
        ('{"signedMeterData": 7}', "the envelope has neither signedMeterData nor signedMeterValue"),
        (envelope(signedMeterData=HEX, encodingMethod="EDL"), "its encodingMethod is 'EDL'; only OCMF is read here"),
        (
            envelope(signedMeterData=HEX, encodingMethod=["EDL"]),
            "its encodingMethod is ['EDL']; only OCMF is read here",
        ),
        (
            envelope(signedMeterData=HEX, publicKey=7),
            "its publicKey is 7, no text",
        ),
        (envelope(signedMeterData="OCMF|\ud800"), "the record is not UTF-8"),
        ("\ud800", "not an OCMF record, neither as it is nor in hex or base64"),
    ],
)
def test_what_is_no_signed_value(value, reason):
    verdict = one(ocpp_16(value))
    assert (verdict.valid, verdict.signature, verdict.readings) == (False, None, ())
    assert verdict.reason.startswith(reason)
