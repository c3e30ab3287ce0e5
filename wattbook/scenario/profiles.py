"""What devices make and use, slot by slot: shapes of our own, in whole numbers, the same for the same seed.

`expected` is what somebody can foresee who knows the calendar and the weather forecast, `actual` what happens. Both are
sums over time: what a day holds does not depend on how long its slots are, but for what rounding shifts between them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from wattbook.contracts.structs import Carrier

WHOLE = 10_000
HOUR, DAY = 3_600, 86_400
_HOURS = 24
_MILLION = 1_000_000
# Hundredths of a degree.
_HALF_TURN, _TURN = 18_000, 36_000
_TILT = 2_344
_SPRING, _MIDWINTER = 80, 15
_GUST_SECONDS = 6 * HOUR
_SUN_STEP = 900
_SATURDAY = 5


@dataclass(frozen=True)
class Place:
    """Where and under which luck: local time less UTC in minutes, degrees of latitude, seed of all that is drawn."""

    seed: int
    utc_offset_minutes: int
    latitude: int


@dataclass(frozen=True)
class Shape:
    """How use is spread over a day: a weight for each full hour, between which it goes straight, on working days and on
    weekends. What seasons do to it is as for `season`, or as for its carrier."""

    working: tuple[int, ...]
    weekend: tuple[int, ...]
    noise_bps: int
    season: Carrier | None = None


SHAPES = {
    "household": Shape(
        (20, 17, 15, 15, 16, 22, 38, 52, 46, 36, 32, 34, 42, 38, 33, 32, 37, 52, 74, 86, 80, 66, 46, 30),
        (24, 20, 17, 16, 16, 18, 24, 36, 50, 58, 58, 60, 66, 58, 50, 46, 48, 58, 74, 82, 76, 64, 48, 34),
        2_500,
    ),
    "office": Shape(
        (14, 14, 14, 14, 14, 15, 24, 52, 82, 94, 97, 98, 90, 93, 97, 96, 92, 78, 50, 30, 22, 18, 15, 14),
        (14, 14, 14, 14, 14, 14, 14, 15, 17, 19, 20, 20, 20, 20, 19, 18, 17, 16, 15, 14, 14, 14, 14, 14),
        600,
    ),
    "hotel": Shape(
        (42, 38, 36, 35, 37, 46, 66, 84, 86, 74, 66, 66, 72, 68, 62, 62, 66, 76, 88, 94, 92, 84, 68, 52),
        (46, 42, 39, 37, 38, 44, 60, 80, 92, 86, 74, 70, 74, 70, 64, 64, 68, 78, 92, 98, 96, 88, 74, 58),
        900,
    ),
    "shop": Shape(
        (18, 17, 17, 17, 17, 18, 22, 34, 58, 82, 90, 92, 94, 92, 92, 92, 94, 96, 96, 88, 62, 34, 22, 19),
        (18, 17, 17, 17, 17, 17, 20, 28, 50, 84, 98, 100, 100, 100, 98, 96, 94, 90, 78, 50, 30, 22, 20, 18),
        900,
    ),
    "bakery": Shape(
        (30, 52, 84, 100, 98, 92, 82, 66, 52, 44, 40, 38, 36, 32, 28, 26, 24, 20, 14, 10, 8, 8, 10, 16),
        (34, 58, 92, 100, 96, 88, 76, 60, 46, 36, 28, 20, 14, 10, 8, 8, 8, 8, 8, 8, 8, 8, 10, 16),
        800,
    ),
    "workshop": Shape(
        (8, 8, 8, 8, 8, 12, 38, 84, 98, 92, 96, 98, 56, 88, 98, 96, 82, 42, 16, 10, 8, 8, 8, 8),
        (8, 8, 8, 8, 8, 8, 12, 22, 26, 26, 26, 20, 10, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8),
        1_800,
    ),
    "heat_pump": Shape(
        (58, 56, 56, 58, 64, 80, 96, 92, 78, 66, 58, 52, 48, 46, 46, 50, 58, 70, 80, 84, 80, 72, 64, 60),
        (58, 56, 56, 58, 62, 72, 86, 92, 86, 74, 64, 56, 52, 50, 50, 54, 60, 70, 80, 84, 80, 72, 64, 60),
        1_200,
        Carrier.HEATING,
    ),
    "steady": Shape((10,) * _HOURS, (10,) * _HOURS, 200),
}


@dataclass(frozen=True)
class Load:
    """Use of a shape: `day_wh` on a working day of a middling season."""

    shape: str
    day_wh: int


@dataclass(frozen=True)
class Sun:
    """Panels of this many W at most."""

    peak_w: int


@dataclass(frozen=True)
class Wind:
    """A wind turbine."""

    rated_w: int


@dataclass(frozen=True)
class Plant:
    """What makes as much as it sold: a boiler, a chiller, an engine. A kWh costs its owner `price` mPT."""

    rated_w: int
    price: int


@dataclass(frozen=True)
class Storage:
    """A store, of which `efficiency_bps` of what goes in comes out again."""

    capacity_wh: int
    rated_w: int
    efficiency_bps: int


@dataclass(frozen=True)
class Charging:
    """Piles that need `day_wh` every day between two full hours of local time; past midnight if `until` is less."""

    day_wh: int
    rated_w: int
    from_hour: int
    until_hour: int

    @property
    def hours(self) -> int:
        return (self.until_hour - self.from_hour) % _HOURS or _HOURS


@dataclass(frozen=True)
class Recorded:
    """What somebody metered: Wh by start of slot, and the ends of slots at which his meter was not heard of."""

    injects: bool
    wh: dict[int, int]
    unheard: frozenset[int]


What = Load | Sun | Wind | Plant | Storage | Charging | Recorded


@dataclass(frozen=True)
class Device:
    """A device of a member. Its name is unique among all: `member/device`."""

    name: str
    carrier: Carrier
    clean: bool
    what: What

    @property
    def injects(self) -> bool:
        """Whether it has a register for what goes into the grid."""
        return self.what.injects if isinstance(self.what, Recorded) else not isinstance(self.what, Load | Charging)

    @property
    def withdraws(self) -> bool:
        """Whether it has a register for what comes out of the grid."""
        return isinstance(self.what, Load | Charging | Storage) or not self.injects

    @property
    def rated_w(self) -> int:
        """What it injects at most; of what only draws, or was only recorded, no limit is known: 0."""
        match self.what:
            case Sun(peak_w):
                return peak_w
            case Wind(rated_w) | Plant(rated_w, _) | Storage(_, rated_w, _):
                return rated_w
        return 0


def expected(place: Place, device: Device, start: int, seconds: int) -> int:
    """Wh that can be foreseen of a slot; 0 of what its owner decides on, and of a record's first day."""
    match device.what:
        case Load(shape, day_wh):
            return _load(place, SHAPES[shape], device.carrier, day_wh, start, seconds)
        case Sun(peak_w):
            return _sun(place, peak_w, start, seconds)
        case Wind(rated_w):
            return _wind(place, rated_w, start, seconds)
        case Recorded(wh=wh):
            return wh.get(start - DAY, 0)
    return 0


def actual(place: Place, device: Device, start: int, seconds: int) -> int:
    """Wh that are made or used in a slot; 0 of what its owner decides on."""
    if isinstance(device.what, Recorded):
        return device.what.wh.get(start, 0)
    noise = _noise_of(place, device, start)
    happens = expected(place, device, start, seconds) * (WHOLE + noise) // WHOLE
    return min(happens, device.rated_w * seconds // HOUR) if device.injects else happens


def season_bps(place: Place, carrier: Carrier, time: int) -> int:
    """What a season makes of the use of a carrier, in 1/10000 of the mean."""
    cold = _cosine((_day_of_year(place, time) - _MIDWINTER) * _TURN // 365)
    match carrier:
        case Carrier.HEATING:
            return max(500, WHOLE + 11_000 * cold // _MILLION)
        case Carrier.COOLING:
            return max(300, WHOLE - 12_000 * cold // _MILLION)
        case Carrier.GAS:
            return max(2_000, WHOLE + 9_000 * cold // _MILLION)
    return WHOLE + 1_200 * cold // _MILLION


def sunlight(place: Place, time: int) -> int:
    """What falls on a horizontal square under a clear sky, in millionths of what would with the sun overhead."""
    local = time + place.utc_offset_minutes * 60
    declination = _TILT * _sine((_day_of_year(place, time, south=False) - _SPRING) * _TURN // 365) // _MILLION
    hour_angle = (local % DAY - DAY // 2) * _TURN // DAY
    latitude = place.latitude * 100
    high = _sine(latitude) * _sine(declination) + _cosine(latitude) * _cosine(declination) * _cosine(hour_angle) // (
        _MILLION
    )
    return max(0, high // _MILLION)


def draw(seed: int, *what: object) -> int:
    """A number of 64 bits that a seed and a name have, and no other."""
    said = "|".join(map(str, (seed, *what)))
    return int.from_bytes(blake2b(said.encode(), digest_size=8).digest())


def local_hour(place: Place, time: int) -> int:
    """The hour of the day at a time."""
    return (time + place.utc_offset_minutes * 60) % DAY // HOUR


def _load(place: Place, shape: Shape, carrier: Carrier, day_wh: int, start: int, seconds: int) -> int:
    total = 0
    full = _weight(shape.working, DAY)
    for midnight, since, until in _days(place, start, seconds):
        weights = shape.weekend if _weekday(midnight) >= _SATURDAY else shape.working
        season = season_bps(place, shape.season or carrier, midnight - place.utc_offset_minutes * 60)
        most = day_wh * season // WHOLE
        total += most * _weight(weights, until) // full - most * _weight(weights, since) // full
    return total


def _weight(weights: tuple[int, ...], until: int) -> int:
    """The area under a shape from midnight to a second, twofold."""
    hours, rest = divmod(until, HOUR)
    area = sum((weights[hour] + weights[(hour + 1) % _HOURS]) * HOUR * HOUR for hour in range(hours))
    if rest:
        first, second = weights[hours], weights[(hours + 1) % _HOURS]
        area += 2 * first * rest * HOUR + (second - first) * rest * rest
    return area


def _sun(place: Place, peak_w: int, start: int, seconds: int) -> int:
    steps = max(1, seconds // _SUN_STEP)
    shone = sum(sunlight(place, start + (2 * step + 1) * seconds // (2 * steps)) for step in range(steps))
    clear = _clear_bps(place, start)
    return peak_w * shone * clear * seconds // (steps * _MILLION * WHOLE * HOUR)


def _clear_bps(place: Place, time: int) -> int:
    """How clear a day is: the better of two draws, never quite dark."""
    day = (time + place.utc_offset_minutes * 60) // DAY
    better = max(draw(place.seed, "sky", day, one) % 7_501 for one in range(2))
    return 2_500 + better


def _wind(place: Place, rated_w: int, start: int, seconds: int) -> int:
    place_in, into = divmod(start + seconds // 2, _GUST_SECONDS)
    first, second = (_gust_bps(place, place_in + one) for one in range(2))
    blown = first * (_GUST_SECONDS - into) + second * into
    return rated_w * blown * seconds // (_GUST_SECONDS * WHOLE * HOUR)


def _gust_bps(place: Place, number: int) -> int:
    """More often weak than strong."""
    drawn = draw(place.seed, "wind", number) % (WHOLE + 1)
    return drawn * drawn // WHOLE


def _noise_of(place: Place, device: Device, start: int) -> int:
    """In 1/10000 of what was expected. Clouds pass over all panels, gusts through all turbines; the rest is its own."""
    match device.what:
        case Load(shape):
            return _noise(place, SHAPES[shape].noise_bps, device.name, start)
        case Sun():
            return _noise(place, 1_500, "clouds", start // HOUR) + _noise(place, 300, device.name, start)
        case Wind():
            return _noise(place, 2_000, "gusts", start // HOUR) + _noise(place, 300, device.name, start)
    return 0


def _noise(place: Place, spread_bps: int, *what: object) -> int:
    return draw(place.seed, "noise", *what) % (2 * spread_bps + 1) - spread_bps


def _days(place: Place, start: int, seconds: int) -> Iterator[tuple[int, int, int]]:
    """A slot by local days: midnight in local seconds, and from when to when of the day."""
    since = start + place.utc_offset_minutes * 60
    until = since + seconds
    while since < until:
        midnight = since // DAY * DAY
        end = min(until, midnight + DAY)
        yield midnight, since - midnight, end - midnight
        since = end


def _weekday(local: int) -> int:
    """0 is a Monday, as the first day of 1970 was a Thursday."""
    return (local // DAY + 3) % 7


def _day_of_year(place: Place, time: int, *, south: bool = True) -> int:
    """South of the equator winter is half a year later."""
    day = datetime.fromtimestamp(time + place.utc_offset_minutes * 60, UTC).timetuple().tm_yday
    return day + 182 if south and place.latitude < 0 else day


def _sine(angle: int) -> int:
    """In millionths, of hundredths of a degree: a quotient of two parabolas, which is off by less than 0.002."""
    angle %= _TURN
    if angle >= _HALF_TURN:
        return -_sine(angle - _HALF_TURN)
    product = angle * (_HALF_TURN - angle)
    return _MILLION * 4 * product // (405_000_000 - product)


def _cosine(angle: int) -> int:
    return _sine(angle + _HALF_TURN // 2)
