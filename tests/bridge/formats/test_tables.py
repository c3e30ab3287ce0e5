"""CSV: the four columns, and for each line that is wrong what is wrong with it."""

import pytest

from tests.bridge.formats.meters import TABLE
from wattbook.bridge.formats.recognise import verdicts
from wattbook.bridge.formats.records import Sample, Trust, Verdict
from wattbook.bridge.formats.tables import is_table, verify

TIME = 1772348400


def table(*lines, head="meter,register,time,wh"):
    return "\n".join([head, *lines]).encode()


def refusal(raw, reason):
    return Verdict("csv", False, reason, Trust.D, raw)


def test_a_good_table():
    readings = (
        Sample("roof-3", "2.8.0", TIME, 812345),
        Sample("roof-3", "2.8.0", TIME + 900, 813001),
        Sample("roof-3", "1.8.0", TIME, 17),
    )
    assert verify(TABLE) == Verdict("csv", True, "", Trust.D, TABLE, readings)


@pytest.mark.parametrize(
    "raw",
    [
        table("7,m,1.8.0,1772348400", head="wh,meter,register,time"),
        table("m , 1.8.0 , 1772348400 , 7", head=" Meter , Register , Time , WH "),
        table('"m","1.8.0","1772348400","7"', head='"meter","register","time","wh"'),
        table("m,1.8.0,1772348400,7").replace(b"\n", b"\r\n"),
        table("", "m,1.8.0,1772348400,7", "", ""),
        table("m,1-0:1.8.0*255,2026-03-01T07:00:00Z,7"),
        table("m,01-00:01.08.00.FF,2026-03-01T08:00+01:00,007"),
    ],
)
def test_spellings(raw):
    assert is_table(raw)
    assert verdicts(raw)[0].readings == verify(raw).readings
    assert verify(raw).readings == (Sample("m", "1.8.0", TIME, 7),)


def test_a_meter_that_looks_like_a_telegram():
    assert [sample.meter for sample in verdicts(table("/ABC5,1.8.0,1772348400,7"))[0].readings] == ["/ABC5"]


@pytest.mark.parametrize("head", ["", "meter;register;time;wh", "a,b,c", "{", "meter,wh"])
def test_what_is_no_table(head):
    assert not is_table(table("m,1.8.0,1772348400,7", head=head))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (table(), "the table has no lines"),
        (
            table(head="meter,register,wh"),
            "the columns are 'meter, register, wh'; they should be meter, register, time, wh",
        ),
        (
            table(head="meter,register,time,wh,wh"),
            "the columns are 'meter, register, time, wh, wh'; they should be meter, register, time, wh",
        ),
        (table("m,1.8.0,1772348400"), "line 2: 3 fields where 4 belong"),
        (table(",1.8.0,1772348400,7"), "line 2: no meter is named"),
        (table("m,energy,1772348400,7"), "line 2: 'energy' is no register"),
        (table("m,1.8.0,1772348400,7.5"), "line 2: wh is '7.5', no whole number"),
        (table("m,1.8.0,1772348400,-7"), "line 2: wh is '-7', no whole number"),
        (table("m,1.8.0,1772348400,\u0667"), "line 2: wh is '\u0667', no whole number"),
        (table("m,1.8.0,1772348400," + "9" * 400), f"line 2: wh is '{'9' * 39}..., no whole number"),
        (table("m,1.8.0,1772348400,9223372036854775808"), "line 2: wh is '9223372036854775808', no whole number"),
        (table("m,1.8.0,noon,7"), "line 2: 'noon' is no time"),
        (
            table("m,1.8.0,2026-03-01T08:00:00,7"),
            "line 2: the time '2026-03-01T08:00:00' does not say how far from UTC it is",
        ),
        (table("m,1.8.0,0,7"), "line 2: its time is 1970-01-01"),
        (table("m,1.8.0,99999999999,7"), "line 2: its time is 5138-11-16, in the future"),
        (
            table("m,1.8.0,1772348400,7", "m,1.8.0,1772348400,7"),
            "line 3: the time is not after that of the line before of register 1.8.0",
        ),
        (
            table("m,1.8.0,1772348400,7", "n,1.8.0,1772348400,0", "m,1.8.0,1772348401,6"),
            "line 4: register 1.8.0 goes backward, from 7 to 6 Wh",
        ),
        (
            table(*["m,1.8.0,noon,7"] * 8),
            "; ".join(f"line {line}: 'noon' is no time" for line in range(2, 7)) + "; and 3 lines more",
        ),
        (table('m,1.8.0,1772348400,"7'), "not CSV: unexpected end of data"),
        (table("m" * 200_000 + ",1.8.0,1772348400,7"), "not CSV: field larger than field limit (131072)"),
        (table("\u00e9,1.8.0,1772348400,7").replace(b"\xc3\xa9", b"\xe9"), "the table is not UTF-8"),
    ],
)
def test_each_line_that_is_wrong(raw, reason):
    assert verify(raw) == refusal(raw, reason)
