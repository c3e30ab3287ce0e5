"""Other people's readers of the same formats, over our records, over changed ones, and over real ones."""

import warnings
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dsmr_parser import telegram_specifications
from dsmr_parser.exceptions import InvalidChecksumError, ParseError
from dsmr_parser.parsers import TelegramParser
from hypothesis import given
from hypothesis import strategies as st
from pyocmf import OCMF, PyOCMFError

from tests.bridge.formats.meters import ORDERS, der, key, ocmf, ocmf_payload, other_s, signed, telegram
from tests.bridge.formats.real import dsmr_files, ocmf_files, real
from wattbook.bridge.formats import ocmf as ours
from wattbook.bridge.formats import p1
from wattbook.bridge.formats.recognise import verdicts
from wattbook.metering.keys import Curve

# It reads no keys on brainpoolP384r1.
CURVES = [curve for curve in Curve if curve != Curve.BRAINPOOLP384R1]
TOTALS = {
    "1.8.1": "ELECTRICITY_USED_TARIFF_1",
    "1.8.2": "ELECTRICITY_USED_TARIFF_2",
    "2.8.1": "ELECTRICITY_DELIVERED_TARIFF_1",
    "2.8.2": "ELECTRICITY_DELIVERED_TARIFF_2",
}


def by_pyocmf(raw, public):
    """Whether pyocmf finds it signed; None when it cannot read it at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            record = OCMF.from_string(raw.decode())
        except (PyOCMFError, ValueError):
            return None
        try:
            return record.verify_signature(public.hex())
        except PyOCMFError:
            return False


def record(curve, payload, signature):
    return ocmf(curve, payload, SD=signature.hex())


def changed(data, value):
    whole = bytearray(value)
    for _ in range(data.draw(st.integers(0, 1))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    return bytes(whole)


@pytest.mark.parametrize("curve", CURVES)
def test_pyocmf_agrees_on_good_records(curve):
    raw = record(curve, ocmf_payload(), signed(curve, ocmf_payload()))
    assert by_pyocmf(raw, der(curve)) is True
    assert ours.verify(raw, key(curve)).signature is True


@pytest.mark.parametrize("curve", list(ORDERS))
def test_pyocmf_agrees_on_the_other_s(curve):
    raw = record(curve, ocmf_payload(), other_s(curve, signed(curve, ocmf_payload())))
    assert by_pyocmf(raw, der(curve)) is True
    assert ours.verify(raw, key(curve)).signature is True


@given(st.data())
def test_pyocmf_agrees_on_changed_records(data):
    curve = data.draw(st.sampled_from(CURVES))
    raw = record(curve, ocmf_payload(), changed(data, signed(curve, ocmf_payload())))
    raw = raw[:5] + changed(data, raw[5 : 5 + len(ocmf_payload())]) + raw[5 + len(ocmf_payload()) :]
    signer = data.draw(st.sampled_from([curve, curve, curve, *CURVES]))
    try:
        found = by_pyocmf(raw, der(signer))
    except UnicodeDecodeError:
        found = None
    verdict = ours.verify(raw, key(signer))
    if found is not None:
        assert bool(verdict.signature) == found
    assert verdict.valid == (verdict.signature is True and verdict.reason == "")


@real
@pytest.mark.parametrize("file", ocmf_files(), ids=lambda file: file.name)
def test_pyocmf_agrees_on_real_records(file):
    for verdict in verdicts(file.read_bytes()):
        assert by_pyocmf(verdict.raw, spki(verdict.key)) == verdict.signature
        raw = verdict.raw.replace(b"RV", b"RX", 1)
        assert by_pyocmf(raw, spki(verdict.key)) in (None, False)
        assert ours.verify(raw, verdict.key).signature is False


def spki(found):
    group = {Curve.SECP256K1: ec.SECP256K1(), Curve.SECP256R1: ec.SECP256R1()}[found.curve]
    public = ec.EllipticCurvePublicNumbers(found.x, found.y, group).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def by_dsmr_parser(raw, version):
    """Its telegram; None when it refuses the checksum."""
    try:
        return TelegramParser(getattr(telegram_specifications, version)).parse(raw.decode("latin-1"))
    except (InvalidChecksumError, ParseError):
        return None


def check_values(raw, found, received=None):
    samples = {sample.register: sample for sample in p1.verify(raw, received).readings}
    for register, name in TOTALS.items():
        assert samples[register].wh == int(Decimal(getattr(found, name).value) * 1000)
    if received is None:
        assert samples["1.8.0"].time == int(found.P1_MESSAGE_TIMESTAMP.value.timestamp())


def test_dsmr_parser_agrees_on_a_good_telegram():
    check_values(telegram(), by_dsmr_parser(telegram(), "V5"))


@given(st.data())
def test_dsmr_parser_agrees_on_changed_telegrams(data):
    raw = changed(data, telegram()[:-6]) + telegram()[-6:]
    found = by_dsmr_parser(raw, "V5")
    assert p1.verify(raw).valid == (found is not None)
    if found is not None:
        check_values(raw, found)


@given(
    st.sampled_from(
        [f"26{month:02}{day:02}{hour:02}3000" for month in (1, 3, 7, 10) for day in (25, 29) for hour in range(24)]
    )
)
def test_dsmr_parser_agrees_on_the_clock(stamp):
    for season in "SW":
        raw = telegram(["/ABC5", "", f"0-0:1.0.0({stamp}{season})", "1-0:1.8.1(000001.000*kWh)"])
        verdict = p1.verify(raw, received=1_800_000_000)
        # It takes the season from the calendar where the flag contradicts it.
        if not verdict.note:
            found = by_dsmr_parser(raw, "V5").P1_MESSAGE_TIMESTAMP.value
            assert verdict.readings[0].time == int(found.timestamp())


@real
@pytest.mark.parametrize("file", dsmr_files(), ids=lambda file: file.name)
def test_dsmr_parser_agrees_on_real_telegrams(file):
    raw = file.read_bytes()
    version = {"fluvius_v171": "BELGIUM_FLUVIUS", "v2_2": "V2_2", "v4_2": "V4", "v5": "V5"}[
        file.stem.removeprefix("telegram_")
    ]
    check_values(raw, by_dsmr_parser(raw, version), 1772350000 if version == "V2_2" else None)
    if version != "V2_2":
        bad = raw.replace(b"1-0:1.8.1(0", b"1-0:1.8.1(1")
        assert by_dsmr_parser(bad, version) is None
        assert not p1.verify(bad).valid
