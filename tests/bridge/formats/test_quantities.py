"""Energies, registers and times in all their spellings."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.bridge.formats.quantities import identification, iso_time, number, obis, possible, watt_hours
from wattbook.bridge.formats.records import RecordError


@pytest.mark.parametrize(
    ("code", "register"),
    [
        ("1.8.0", "1.8.0"),
        ("1-b:1.8.0", "1.8.0"),
        ("1-0:1.8.0*255", "1.8.0"),
        ("1-0:1.8.0.255", "1.8.0"),
        ("01-00:01.08.00.FF", "1.8.0"),
        ("01-00:01.08.00*ff", "1.8.0"),
        ("1-b:1.8.e", "1.8.0"),
        (" 1-0:2.8.0 ", "2.8.0"),
        ("1-0:1.8.1", "1.8.1"),
        ("1-0:98.8.0.FF", "98.8.0"),
        ("1-0:1.8.0*198", "1.8.0*198"),
        ("6-0:1.0.0", "6-0:1.0.0"),
        ("0-b:96.1.0", "0-0:96.1.0"),
    ],
)
def test_registers(code, register):
    assert obis(code) == register


@pytest.mark.parametrize(
    "code", ["", "1.8", "1.8.0.0.0", "a-b:1.8.0", "1-0:1.8.0*", "1-0:1.8.x", "\u0661.8.0", None, 180]
)
def test_what_is_no_register(code):
    with pytest.raises(RecordError, match=r"is no register$"):
        obis(code)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01T08:00:00+01:00", 1772348400),
        ("2026-03-01T08:00:00,999+0100", 1772348400),
        ("2026-03-01T07:00:00Z", 1772348400),
        ("1969-12-31T23:59:59.5Z", -1),
    ],
)
def test_times(text, time):
    assert iso_time(text) == time


@pytest.mark.parametrize("text", ["", "noon", "2026-03-01T25:00:00Z", "2026-03-01T08:00:00+99:00"])
def test_what_is_no_time(text):
    with pytest.raises(RecordError, match=r"is no time$"):
        iso_time(text)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (iso_time("0001-01-01T00:00:00+23:59"), "its time is second -62135683140"),
        (946_684_799, "its time is 1999-12-31"),
        (946_684_800, ""),
        (2_000_086_400, ""),
        (2_000_086_401, "its time is 2033-05-19, in the future"),
    ],
)
def test_times_that_can_be(time, reason):
    if not reason:
        assert possible(time, 2_000_000_000) == time
        return
    with pytest.raises(RecordError) as error:
        possible(time, 2_000_000_000)
    assert str(error.value) == reason


@given(st.integers(0, 10**12), st.sampled_from([("Wh", 1), ("kWh", 10**3), ("MWh", 10**6)]))
def test_energies_are_exact(wh, unit):
    name, size = unit
    assert watt_hours(number(str(Decimal(wh) / size)), name) == wh


def test_what_a_register_cannot_hold():
    assert watt_hours(Decimal(2**63 - 1), "Wh") == 2**63 - 1
    with pytest.raises(RecordError, match=r"more than a register can hold$"):
        watt_hours(Decimal(2**63), "Wh")
    with pytest.raises(RecordError, match=r"^the register is negative$"):
        watt_hours(Decimal("-0.001"), "kWh")
    with pytest.raises(RecordError, match=r"^'kW' is no unit of energy$"):
        watt_hours(Decimal(1), "kW")


@pytest.mark.parametrize(
    "value", ["", " ", "1,5", "0x1", "NaN", "Infinity", "1_000", "\u0661", None, [], {}, True, "1" * 19]
)
def test_what_is_no_number(value):
    with pytest.raises(RecordError, match=r"is no number$"):
        number(value)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a\nb", "x" * 257])
def test_what_no_meter_calls_itself(text):
    with pytest.raises(RecordError, match=r"is no meter's identification$"):
        identification(text)
    assert identification("") == ""
