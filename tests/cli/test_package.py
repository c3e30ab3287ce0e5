"""`wattbook package quote`: a building or a consumption in, what each option costs out, cheapest first."""

import json
import re
from importlib.resources import files

import pytest

from wattbook.packages.park import huadian
from wattbook.packages.quoting import quote

HUADIAN = files("wattbook").joinpath("packages", "huadian.json")
HOTEL = ("--building", "Hotel")
SHOP = ("--electricity", "12000", "--hot-water", "15.5", "--area", "120", "--cooling", "9000", "--heating", "8500.5")


@pytest.fixture
def asked(command):
    return lambda *arguments: command("package", "quote", *arguments)


def answer(result):
    assert (result.status, result.err) == (0, "")
    return json.loads(result.out)


def test_one_carrier_for_people(program):
    result = program("package", "quote", "--electricity", "12000")
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        "Huadian industrial park, this building: a year by each option, rounded up to 0.01 PT",
        "",
        "electricity, 12,000.000 kWh",
        "  prepaid, by the year      9,960.00 PT  saves 600.00 PT  and 40.00 PT are left",
        "  prepaid, by the quarter  10,320.00 PT  saves 240.00 PT",
        "  prepaid, by the month    10,560.00 PT  saves 0.00 PT",
    ]


def test_bundles_for_people(asked):
    lines = asked(*HOTEL).out.splitlines()
    assert lines[0] == "Huadian industrial park, Hotel: a year by each option, rounded up to 0.01 PT"
    assert [line for line in lines if line[:1].isalpha()][1:] == [
        "electricity, 3,670,504.000 kWh",
        "hotwater, 30,212.500 m3",
        "cooling, 3,223,360.800 kWh",
        "heating, 4,358,862.900 kWh",
        "all together",
    ]
    assert re.split("  +", lines[lines.index("all together") + 1].strip()) == [
        "bundle of electricity + hotwater + cooling + heating, by the year",
        "5,851,301.39 PT",
        "saves 437,096.73 PT",
        "cooling by area, heating by area",
    ]
    assert re.split("  +", lines[-1].strip()) == [
        "each on its own, by the month",
        "6,288,398.12 PT",
        "saves 0.00 PT",
        "cooling by area, heating by area",
    ]


def test_as_json_to_the_upt(asked):
    found, hotel = quote(huadian().tariff, huadian().building("Hotel")), huadian().building("Hotel")
    value = answer(asked(*HOTEL, "--json"))
    assert (value["park"], value["building"]) == ("Huadian industrial park", "Hotel")
    assert (value["areaCentiM2"], value["year"]) == (hotel.centi_m2, hotel.year)
    for carrier, options in value["options"].items():
        costs = [option["cost"] for option in options]
        assert costs == [option.cost for option in found.options[carrier]] == sorted(costs)
        assert [option["saved"] for option in options] == [costs[-1] - cost for cost in costs]
    assert value["options"]["cooling"][0] == {
        "basis": "area",
        "paidBy": "year",
        "left": 0,
        "cost": 1_098_873_000_000,
        "saved": 254_938_536_000,
    }
    together = value["together"]
    assert [plan["cost"] for plan in together] == [plan.cost for plan in found.plans]
    assert [plan["saved"] for plan in together] == [together[-1]["cost"] - plan["cost"] for plan in together]
    assert (together[0]["bundle"], together[0]["paidBy"]) == (list(hotel.year), "year")
    assert together[0]["cost"] == sum(option["cost"] for option in together[0]["options"].values())
    assert together[-1]["options"]["heating"]["basis"] == "area"


def test_a_consumption(asked):
    value = answer(asked(*SHOP, "--json"))
    assert value["year"] == {"electricity": 12_000_000, "hotwater": 15_500, "cooling": 9_000_000, "heating": 8_500_500}
    assert value["areaCentiM2"] == 12_000
    # 120 m2 at 45 PT, and by flow 8,500.5 kWh at 0.303 PT.
    assert {option["cost"] for option in value["options"]["heating"] if option["paidBy"] == "year"} == {
        120 * 45_000_000 * 9 // 10,
        8_500_500 * 303,
    }


def test_a_park_of_one_s_own(asked, working_folder):
    park = json.loads(HUADIAN.read_text())
    park["name"], park["buildings"] = "Mill Lane", [{"name": "No. 4", **park["buildings"][5]} | {"name": "No. 4"}]
    park["tariff"]["electricity"]["tiers"] = [[0, 700]]
    (working_folder / "park.json").write_text(json.dumps(park))
    value = answer(asked("--park", "park.json", "--building", "No. 4", "--json"))
    assert value["park"] == "Mill Lane"
    assert value["options"]["electricity"][0]["cost"] == huadian().building("Hotel").year["electricity"] * 700
    assert (
        asked("--park", "park.json", *HOTEL).err
        == "wattbook: there is no building 'Hotel' in Mill Lane; there are No. 4\n"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give --building, or what is used a year: --electricity, --hot-water, ..."),
        (["--area", "120"], "give --building, or what is used a year: --electricity, --hot-water, ..."),
        ([*HOTEL, "--electricity", "1"], "--building brings its area and its use; give no others"),
        ([*HOTEL, "--area", "1"], "--building brings its area and its use; give no others"),
        (["--cooling", "1"], "--cooling and --heating need --area"),
        (["--heating", "1"], "--cooling and --heating need --area"),
        (["--electricity", "1", "--area", "1"], "--area is that which --cooling or --heating is for"),
        (["--electricity", "much"], "Invalid value for '--electricity': 'much' is not an amount of kWh"),
        (["--electricity", "0.0001"], "Invalid value for '--electricity': 0.0001 kWh is finer than 1 Wh"),
        (["--area", "1e-3", "--cooling", "1"], "Invalid value for '--area': 1e-3 m2 is finer than 1 dm2"),
        (["--hot-water", "nan"], "Invalid value for '--hot-water': 'nan' is not an amount of m3"),
        (["--fly"], "No such option"),
        (["here"], "Got unexpected extra argument (here)"),
    ],
    ids=" ".join,
)
def test_bad_usage(asked, arguments, complaint):
    result = asked(*arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"wattbook: {complaint}") and result.err.count("\n") == 1


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["", "json"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--electricity", "0"], "a year's electricity in Wh must be a whole number from 1 to 1099511627775, not 0"),
        (
            ["--hot-water", "-1"],
            "a year's hotwater in litres must be a whole number from 1 to 1099511627775, not -1000",
        ),
        (
            ["--area", "0", "--cooling", "1"],
            "an area in hundredths of m2 must be a whole number from 100 to 4294967295, not 0",
        ),
        (
            ["--area", "0.99", "--heating", "1"],
            "an area in hundredths of m2 must be a whole number from 100 to 4294967295, not 99",
        ),
        (
            ["--area", "170416.68", "--cooling", "1"],
            "cooling: 16360001 W do not fit, 0 of 16360000 W are reserved",
        ),
        (["--park", "nowhere.json", *HOTEL], "nowhere.json cannot be read: No such file or directory"),
        (
            ["--building", "Barn"],
            "there is no building 'Barn' in Huadian industrial park; there are Office 1, Office 2,",
        ),
    ],
)
def test_bad_input(asked, arguments, complaint, flags):
    result = asked(*arguments, *flags)
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith(f"wattbook: {complaint}") and result.err.count("\n") == 1


def test_what_the_group_has(command):
    assert "\n  quote " in command("package", "--help").out
