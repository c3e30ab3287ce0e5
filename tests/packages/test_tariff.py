"""A tariff is read exactly, or refused in one line that says where it is wrong."""

from copy import deepcopy

import pytest

from wattbook.packages.fields import PackageError
from wattbook.packages.steps import Mode
from wattbook.packages.tariff import CARRIERS, parse_tariff

GONE = object()


def changed(stated, path, value):
    """The tariff with another value at a place, or without it."""
    found = inner = deepcopy(stated)
    *parents, last = path.split(".")
    for name in parents:
        inner = inner[int(name) if isinstance(inner, list) else name]
    if value is GONE:
        del inner[last]
    else:
        inner[int(last) if isinstance(inner, list) else last] = value
    return found


def test_the_whole_of_it(tariff):
    assert tariff.carriers == CARRIERS
    assert tariff.bundle_bps == {1: 0, 2: 100, 3: 200, 4: 300}
    assert (tariff.cancel_fee_bps, tariff.cooling_off_seconds) == (200, 86_400)
    assert tariff.capacity_w == {
        "electricity": 6_698_000,
        "cooling": 16_360_000,
        "heating": 11_704_000,
        "hotwater": 3_500_000,
    }
    assert [tariff.seasonal[carrier].w_per_m2 for carrier in ("cooling", "heating")] == [96, 68]


def test_all_of_a_payment_at_one_price_unless_it_says_otherwise(stated):
    assert parse_tariff(stated).steps["hotwater"].mode is Mode.ALL_UNITS
    stated["hotwater"]["mode"] = "INCREMENTAL"
    assert parse_tariff(stated).steps["hotwater"].mode is Mode.INCREMENTAL


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_station_without_a_carrier(stated, carrier):
    del stated[carrier], stated["capacity"][f"{carrier}W"]
    if carrier != "electricity":
        del stated["designLoad"]["hotwaterWhPerL" if carrier == "hotwater" else f"{carrier}WPerM2"]
    tariff = parse_tariff(stated)
    assert carrier not in tariff.carriers and len(tariff.carriers) == 3


def test_a_station_without_any(stated):
    for carrier in CARRIERS:
        del stated[carrier]
    with pytest.raises(PackageError) as caught:
        parse_tariff(stated)
    assert str(caught.value) == "tariff: there is none of electricity, hotwater, cooling, heating"


@pytest.mark.parametrize("value", [None, [], "tariff", 7])
def test_what_is_no_tariff(value):
    with pytest.raises(PackageError, match=r"^tariff must be an object, not "):
        parse_tariff(value)


PRICE = "must be a whole number from 1 to 4294967295"


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("electricity.tiers", GONE, ".electricity: tiers is missing"),
        ("electricity.tiers", [], ".electricity.tiers must be a list with something in it, not a list of 0"),
        ("electricity.tiers", 7, ".electricity.tiers must be a list with something in it, not 7"),
        ("electricity.tiers.1", [1000], ".electricity.tiers[1] must be [amount in PT, price], not a list of 1"),
        (
            "electricity.tiers.0.0",
            1,
            ".electricity.tiers[0]: the amount in PT must be a whole number from 0 to 0, not 1",
        ),
        (
            "electricity.tiers.2.0",
            1_000,
            ".electricity.tiers[2]: the amount in PT must be a whole number from 1001 to 1000000000000, not 1000",
        ),
        ("electricity.tiers.0.1", 0, f".electricity.tiers[0]: the price {PRICE}, not 0"),
        (
            "electricity.tiers.1.1",
            881,
            ".electricity.tiers[1]: the price must be a whole number from 1 to 880, not 881",
        ),
        (
            "electricity.tiers.1.1",
            860.0,
            ".electricity.tiers[1]: the price must be a whole number from 1 to 880, not 860.0",
        ),
        ("electricity.postpaid", 879, ".electricity.postpaid must be a whole number from 880 to 4294967295, not 879"),
        ("electricity.unit", "kWh", ".electricity.unit must be Wh, not 'kWh'"),
        ("hotwater.unit", "Wh", ".hotwater.unit must be L, not 'Wh'"),
        ("hotwater.priceUnit", "mPT/kWh", ".hotwater.priceUnit must be mPT/m3, not 'mPT/kWh'"),
        ("hotwater.mode", "SOME", ".hotwater.mode must be ALL_UNITS or INCREMENTAL, not 'SOME'"),
        ("hotwater.rate", 7, ".hotwater: rate is not known here"),
        ("cooling.area.annualMptPerM2", 0, f".cooling.area.annualMptPerM2 {PRICE}, not 0"),
        ("cooling.area.weights.0", -1, ".cooling.area.weights[0] must be a whole number from 0 to 10000, not -1"),
        (
            "cooling.area.weights.0",
            1,
            ".cooling.area: weights must be those of twelve months and sum to 10000; there are 12, which sum to 10001",
        ),
        (
            "heating.area.weights",
            [5_000, 5_000],
            ".heating.area: weights must be those of twelve months and sum to 10000; there are 2, which sum to 10000",
        ),
        ("cooling.area.fee", 7, ".cooling.area: fee is not known here"),
        ("cooling.flow.unit", "L", ".cooling.flow.unit must be Wh, not 'L'"),
        ("cooling.flow.price", 0, f".cooling.flow.price {PRICE}, not 0"),
        ("cooling.flow.price", 1, ".cooling.flow: after the discount of the longest term nothing is left of the price"),
        ("cooling.flow.postpaid", 7, ".cooling.flow: postpaid is not known here"),
        ("cooling.tiers", [[0, 1]], ".cooling: tiers is not known here"),
        ("termDiscountBps.1", 1, ".termDiscountBps.1 must be a whole number from 0 to 0, not 1"),
        ("termDiscountBps.12", 399, ".termDiscountBps.12 must be a whole number from 400 to 9999, not 399"),
        ("flowTermDiscountBps.6", 400, ".flowTermDiscountBps: 6 is not known here"),
        ("bundleBps.4", GONE, ".bundleBps: 4 is missing"),
        ("bundleBps.4", 10_000, ".bundleBps.4 must be a whole number from 200 to 9999, not 10000"),
        ("cancelFeeBps", 10_001, ".cancelFeeBps must be a whole number from 0 to 10000, not 10001"),
        ("coolingOffSeconds", True, ".coolingOffSeconds must be a whole number from 0 to 31622400, not True"),
        ("capacity.coolingW", GONE, ".capacity: coolingW is missing"),
        ("capacity.coolingW", 0, ".capacity.coolingW must be a whole number from 1 to 1000000000000, not 0"),
        ("capacity.gasW", 1, ".capacity: gasW is not known here"),
        (
            "designLoad.heatingWPerM2",
            0,
            ".designLoad.heatingWPerM2 must be a whole number from 1 to 1000000000000, not 0",
        ),
        ("designLoad.hotwaterWhPerL", 0, f".designLoad.hotwaterWhPerL {PRICE}, not 0"),
        ("designLoad.gas", 1, ".designLoad: gas is not known here"),
        ("heating", GONE, ".designLoad: heatingWPerM2 is not known here"),
        ("gas", {}, ": gas is not known here"),
    ],
)
def test_each_mistake_is_named(stated, path, value, complaint):
    with pytest.raises(PackageError) as caught:
        parse_tariff(changed(stated, path, value))
    assert str(caught.value) == f"tariff{complaint}"
