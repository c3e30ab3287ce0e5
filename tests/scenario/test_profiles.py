"""Shapes of use and production: their sums, their bounds, and that they are the same for the same seed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from wattbook.contracts.structs import Carrier
from wattbook.scenario.profiles import (
    DAY,
    SHAPES,
    Charging,
    Device,
    Load,
    Place,
    Plant,
    Recorded,
    Storage,
    Sun,
    Wind,
    actual,
    expected,
    season_bps,
    sunlight,
)

PLACE = Place(seed=1, utc_offset_minutes=0, latitude=48)


def at(year, month, day, hour=0):
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def device(what, carrier=Carrier.ELECTRICITY, name="one"):
    return Device(name, carrier, False, what)


def day(what, start, seconds=900, place=PLACE, carrier=Carrier.ELECTRICITY, of=expected):
    return [of(place, device(what, carrier), start + time, seconds) for time in range(0, DAY, seconds)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_working_day_is_what_it_says(shape):
    start = at(2026, 10, 14)
    season = season_bps(PLACE, SHAPES[shape].season or Carrier.ELECTRICITY, start)
    assert sum(day(Load(shape, 9_000), start)) == 9_000 * season // 10_000
    assert sum(day(Load(shape, 9_000), start, 3_600)) == 9_000 * season // 10_000


def test_a_slot_is_the_sum_of_its_parts():
    start = at(2026, 10, 14)
    quarters, hours = day(Load("office", 90_000), start), day(Load("office", 90_000), start, 3_600)
    assert [sum(quarters[place : place + 4]) for place in range(0, 96, 4)] == hours


def test_a_slot_over_midnight_belongs_to_two_days():
    """Half an hour of a Friday, and half of a Saturday."""
    place, eleven = replace(PLACE, utc_offset_minutes=30), at(2026, 10, 16, 23)
    bakery = device(Load("bakery", 90_000))
    slot = expected(place, bakery, eleven, 3_600)
    friday, saturday = (expected(place, bakery, eleven + since, 1_800) for since in (0, 1_800))
    assert slot == friday + saturday
    assert saturday > friday * 3 // 2


def test_weekends_and_seasons():
    friday, saturday = (sum(day(Load("office", 90_000), at(2026, 10, one))) for one in (16, 17))
    assert saturday < friday // 2
    january, july = (season_bps(PLACE, Carrier.HEATING, at(2026, month, 15)) for month in (1, 7))
    assert (january, july) == (21_000, 500)
    assert season_bps(PLACE, Carrier.COOLING, at(2026, 1, 15)) == 300
    assert season_bps(replace(PLACE, latitude=-48), Carrier.HEATING, at(2026, 7, 15)) > 20_000


def test_the_sun_follows_the_latitude_and_the_season():
    noon = {
        (latitude, month): sunlight(replace(PLACE, latitude=latitude), at(2026, month, 21, 12))
        for latitude in (0, 48, -48, 66)
        for month in (6, 12)
    }
    assert noon[48, 6] == pytest.approx(909_000, abs=5_000)
    assert noon[48, 12] == pytest.approx(316_000, abs=5_000)
    assert noon[-48, 12] == pytest.approx(noon[48, 6], abs=5_000)
    assert noon[66, 12] < 20_000
    assert sunlight(PLACE, at(2026, 6, 21)) == 0


def test_nothing_is_more_than_rated():
    for month in range(1, 13):
        for of in (expected, actual):
            assert all(0 <= wh <= 1_250 for wh in day(Sun(5_000), at(2026, month, 3), of=of))
            assert all(0 <= wh <= 2_500 for wh in day(Wind(10_000), at(2026, month, 3), of=of))
    assert sum(day(Sun(5_000), at(2026, 7, 3))) > 5_000


def test_a_storm_is_cut_off_at_what_is_rated():
    start, wind = at(2026, 1, 1), device(Wind(10_000))
    blown = [(expected(PLACE, wind, start + hour * 3_600, 3_600), start + hour * 3_600) for hour in range(24 * 90)]
    storm = [actual(PLACE, wind, time, 3_600) for wh, time in blown if wh > 9_000]
    assert len(storm) > 10
    assert max(storm) == 10_000


def test_what_happens_is_near_what_was_foreseen():
    load = Load("household", 9_000)
    foreseen, happened = (day(load, at(2026, 10, 14), 3_600, of=of) for of in (expected, actual))
    assert foreseen != happened
    assert all(abs(one - other) <= one // 4 + 1 for one, other in zip(foreseen, happened, strict=True))


def test_the_same_seed_gives_the_same():
    what, start = Wind(10_000), at(2026, 10, 14)
    assert day(what, start, of=actual) == day(what, start, of=actual)
    assert day(what, start, of=actual) != day(what, start, place=replace(PLACE, seed=2), of=actual)


def test_owners_decide_on_some():
    for what in (Plant(5_000, 100), Storage(5_000, 1_000, 9_000), Charging(5_000, 1_000, 8, 18)):
        assert sum(day(what, at(2026, 10, 14))) == sum(day(what, at(2026, 10, 14), of=actual)) == 0


def test_a_record_is_known_a_day_later():
    start = at(2026, 10, 14)
    meter = device(Recorded(False, {start: 70}, frozenset()))
    assert [expected(PLACE, meter, start + one, 900) for one in (0, DAY)] == [0, 70]
    assert [actual(PLACE, meter, start + one, 900) for one in (0, DAY)] == [70, 0]


@pytest.mark.parametrize(
    ("what", "injects", "withdraws"),
    [
        (Load("office", 1), False, True),
        (Sun(1), True, False),
        (Wind(1), True, False),
        (Plant(1, 1), True, False),
        (Storage(1, 1, 9_000), True, True),
        (Charging(1, 1, 1, 2), False, True),
        (Recorded(True, {}, frozenset()), True, False),
        (Recorded(False, {}, frozenset()), False, True),
    ],
)
def test_registers(what, injects, withdraws):
    assert (device(what).injects, device(what).withdraws) == (injects, withdraws)
