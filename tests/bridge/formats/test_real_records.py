"""The verdict on every record of a real meter that is handed out; whole, for what each file is known to be."""

from dataclasses import replace

import pytest

from tests.bridge.formats.real import dsmr_files, ocmf_files, real
from wattbook.bridge.formats.recognise import verdicts
from wattbook.bridge.formats.records import Sample, Trust
from wattbook.metering.keys import Curve, low_s

pytestmark = real

P256, K1 = Curve.SECP256R1, Curve.SECP256K1
NO_CHECKSUM = "no checksum: what the line garbled cannot be told"
NO_TIME = "no time of its own, and none of receipt"
NOT_SIGNED = "the signature is not of this key over these bytes"


def import_of(meter, *rows):
    return tuple(Sample(meter, "1.8.0", time, wh, page, False, "T") for time, wh, page in rows)


# File: curve, and for each record what it reads.
OCMF = {
    "OCMF_Test_Data_00.xml": (
        K1,
        import_of("1DZG0033016824", (1635236452, 9038, 198)),
        import_of("1DZG0033016824", (1635236482, 9038, 199)),
    ),
    "ocmf_sec.xml": (
        K1,
        import_of("1DZG0033016911", (1626795472, 3988, 6)),
        import_of("1DZG0033016911", (1626795491, 3988, 7)),
    ),
    "test_ocmf_ebee_01.xml": (
        P256,
        import_of("000033022620", (1629878464, 7753, 28)),
        import_of("000033022620", (1629878469, 7753, 29)),
    ),
    "test_ocmf_keba_kcp30.xml": (P256, import_of("17619300", (1565690595, 259, 32), (1565690616, 259, 32))),
    "VW_OCMF_load.xml": (
        P256,
        (
            *import_of("1211751603", (1633518836, 57584, 144)),
            Sample("1211751603", "2.8.0", 1633518836, 4405, 144, False, "T"),
            *import_of("1211751603", (1633518913, 58685, 144)),
            Sample("1211751603", "2.8.0", 1633518913, 4405, 144, False, "T"),
        ),
    ),
}


@pytest.mark.parametrize("file", ocmf_files(), ids=lambda file: file.name)
def test_ocmf(file):
    found = verdicts(file.read_bytes())
    if file.name.endswith("_fail.xml"):
        assert [(verdict.valid, verdict.signature, verdict.reason) for verdict in found] == [(False, False, NOT_SIGNED)]
        return
    curve, *records = OCMF[file.name]
    assert [verdict.readings for verdict in found] == records
    for verdict in found:
        assert (verdict.format, verdict.valid, verdict.reason, verdict.trust) == ("ocmf", True, "", Trust.A)
        assert (verdict.signature, verdict.curve) == (True, curve)


@pytest.mark.parametrize("file", ocmf_files(), ids=lambda file: file.name)
def test_the_key_that_is_given_decides(file):
    for verdict in verdicts(file.read_bytes()):
        if verdict.valid:
            again = verdicts(verdict.raw, verdict.key)
            assert again == (replace(verdict, note=""),)
            for other in ocmf_files():
                foreign = verdicts(other.read_bytes())[0].key
                assert verdicts(verdict.raw, foreign)[0].valid == (foreign == verdict.key)


def test_real_meters_write_high_s():
    """Which contracts refuse; made low, the signature is the same meter's."""
    high = 0
    for file in ocmf_files():
        for verdict in verdicts(file.read_bytes()):
            if not verdict.valid:
                continue
            signature = bytes.fromhex(verdict.raw.rsplit(b'"SD"', 1)[1].split(b'"')[1].decode())
            r, s = low_s(verdict.curve, signature)
            low = r.to_bytes(32, "big") + s.to_bytes(32, "big")
            high += not signature.endswith(low[32:])
            payload = verdict.raw[5:].rsplit(b"|", 1)[0]
            assert verdict.key.verify(payload, low)
    assert high > 0


DSMR = {
    "telegram_fluvius_v171.txt": ("3153414733313031303231363035", 1589284449, (34, 15758, 0, 11), ""),
    "telegram_v2_2.txt": ("00000000000000", None, (1001, 1001, 1001, 1001), f"{NO_CHECKSUM}; {NO_TIME}"),
    "telegram_v4_2.txt": ("3960221976967177082151037881335713", 1479067077, (1581123, 1435706, 0, 0), ""),
    "telegram_v5.txt": ("4B384547303034303436333935353037", 1483381202, (4426, 2399, 2444, 0), ""),
}


@pytest.mark.parametrize("file", dsmr_files(), ids=lambda file: file.name)
def test_dsmr(file):
    [verdict] = verdicts(file.read_bytes())
    meter, time, (used_1, used_2, given_1, given_2), note = DSMR[file.name]
    wh = {"1.8.0": used_1 + used_2, "1.8.1": used_1, "1.8.2": used_2}
    wh |= {"2.8.0": given_1 + given_2, "2.8.1": given_1, "2.8.2": given_2}
    assert verdict.readings == tuple(Sample(meter, register, time, value) for register, value in wh.items())
    assert (verdict.format, verdict.valid, verdict.reason, verdict.trust) == ("dsmr-p1", True, "", Trust.C)
    assert verdict.note == note


@pytest.mark.parametrize("file", dsmr_files(), ids=lambda file: file.name)
def test_each_changed_byte_of_a_real_telegram(file):
    raw = file.read_bytes()
    if b"0-0:1.0.0" in raw:
        for place in range(raw.index(b"!") + 1):
            assert not verdicts(raw[:place] + bytes([raw[place] ^ 0x11]) + raw[place + 1 :])[0].valid
