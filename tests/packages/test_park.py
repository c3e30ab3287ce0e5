"""The park of the paper, and files that are copied from it."""

import json
from importlib.resources import files
from itertools import groupby

import pytest

from wattbook.market.shares import cumfloor
from wattbook.packages.fields import PackageError
from wattbook.packages.park import huadian, parse_park, read_park
from wattbook.packages.tariff import CARRIERS

TEXT = files("wattbook").joinpath("packages", "huadian.json").read_text()
# Table I, in thousandths.
SHARES = {"office": 537, "hotel": 137, "commercial": 49, "garage": 237, "other": 40}
CAPACITY = {"electricity": 6_698_000, "cooling": 16_360_000, "heating": 11_704_000, "hotwater": 3_500_000}
ABOVE_GROUND_CENTI_M2 = 17_000_000


@pytest.fixture
def data():
    return json.loads(TEXT)


def by_category(value):
    """Sums by category, in the order of the table."""
    buildings = groupby(huadian().buildings, key=lambda building: building.category)
    sums = {category: sum(map(value, group)) for category, group in buildings}
    assert list(sums) == list(SHARES)
    return list(sums.values())


def test_nine_buildings_and_the_station_of_table_two():
    park = huadian()
    assert len(park.buildings) == 9
    assert park.tariff.capacity_w == CAPACITY


def test_the_tariff_is_that_of_the_vectors(tariff):
    assert huadian().tariff == tariff


def test_loads_have_the_shares_of_table_one():
    shares = cumfloor(SHARES.values(), CAPACITY["electricity"])
    assert by_category(lambda building: building.loads_w["electricity"]) == shares
    above_ground = [0 if category == "garage" else share for category, share in SHARES.items()]
    for found, total in (
        (by_category(lambda building: building.centi_m2), ABOVE_GROUND_CENTI_M2),
        (by_category(lambda building: building.loads_w.get("hotwater", 0) // 52), CAPACITY["hotwater"] // 52),
    ):
        assert sum(found) == total and found == cumfloor(above_ground, total)


def test_a_year_s_use_is_hours_of_full_load():
    for building in huadian().buildings:
        for carrier, used in building.year.items():
            wh = used * 52 if carrier == "hotwater" else used
            hours, rest = divmod(wh, building.loads_w[carrier])
            assert rest == 0 and 100 <= hours <= 6_000


def test_the_garage_has_electricity_only():
    park = huadian()
    assert list(park.building("Garage").year) == ["electricity"]
    assert all(list(one.year) == list(CARRIERS) for one in park.buildings if one.name != "Garage")


def test_a_copy_elsewhere(tmp_path):
    file = tmp_path / "park.json"
    file.write_text(TEXT)
    assert read_park(file) == huadian()


def test_a_building_that_is_not_there():
    with pytest.raises(PackageError) as caught:
        huadian().building("hotel")
    assert str(caught.value) == (
        "there is no building 'hotel' in Huadian industrial park; there are Office 1, Office 2, Office 3, Office 4, "
        "Office 5, Hotel, Shops, Garage, Computer rooms"
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda park: park.pop("name"), "park: name is missing"),
        (lambda park: park.update(name=""), "park.name must be a text, not ''"),
        (lambda park: park.update(city="Beijing"), "park: city is not known here"),
        (lambda park: park.update(tariff=[]), "tariff must be an object, not a list of 0"),
        (lambda park: park["tariff"].pop("bundleBps"), "tariff: bundleBps is missing"),
        (lambda park: park.update(buildings=[]), "park.buildings must be a list with something in it, not a list of 0"),
        (lambda park: park.update(buildings=[7]), "park.buildings[0] must be an object, not 7"),
        (lambda park: park["buildings"][0].update(name=7), "park.buildings[0].name must be a text, not 7"),
        (lambda park: park["buildings"][1].update(name="Office 1"), "two buildings are called 'Office 1'"),
        (lambda park: park["buildings"][5].pop("category"), "park.buildings[5]: category is missing"),
        (lambda park: park["buildings"][5].update(floors=7), "park.buildings[5]: floors is not known here"),
        (
            lambda park: park["buildings"][5].update(areaCentiM2=99),
            "park.buildings[5].areaCentiM2 must be a whole number from 100 to 4294967295, not 99",
        ),
        (lambda park: park["buildings"][5].pop("areaCentiM2"), "park.buildings[5]: cooling needs areaCentiM2"),
        (lambda park: park["buildings"][5].pop("electricityW"), "park.buildings[5]: electricityW is missing"),
        (lambda park: park["buildings"][5].pop("hotwaterLPerHour"), "park.buildings[5]: hotwaterLPerHour is missing"),
        (
            lambda park: park["buildings"][5]["year"].update(heatingWh=0),
            "park.buildings[5].year.heatingWh must be a whole number from 1 to 1099511627775, not 0",
        ),
        (lambda park: park["buildings"][5]["year"].update(gasWh=1), "park.buildings[5].year: gasWh is not known here"),
        (
            lambda park: park["buildings"][8].update(electricityW=267_921),
            "Computer rooms, electricity: 267921 W do not fit, 6430080 of 6698000 W are reserved",
        ),
    ],
)
def test_each_mistake_is_named(data, change, complaint):
    change(data)
    with pytest.raises(PackageError) as caught:
        parse_park(json.dumps(data), "park.json")
    assert str(caught.value) == f"park.json: {complaint}"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        (b"{", " is not JSON: Expecting property name"),
        (b"\xff", ": 'utf-8' codec can't decode"),
        (None, " cannot be read: No"),
    ],
)
def test_a_file_that_is_none(tmp_path, written, complaint):
    file = tmp_path / "park.json"
    if written:
        file.write_bytes(written)
    with pytest.raises(PackageError) as caught:
        read_park(file)
    assert str(caught.value).startswith(f"{file}{complaint}")
