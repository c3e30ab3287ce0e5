"""DSMR: the checksum over exact bytes, the clock with its two hours in October, and the registers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bridge.formats.meters import TELEGRAM, reference_crc, telegram
from wattbook.bridge.formats.p1 import MAX_TELEGRAM, crc16, verify
from wattbook.bridge.formats.records import Sample, Trust, Verdict

METER, TIME = "57424B3030303137", 1772350930
NO_CHECKSUM = "no checksum: what the line garbled cannot be told"
NO_TIME = "no time of its own, and none of receipt"
ELECTRIC = (
    Sample(METER, "1.8.0", TIME, 1212445),
    Sample(METER, "1.8.1", TIME, 812345),
    Sample(METER, "1.8.2", TIME, 400100),
    Sample(METER, "2.8.0", TIME, 1500),
    Sample(METER, "2.8.1", TIME, 1500),
    Sample(METER, "2.8.2", TIME, 0),
)
HEAT = Sample("HEAT2", "24.2.1", 1772348400, 3_000_000)
UNDATED = ("/WBK5\\old", "", "1-0:1.8.1(00001.001*kWh)")


def changed(old, new):
    return telegram([line.replace(old, new) for line in TELEGRAM])


def refusal(raw, reason):
    return Verdict("dsmr-p1", False, reason, Trust.C, raw)


def test_a_good_telegram():
    raw = telegram()
    assert verify(raw) == Verdict("dsmr-p1", True, "", Trust.C, raw[:-1], (*ELECTRIC, HEAT))


@given(st.binary(max_size=300))
def test_the_checksum_is_what_its_definition_says(data):
    assert crc16(data) == reference_crc(data)


def test_the_check_value_of_the_catalogue():
    assert crc16(b"123456789") == 0xBB3D


@given(st.data())
def test_no_byte_can_be_changed(data):
    raw = bytearray(telegram())
    place = data.draw(st.integers(0, raw.index(b"!")))
    raw[place] ^= data.draw(st.integers(1, 255))
    verdict = verify(bytes(raw))
    assert not verdict.valid and verdict.reason and verdict.readings == ()


def test_each_single_bit_to_the_end_of_the_checksum():
    good = telegram()
    for place in range(good.index(b"!") + 5):
        for bit in range(8):
            raw = good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
            # A letter of the checksum can be large or small.
            assert verify(raw).valid == (raw.upper() == good.upper() and place > good.index(b"!"))


def test_every_end_is_missed():
    raw = telegram()
    for length in range(len(raw) - 2):
        assert not verify(raw[:length]).valid
    assert verify(raw[:-2]).valid


def test_the_checksum_in_fewer_digits():
    found = 0
    for number in range(3000):
        raw = telegram([*TELEGRAM, f"0-0:96.13.0({number:04})"])
        body, _, digits = raw.rstrip().rpartition(b"!")
        if digits.startswith(b"0"):
            found += 1
            assert verify(body + b"!" + digits.lstrip(b"0").lower() + b"\r\n").valid
    assert found > 50


def test_line_ends_that_were_changed():
    raw = telegram().replace(b"\r\n", b"\n")
    given, found = raw.strip()[-4:].decode(), reference_crc(raw[: raw.index(b"!") + 1])
    reason = f"the checksum is {given}, that of the bytes is {found:04X}; line ends were changed from CRLF to LF"
    assert verify(raw) == refusal(raw, reason)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the telegram has no beginning /"),
        (telegram()[1:], "the telegram has no beginning /"),
        (telegram()[:-8], "the telegram ends before its !, or what follows the ! is no checksum"),
        (telegram()[:-6] + b"12X4\r\n", "the telegram ends before its !, or what follows the ! is no checksum"),
        (telegram()[:-6] + b"12345\r\n", "the telegram ends before its !, or what follows the ! is no checksum"),
        (
            telegram(checksum=False),
            "the telegram has lost its checksum: it is of DSMR 4 or newer, which has one",
        ),
        (b"/ABC\r\n" + b"x" * MAX_TELEGRAM + b"\r\n!\r\n", "the telegram is longer than 65536 bytes"),
        (
            changed("260301084210W", "260230084210W"),
            "the time is '(260230084210W)', which no calendar has",
        ),
        (changed("260301084210W", "260301084210"), "the time is '(260301084210)', not YYMMDDhhmmss with S or W"),
        (changed("260301084210W", "700101010000W"), "its time is 1970-01-01"),
        (changed("260301084210W", "690101010000W"), "its time is 2069-01-01, in the future"),
        (telegram([*TELEGRAM, TELEGRAM[3]]), "the telegram has two times"),
        (telegram([*TELEGRAM, TELEGRAM[5]]), "register 1.8.1 stands there twice"),
        (changed("000812.345*kWh", "000812.345*kW"), "register 1.8.1 is '(000812.345*kW)', no energy"),
        (changed("000812.345*kWh", "-00812.345*kWh"), "register 1.8.1 is '(-00812.345*kWh)', no energy"),
        (changed("(000812.345*kWh)", "()"), "register 1.8.1 is '()', no energy"),
        (changed("57424B3030303137", "\x00"), "'\\x00' is no meter's identification"),
    ],
)
def test_what_is_no_telegram(raw, reason):
    assert verify(raw) == refusal(raw, reason)


@pytest.mark.parametrize(
    ("stamp", "time", "note"),
    [
        ("260301084210W", TIME, ""),
        ("260701084210S", 1782888130, ""),
        ("261025015959S", 1792886399, ""),
        ("261025020000S", 1792886400, ""),
        ("261025025959S", 1792889999, ""),
        ("261025020000W", 1792890000, ""),
        ("261025025959W", 1792893599, ""),
        ("260329015959W", 1774745999, ""),
        ("260329030000S", 1774746000, ""),
        ("230202132747S", 1675337267, "its clock says summer time in winter, or winter time in summer"),
        ("260701084210W", 1782891730, "its clock says summer time in winter, or winter time in summer"),
    ],
)
def test_the_clock(stamp, time, note):
    verdict = verify(changed("260301084210W", stamp), received=1_800_000_000)
    assert (verdict.valid, verdict.note) == (True, note)
    assert {(sample.time, sample.synchronised) for sample in verdict.readings[:6]} == {(time, not note)}


def test_a_telegram_without_time_has_that_of_its_receipt():
    raw = telegram(UNDATED, checksum=False)
    readings = tuple(Sample("", register, 1772350000, 1001) for register in ("1.8.0", "1.8.1"))
    assert verify(raw, received=1772350000) == Verdict(
        "dsmr-p1", True, "", Trust.C, raw[:-1], readings, note=NO_CHECKSUM
    )
    assert verify(raw).note == f"{NO_CHECKSUM}; {NO_TIME}"
    assert {sample.time for sample in verify(raw).readings} == {None}


def test_one_without_time_may_have_a_checksum():
    assert verify(telegram(UNDATED), received=1772350000).note == ""


@pytest.mark.parametrize(
    ("line", "registers"),
    [
        ("1-0:1.8.0*255(00052185.7825309*kWh)", {"1.8.0": 52185782}),
        ("1.8.0(00052185.7*kWh)", {"1.8.0": 52185700}),
        ("1-0:1.8.0(006545766*Wh)", {"1.8.0": 6545766}),
        ("1-0:2.8.0(00012.5*MWh)", {"2.8.0": 12500000}),
        ("1-0:15.8.0(000800.817*kWh)", {}),
        ("1-0:3.8.0(000000747*varh)", {}),
        ("1-0:1.8.0*01(000001.000*kWh)", {}),
        ("0-0:98.1.0(1)(1-0:1.6.0)(200501000000S)(03.695*kW)", {}),
        ("", {}),
        ("no line of a meter", {}),
    ],
)
def test_registers(line, registers):
    verdict = verify(telegram(["/WBK5\\x", "", line]), received=1772350000)
    assert verdict.valid
    assert {sample.register: sample.wh for sample in verdict.readings} == registers
    assert verdict.note == ("" if registers else "no register of energy in it")


def test_a_total_of_its_own_is_kept():
    lines = [*TELEGRAM[:5], "1-0:1.8.0(000010.000*kWh)", "1-0:1.8.1(000004.000*kWh)", "1-0:1.8.2(000006.000*kWh)"]
    assert [sample.wh for sample in verify(telegram(lines)).readings] == [10000, 4000, 6000]


def test_totals_are_rounded_once():
    lines = [*TELEGRAM[:5], "1-0:1.8.1(000000.0006*kWh)", "1-0:1.8.2(000000.0006*kWh)"]
    assert [sample.wh for sample in verify(telegram(lines)).readings] == [1, 0, 0]


@pytest.mark.parametrize("code", ["0-0:96.1.1", "0-0:96.1.0", "0-0:42.0.0", "0-0:96.1.255*255", "1-0:0.0.0*255"])
def test_where_meters_put_their_identification(code):
    raw = telegram(["/WBK5\\x", "", "0-0:96.1.1()", f"{code}(1ESY13)", "1-0:1.8.0(000001.000*kWh)"])
    meter = "" if code == "0-0:96.1.1" else "1ESY13"
    assert [sample.meter for sample in verify(raw, received=1772350000).readings] == [meter]


@pytest.mark.parametrize(
    ("line", "wh"),
    [
        ("0-2:24.2.1(260301080000W)(240.860*GJ)", 66905555),
        ("0-2:24.2.1(260301080000W)(000.001*MJ)", 0),
        ("0-2:24.2.1(260301080000W)(001.5*kWh)", 1500),
        ("0-2:24.2.1(700101010000W)(00000000)", None),
        ("0-2:24.2.1(700101010000W)(001.5*kWh)", None),
        ("0-2:24.2.1(632525252525W)(001.5*kWh)", None),
        ("0-2:24.2.3(260301080000W)(00112.384*m3)", None),
        ("0-2:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)", None),
    ],
)
def test_meters_on_m_bus(line, wh):
    lines = [*TELEGRAM[:6], "0-2:96.1.0(HEAT2)", line]
    found = [sample for sample in verify(telegram(lines)).readings if sample.register.startswith("24.")]
    assert found == ([] if wh is None else [Sample("HEAT2", "24.2.1", 1772348400, wh)])


def test_what_follows_a_telegram_is_not_of_it():
    raw = telegram(UNDATED, checksum=False)
    assert verify(raw + b"  25803103\r\n\xff\xff\xff").raw == raw[:-1]


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fall_over(data):
    assert verify(data).format == "dsmr-p1"
    assert verify(b"/ABC5\r\n" + data + b"\r\n!\r\n").format == "dsmr-p1"
