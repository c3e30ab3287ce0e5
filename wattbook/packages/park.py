"""A park: a tariff and the buildings that are supplied under it, in one file that can be copied and changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from wattbook.packages import admission
from wattbook.packages.area import MOST_CENTI_M2
from wattbook.packages.fields import Fields, PackageError
from wattbook.packages.tariff import SEASONAL, Tariff, parse_tariff
from wattbook.units import CENTI_PER_M2

MOST_UNITS = 2**40 - 1
_MOST_W = 10**12
_UNITS = {"electricity": "electricityWh", "hotwater": "hotwaterL", "cooling": "coolingWh", "heating": "heatingWh"}


@dataclass(frozen=True)
class Customer:
    """Who is supplied, on how many hundredths of m2 with cold and heat, and what he uses a year, by carrier.

    Wh, and of hot water litres. A carrier that he does not use is not in it.
    """

    name: str
    centi_m2: int
    year: Mapping[str, int]


@dataclass(frozen=True)
class Building(Customer):
    """A customer for whom it is known what he uses at most, in W by carrier."""

    category: str
    loads_w: Mapping[str, int]


@dataclass(frozen=True)
class Park:
    name: str
    tariff: Tariff
    buildings: tuple[Building, ...]

    def building(self, name: str) -> Building:
        for building in self.buildings:
            if building.name == name:
                return building
        names = ", ".join(building.name for building in self.buildings)
        raise PackageError(f"there is no building {name!r} in {self.name}; there are {names}")


def huadian() -> Park:
    """The park of the paper."""
    return parse_park(files("wattbook").joinpath("packages", "huadian.json").read_text(), "huadian.json")


def read_park(path: Path) -> Park:
    """The park in a file of the form of huadian.json."""
    try:
        text = path.read_text()
    except OSError as error:
        raise PackageError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise PackageError(f"{path}: {error}") from None
    return parse_park(text, str(path))


def parse_park(text: str, name: str) -> Park:
    """The park in a text; `name` is what complaints call it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackageError(f"{name} is not JSON: {error}") from None
    try:
        fields = Fields("park", value)
        fields.ignore("note")
        park_name, tariff = fields.text("name"), parse_tariff(fields.value("tariff"))
        buildings = tuple(_building(where, item, tariff) for where, item in fields.list("buildings"))
        fields.done()
        park = Park(park_name, tariff, buildings)
        _check(park)
    except PackageError as error:
        raise PackageError(f"{name}: {error}") from None
    return park


def _building(where: str, item: object, tariff: Tariff) -> Building:
    fields = Fields(where, item)
    name, category = fields.text("name"), fields.text("category")
    centi_m2 = fields.number("areaCentiM2", CENTI_PER_M2, MOST_CENTI_M2) if fields.has("areaCentiM2") else 0
    year = fields.fields("year")
    used = {
        carrier: year.number(unit, 1, MOST_UNITS)
        for carrier, unit in _UNITS.items()
        if carrier in tariff.carriers and year.has(unit)
    }
    for carrier in SEASONAL:
        if carrier in used and not centi_m2:
            raise fields.error(f"{carrier} needs areaCentiM2")
    loads = {
        carrier: admission.area_load(centi_m2, seasonal.w_per_m2)
        for carrier, seasonal in tariff.seasonal.items()
        if carrier in used
    }
    if "electricity" in used:
        loads["electricity"] = fields.number("electricityW", 1, _MOST_W)
    if "hotwater" in used:
        litres = fields.number("hotwaterLPerHour", 1, _MOST_W)
        loads["hotwater"] = admission.hot_water_load(litres, tariff.steps["hotwater"].wh_per_unit)
    for part in (year, fields):
        part.done()
    return Building(name, centi_m2, used, category, loads)


def _check(park: Park) -> None:
    names = [building.name for building in park.buildings]
    for name in names:
        if names.count(name) > 1:
            raise PackageError(f"two buildings are called {name!r}")
    for carrier, capacity in park.tariff.capacity_w.items():
        reserved = 0
        for building in park.buildings:
            reserved = admission.reserve(
                f"{building.name}, {carrier}", building.loads_w.get(carrier, 0), reserved, capacity
            )
