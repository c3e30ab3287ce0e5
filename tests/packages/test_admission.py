"""The last load that fits, and the first that does not."""

import pytest

from wattbook.packages.admission import admits, area_load, hot_water_load, reserve
from wattbook.packages.fields import PackageError


@pytest.mark.parametrize(("carrier", "last"), [("cooling", 17_041_667), ("heating", 17_211_766)])
def test_the_last_area_that_fits(tariff, carrier, last):
    w_per_m2, capacity = tariff.seasonal[carrier].w_per_m2, tariff.capacity_w[carrier]
    assert admits(area_load(last, w_per_m2), 0, capacity)
    assert not admits(area_load(last + 1, w_per_m2), 0, capacity)


def test_hot_water_by_the_hour(tariff):
    wh_per_litre, capacity = tariff.steps["hotwater"].wh_per_unit, tariff.capacity_w["hotwater"]
    assert hot_water_load(67_307, wh_per_litre) == 3_499_964
    assert admits(hot_water_load(67_307, wh_per_litre), 0, capacity)
    assert not admits(hot_water_load(67_308, wh_per_litre), 0, capacity)


def test_what_is_reserved_counts():
    assert reserve("electricity", 98_000, 6_600_000, 6_698_000) == 6_698_000
    with pytest.raises(PackageError) as caught:
        reserve("electricity", 98_001, 6_600_000, 6_698_000)
    assert str(caught.value) == "electricity: 98001 W do not fit, 6600000 of 6698000 W are reserved"


def test_each_load_is_rounded_down_by_itself():
    assert (area_load(101, 96), area_load(202, 96)) == (96, 193)
