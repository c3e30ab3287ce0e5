"""Amounts are exact or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook import format_pt, kwh, price, pt
from wattbook.errors import UnitError
from wattbook.units import centi_m2, format_m3, litres


def test_amounts_in_their_smallest_units():
    assert pt("12.5") == 12_500_000
    assert pt(3) == 3_000_000
    assert pt("-0.000001") == -1
    assert kwh("0.001") == 1
    assert kwh(Decimal("7.25")) == 7_250
    assert price("0.43") == 430
    assert litres("1.234") == 1_234
    assert centi_m2("850.5") == 85_050
    assert format_m3(1_234_500) == "1,234.500 m3"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0.0000001", "0.0000001 PT is finer than 1 uPT"),
        ("ten", "'ten' is not an amount of PT"),
        ("NaN", "'NaN' is not an amount of PT"),
        ("inf", "'inf' is not an amount of PT"),
        (0.1, "0.1 is not an exact amount; write it as a string or an int"),
        (True, "True is not an exact amount; write it as a string or an int"),
    ],
)
def test_what_is_not_exact_is_refused(value, message):
    with pytest.raises(UnitError) as caught:
        pt(value)
    assert str(caught.value) == message


@given(st.integers(-(2**127), 2**127))
def test_what_is_shown_reads_back(upt):
    assert pt(format_pt(upt).removesuffix(" PT").replace(",", "")) == upt


def test_how_money_is_shown():
    assert format_pt(1_234_500_000) == "1,234.50 PT"
    assert format_pt(-1) == "-0.000001 PT"
    assert format_pt(0) == "0.00 PT"


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (litres, "0.0001", "0.0001 m3 is finer than 1 litre"),
        (centi_m2, "0.001", "0.001 m2 is finer than 1 dm2"),
        (centi_m2, "wide", "'wide' is not an amount of m2"),
    ],
)
def test_volumes_and_areas_are_exact_too(parse, value, message):
    with pytest.raises(UnitError) as caught:
        parse(value)
    assert str(caught.value) == message
