"""Formats are told from the bytes; whatever comes, there is a verdict, and it comes soon."""

import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bridge.formats.meters import (
    SAMPLES,
    TABLE,
    container,
    der,
    green_button,
    key,
    ocmf,
    ocmf_payload,
    ocpp_16,
    ocpp_201,
    own,
    samples,
    telegram,
)
from wattbook.bridge.formats import recognise
from wattbook.bridge.formats.recognise import MAX_FILE, MAX_RECORDS, verdicts
from wattbook.bridge.formats.records import Verdict
from wattbook.metering.keys import Curve

P256, K1 = Curve.SECP256R1, Curve.SECP256K1
KEY = key(P256)
BOMB = b"""<?xml version="1.0"?><!DOCTYPE values [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><values><value><signedData>&c;</signedData></value></values>"""
FETCHES = b"""<!DOCTYPE values [<!ENTITY x SYSTEM "file:///etc/hostname">]><values>&x;</values>"""
NO_TYPES = "XML with a document type, which is not read: it could hold a bomb"


def unknown(data, reason):
    return (Verdict(None, False, reason, None, data),)


@pytest.mark.parametrize("name", samples())
def test_the_committed_samples_are_what_our_meters_write(name):
    assert (SAMPLES / name).read_bytes() == samples()[name]
    assert {file.name for file in SAMPLES.iterdir()} == set(samples())


@pytest.mark.parametrize("name", samples())
def test_each_sample_is_good(name):
    curve = next((curve for curve in Curve if name == f"ocmf_{curve}.txt"), P256)
    needs_key = name.startswith("ocmf_") or name == "ocpp_16.json"
    found = verdicts(samples()[name], key(curve) if needs_key else None)
    assert all(verdict.valid for verdict in found)
    assert {verdict.format for verdict in found} == {
        {"c": "ocmf", "o": "ocmf", "t": "dsmr-p1", "g": "green-button", "r": "csv"}[name[0]]
        if not name.startswith("own")
        else "wattbook"
    }


@pytest.mark.parametrize("around", [b"%b", b"\n\n  %b\n\n", b"\xef\xbb\xbf%b"])
def test_marks_and_spaces_around(around):
    for data in (ocmf(P256), container((ocmf(P256), None)), telegram(), own(P256), TABLE, green_button()):
        assert [verdict.valid for verdict in verdicts(around % data, KEY)] == [True]


def test_several_records_in_one_file():
    records = [ocmf(P256, ocmf_payload(PG=f"T{page}")) for page in (17, 18, 19)]
    assert [verdict.raw for verdict in verdicts(b"\n".join(records), KEY)] == records
    broken = records[1].replace(b"812", b"813")
    found = verdicts(b"\r\n\r\n".join([records[0], broken, records[2]]), KEY)
    assert [verdict.valid for verdict in found] == [True, False, True]


def test_several_telegrams_in_one_file():
    good, bad = telegram(), telegram().replace(b"812", b"813")
    found = verdicts(good[40:] + good + bad + good)
    assert [verdict.valid for verdict in found] == [False, True, False, True]
    assert found[0].reason == "the telegram has no beginning /"


@pytest.mark.parametrize(
    "join", [b"\n".join, lambda rows: b"[" + b", ".join(rows) + b"]", lambda rows: b"[]" + b"".join(rows)]
)
def test_several_readings_in_one_file(join):
    rows = [own(P256), own(K1), own(P256, register=1)]
    found = verdicts(join(rows))
    assert [(verdict.raw, verdict.valid) for verdict in found] == list(zip(rows, [True, True, False], strict=True))


def test_what_breaks_off_does_not_take_the_rest_with_it():
    good, broken = verdicts(own(P256) + b"\n" + own(P256)[:-2])
    assert good.valid
    assert (broken.format, broken.valid, broken.reason[:9]) == ("wattbook", False, "not JSON:")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "there is nothing in it"),
        (b" \r\n\t", "there is nothing in it"),
        (b"\xef\xbb\xbf", "there is nothing in it"),
        (b"hello", "not a record of a format that is known here"),
        (bytes(range(256)), "not a record of a format that is known here"),
        (b"<html></html>", "XML of 'html', which is no record that is known here"),
        (b"<", "not XML: unclosed token: line 1, column 0"),
        (b"<a" + b"<" * 9, "not XML: not well-formed (invalid token): line 1, column 2"),
        (b'<?xml version="1.0" encoding="x-none"?><values/>', "XML that cannot be read: unknown encoding: x-none"),
        (b"{}", "JSON with no reading and no signed meter value in it"),
        (b'[1, "a", null]', "JSON with no reading and no signed meter value in it"),
        (b"{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b'{"a": NaN}', "not JSON: NaN"),
        (b'{"a": 1, "a": 2}', "'a' stands there twice"),
        (b'{"a": "\xff"}', "JSON that is not UTF-8"),
        (b"[" * 100_000, "not JSON that is read here: nested more than 64 deep"),
        (b'{"a":' * 100_000, "not JSON that is read here: nested more than 64 deep"),
        (b"[" + b"{}," * 200_000 + b"{}]", "JSON with more than 200000 objects is not read"),
        (b"<a>" * 1_000_001, "XML with more than 1000000 tags is not read"),
        (b"[" + b"9" * 5000 + b"]", None),
    ],
)
def test_what_is_no_record(data, reason):
    [verdict] = verdicts(data)
    if reason is None:
        assert verdict.format is None and verdict.reason.startswith("not JSON: Exceeds the limit")
    elif reason.startswith("XML that"):
        assert (verdict.format, verdict.reason) == ("ocmf", reason)
    else:
        assert (verdict,) in (unknown(data, reason), unknown(data.strip(), reason))


@pytest.mark.parametrize("data", [BOMB, FETCHES])
def test_document_types_are_not_read(data):
    [verdict] = verdicts(data)
    assert (verdict.format, verdict.valid, verdict.reason) == ("ocmf", False, NO_TYPES)
    feed = data.replace(b"values", b"feed").replace(b"signedData", b"a") + b"<!-- http://naesb.org/espi -->"
    assert verdicts(feed)[0].format == "green-button"
    assert verdicts(feed)[0].reason == NO_TYPES


@pytest.mark.parametrize("spelled", [ocmf(P256).hex().encode(), ocmf(P256).hex().upper().encode()])
def test_a_packed_record(spelled):
    assert verdicts(spelled, KEY)[0].raw == ocmf(P256)
    assert verdicts(spelled[:-1], KEY)[0].reason == "not an OCMF record, neither as it is nor in hex or base64"
    assert verdicts(spelled + b"\xff", KEY)[0].reason == "not an OCMF record, neither as it is nor in hex or base64"


def test_json_that_cannot_be_parsed_tells_what_it_was_meant_to_be():
    assert verdicts(ocpp_201(ocmf(P256))[:-9])[0].format == "ocmf"
    assert verdicts(ocpp_16("")[:-9])[0].format is None


def test_a_file_that_is_too_large():
    reason = f"more than {MAX_FILE} bytes are not read"
    assert verdicts(bytes(MAX_FILE + 1)) == (Verdict(None, False, reason, None, b""),)


def test_a_file_with_too_many_records(monkeypatch):
    monkeypatch.setattr(recognise, "MAX_RECORDS", 3)
    found = verdicts(b"OCMF|\n" * 5)
    assert len(found) == 4
    assert found[-1].reason == "more than 3 records are not read"


@pytest.mark.parametrize(
    "data",
    [
        b"OCMF|\n" * (MAX_RECORDS + 5),
        b"OCMF|" + b'"' * 250_000,
        b"OCMF|" + b'{"a":"' + b"\\" * 250_000,
        b"OCMF|{" + b'"a":1,' * 150_000,
        b"{" + b'"a":1,' * 100 + b'"' + b"a" * (MAX_FILE // 2),
        b"[" + b"{}," * 250_000 + b"{}]",
        b"{}\n" * 120_000,
        b"/ABC5\n" * 120_000,
        b"/ABC5\n" + b"(" * 60_000,
        b"/ABC5\r\n" + b"1-0:1.8.0(1*kWh)\r\n" * 3000 + b"!\r\n",
        b"meter,register,time,wh\n" + b"\n" * 1_000_000,
        b"meter,register,time,wh\n" + b"x\n" * 250_000,
        b"meter,register,time,wh" + b",x" * 250_000,
        b"<values>" + b"<value/>" * 250_000 + b"</values>",
        b"<a>" * 120_000,
        b"<a>" * 120_000 + b"</a>" * 120_000,
        b"4f434d467c" + b"00" * 1_000_000,
        b"\n" * 2_000_000 + b"x",
    ],
    ids=range(18),
)
def test_nothing_takes_long(data):
    begin = time.monotonic()
    assert not any(verdict.valid for verdict in verdicts(data, KEY))
    assert time.monotonic() - begin < 10


def test_depth_is_bounded_whatever_the_interpreter_allows():
    """Libraries raise the limit of recursion; then the parser's own check is gone."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**7)
    try:
        deep = b'{"a":' * 65 + b"1" + b"}" * 65
        assert verdicts(deep)[0].reason == "not JSON that is read here: nested more than 64 deep"
        assert verdicts(deep[5:-1])[0].reason == "JSON with no reading and no signed meter value in it"
        assert (
            verdicts(b'{"a": "' + b"[" * 9999 + b'"}')[0].reason
            == "JSON with no reading and no signed meter value in it"
        )
    finally:
        sys.setrecursionlimit(limit)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"OCMF|", b"<", b"{", b"[", b"/ABC5\r\n", b"meter,register,time,wh\n"]),
)
def test_no_bytes_make_it_fall_over(data, begin):
    assert not any(verdict.valid and verdict.signature for verdict in verdicts(begin + data, KEY))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "prevHash",
                    "signature",
                    "signedMeterData",
                    "signedMeterValue",
                    "format",
                    "value",
                    "publicKey",
                    "meter",
                ]
            ),
            inner | st.sampled_from(["SignedData", "OCMF|{}|{}"]),
            max_size=4,
        )
    ),
    max_leaves=9,
)


@given(JSON_VALUES)
def test_no_json_makes_it_fall_over(value):
    assert not any(verdict.valid for verdict in verdicts(json.dumps(value).encode(), KEY))


@given(st.data())
def test_no_change_of_a_sample_passes_unnoticed(data):
    """A sample with one byte changed is refused, or is the same in everything that was signed."""
    name = data.draw(st.sampled_from([name for name in samples() if not name.endswith((".csv", "button.xml", ".txt"))]))
    good = samples()[name]
    changed = bytearray(good)
    changed[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    signed = {(verdict.key, verdict.readings) for verdict in verdicts(good) if verdict.valid}
    signed |= {(KEY, verdict.readings) for verdict in verdicts(good, KEY) if verdict.valid}
    for verdict in verdicts(bytes(changed)):
        assert not verdict.valid or (verdict.key, verdict.readings) in signed
    assert der(P256) and verdicts(bytes(changed))
