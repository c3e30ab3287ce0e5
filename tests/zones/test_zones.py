"""Zones, and the facts that hold for each carrier in them."""

import pytest

from tests.assertions import check_event, pass_time, refused
from tests.devices import QUARTER, SLOT, facts, next_slot
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier

PARK = b"park".ljust(32, b"\0")
VILLAGE = b"village".ljust(32, b"\0")
ELECTRICITY = Carrier.ELECTRICITY


WEEK = 7 * 86_400


@pytest.fixture
def usual(people):
    """Facts, with a change or two: `usual(pool_in=1)`."""
    return lambda **changes: facts(people.grid.address, **changes)


@pytest.fixture
def since(market):
    """The earliest slot that facts can be set for once the authority's delay is over, or a later one."""
    return lambda ahead=0: next_slot(market.chain.now + market.authority.get_min_delay() + WEEK, 2 + ahead)


def village(market, decide):
    decide("Zones", "addZone", VILLAGE)
    return market.zones.zone_count()


class TestZone:
    def test_is_numbered_from_one(self, market, as_authority, decide):
        decide("Zones", "addZone", PARK)
        decide("Zones", "addZone", VILLAGE)
        zones = market.zones
        assert (zones.number_of(PARK), zones.number_of(VILLAGE)) == (1, 2)
        assert (zones.zone_of(1), zones.zone_of(2)) == (PARK, VILLAGE)
        assert zones.zone_count() == 2

    def test_says_so(self, carried_out):
        check_event(carried_out("addZone", PARK), "ZoneAdded", number=1, zone=PARK)

    def test_without_a_name(self, as_authority):
        with refused(reverts.EmptyZone):
            as_authority("Zones", "addZone", bytes(32))

    def test_twice(self, zone, as_authority):
        with refused(reverts.ZoneKnown, zone=PARK, number=zone):
            as_authority("Zones", "addZone", PARK)

    def test_unknown_name(self, market):
        with refused(reverts.UnknownZone, zone=VILLAGE):
            market.zones.number_of(VILLAGE)

    @pytest.mark.parametrize("number", [0, 2])
    def test_unknown_number(self, market, zone, as_authority, usual, number):
        zones = market.zones
        for ask in (
            lambda: zones.zone_of(number),
            lambda: zones.distance_at(number, zone, 0),
            lambda: zones.distance_at(zone, number, 0),
            lambda: as_authority("Zones", "openCarrier", number, ELECTRICITY, SLOT, QUARTER, usual()),
            lambda: as_authority("Zones", "setDistance", number, zone, 2**40 - 1, 1),
            lambda: as_authority("Zones", "setDistance", zone, number, 2**40 - 1, 1),
        ):
            with refused(reverts.UnknownZoneNumber, number=number):
                ask()


class TestCarrier:
    def test_opens_with_its_grid_and_facts(self, market, zone, usual):
        zones = market.zones
        assert zones.slot_seconds(zone, ELECTRICITY) == SLOT
        assert zones.reading_period(zone, ELECTRICITY) == QUARTER
        for start in (0, SLOT, next_slot(market.chain.now, 1000)):
            assert zones.facts_at(zone, ELECTRICITY, start) == usual()

    def test_says_so(self, zone, carried_out, usual):
        receipt = carried_out("openCarrier", zone, Carrier.HEATING, 3600, 600, usual(feeder=7))
        check_event(receipt, "CarrierOpened", zone=zone, carrier=Carrier.HEATING, slotSeconds=3600, readingPeriod=600)
        given = as_event(usual(feeder=7))
        check_event(receipt, "FactsSet", zone=zone, carrier=Carrier.HEATING, since=0, facts=given)

    def test_each_carrier_has_its_own(self, market, zone, decide, usual):
        decide("Zones", "openCarrier", zone, Carrier.GAS, 86_400, 3600, usual(pool_out=900))
        assert market.zones.slot_seconds(zone, Carrier.GAS) == 86_400
        assert market.zones.facts_at(zone, Carrier.GAS, 0).pool_out == 900
        assert market.zones.facts_at(zone, ELECTRICITY, 0) == usual()

    def test_twice(self, zone, as_authority, usual):
        with refused(reverts.CarrierAlreadyOpen, zone=zone, carrier=ELECTRICITY):
            as_authority("Zones", "openCarrier", zone, ELECTRICITY, SLOT, QUARTER, usual())

    @pytest.mark.parametrize(("slot", "period"), [(0, 0), (0, 1), (900, 0), (900, 200), (900, 901), (86_401, 1)])
    def test_on_a_grid_that_is_none(self, zone, as_authority, usual, slot, period):
        with refused(reverts.InvalidGrid, slot_seconds=slot, reading_period=period):
            as_authority("Zones", "openCarrier", zone, Carrier.GAS, slot, period, usual())

    @pytest.mark.parametrize(("slot", "period"), [(1, 1), (86_400, 86_400), (900, 900)])
    def test_on_a_grid_at_the_edge(self, market, zone, as_authority, usual, slot, period):
        assert market.zones.max_slot_seconds() == 86_400
        as_authority("Zones", "openCarrier", zone, Carrier.GAS, slot, period, usual())

    def test_that_is_not_open(self, market, zone, as_authority, usual):
        zones = market.zones
        for ask in (
            lambda: zones.slot_seconds(zone, Carrier.GAS),
            lambda: zones.reading_period(zone, Carrier.GAS),
            lambda: zones.facts_at(zone, Carrier.GAS, 0),
            lambda: zones.require_slot(zone, Carrier.GAS, 0),
            lambda: as_authority("Zones", "setFacts", zone, Carrier.GAS, SLOT, usual()),
        ):
            with refused(reverts.CarrierNotOpen, zone=zone, carrier=Carrier.GAS):
                ask()

    def test_of_a_zone_that_is_none(self, market):
        with refused(reverts.CarrierNotOpen, zone=9, carrier=ELECTRICITY):
            market.zones.slot_seconds(9, ELECTRICITY)

    def test_slots(self, market, zone):
        assert market.zones.require_slot(zone, ELECTRICITY, 3 * SLOT) == SLOT
        for start in (1, SLOT - 1, SLOT + 1):
            with refused(reverts.OffGrid, zone=zone, carrier=ELECTRICITY, slot_start=start):
                market.zones.require_slot(zone, ELECTRICITY, start)
            with refused(reverts.OffGrid, zone=zone, carrier=ELECTRICITY, slot_start=start):
                market.zones.facts_at(zone, ELECTRICITY, start)


class TestFacts:
    def test_change_from_a_slot_on(self, market, zone, decide, usual, since):
        start = since()
        decide("Zones", "setFacts", zone, ELECTRICITY, start, usual(loss_bps=500))
        zones = market.zones
        assert zones.facts_at(zone, ELECTRICITY, start - SLOT) == usual()
        assert zones.facts_at(zone, ELECTRICITY, start) == usual(loss_bps=500)
        assert zones.facts_at(zone, ELECTRICITY, start + 1000 * SLOT) == usual(loss_bps=500)

    def test_say_so(self, zone, carried_out, usual, since):
        start = since()
        receipt = carried_out("setFacts", zone, ELECTRICITY, start, usual(band_bps=1))
        given = as_event(usual(band_bps=1))
        check_event(receipt, "FactsSet", zone=zone, carrier=ELECTRICITY, since=start, facts=given)

    def test_what_was_decided_last_holds(self, market, zone, decide, usual, since):
        """Three versions to come, then one from the time of the second: the third goes too."""
        start = since(20)
        at = lambda place: market.zones.facts_at(zone, ELECTRICITY, start + place * SLOT).pool_out  # noqa: E731
        for place, price in ((0, 700), (2, 800), (4, 900)):
            decide("Zones", "setFacts", zone, ELECTRICITY, start + place * SLOT, usual(pool_out=price))
        assert [at(place) for place in range(-1, 6)] == [600, 700, 700, 800, 800, 900, 900]
        decide("Zones", "setFacts", zone, ELECTRICITY, start + 2 * SLOT, usual(pool_out=1000))
        assert [at(place) for place in range(-1, 6)] == [600, 700, 700, 1000, 1000, 1000, 1000]
        decide("Zones", "setFacts", zone, ELECTRICITY, start - SLOT, usual(pool_out=1100))
        assert [at(place) for place in range(-2, 4)] == [600, 1100, 1100, 1100, 1100, 1100]

    def test_a_slot_that_has_begun_keeps_its_facts(self, market, zone, decide, usual, since):
        begun = []
        for price in (700, 800, 900):
            start = since()
            decide("Zones", "setFacts", zone, ELECTRICITY, start, usual(pool_out=price))
            pass_time(start - market.chain.now)
            begun.append((start, price))
            for earlier, known in begun:
                assert market.zones.facts_at(zone, ELECTRICITY, earlier).pool_out == known

    def test_at_least_a_week_ahead(self, market, zone, as_authority, usual):
        zones, chain = market.zones, market.chain
        assert zones.notice() == WEEK
        as_authority("Zones", "setFacts", zone, ELECTRICITY, next_slot(chain.now + WEEK, 1), usual())
        for start in (0, next_slot(chain.now, 0), next_slot(chain.now, 1), next_slot(chain.now + WEEK, -1)):
            with pytest.raises(reverts.TooSoon) as caught:
                as_authority("Zones", "setFacts", zone, ELECTRICITY, start, usual())
            time, earliest = caught.value.arguments
            assert time == start
            assert chain.now + WEEK <= earliest <= chain.now + WEEK + 60
        assert zones.facts_at(zone, ELECTRICITY, 0) == usual()

    def test_off_the_grid(self, zone, as_authority, usual, since):
        start = since() + 1
        with refused(reverts.OffGrid, zone=zone, carrier=ELECTRICITY, slot_start=start):
            as_authority("Zones", "setFacts", zone, ELECTRICITY, start, usual())

    @pytest.mark.parametrize(("field", "most"), [("loss_bps", 9_999), ("band_bps", 10_000), ("penalty_bps", 10_000)])
    def test_shares(self, zone, as_authority, usual, since, field, most):
        as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(**{field: most}))
        with refused(reverts.BpsTooLarge, bps=most + 1):
            as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(**{field: most + 1}))

    def test_shares_of_a_bill(self, zone, as_authority, usual, since):
        whole = {"network_bps": 5_000, "platform_bps": 3_000, "fund_bps": 2_000}
        as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(**whole))
        with refused(reverts.SharesTooLarge, bps=10_001):
            as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(**whole | {"platform_bps": 3_001}))

    def test_no_money_pump(self, zone, as_authority, usual, since):
        as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(pool_in=600, pool_out=600))
        with refused(reverts.PoolPricesCrossed, pool_in=601, pool_out=600):
            as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(pool_in=601, pool_out=600))
        with refused(reverts.PoolPricesCrossed, pool_in=1, pool_out=0):
            as_authority("Zones", "openCarrier", zone, Carrier.GAS, SLOT, SLOT, usual(pool_in=1, pool_out=0))

    @pytest.mark.parametrize("account", ["balancing", "network"])
    def test_accounts_that_nobody_can_pay(self, people, zone, as_authority, usual, since, account):
        stranger = people.stranger.address
        with refused(reverts.NotMember, account=stranger):
            as_authority("Zones", "setFacts", zone, ELECTRICITY, since(), usual(**{account: stranger}))


class TestDistance:
    def test_holds_from_a_time_on_and_both_ways(self, market, zone, decide):
        other = village(market, decide)
        start = market.chain.now + 1000
        decide("Zones", "setDistance", other, zone, start, 1500)
        decide("Zones", "setDistance", zone, other, start + 500, 1400)
        zones = market.zones
        for pair in ((zone, other), (other, zone)):
            assert zones.distance_at(*pair, start) == 1500
            assert zones.distance_at(*pair, start + 499) == 1500
            assert zones.distance_at(*pair, start + 500) == 1400
            with refused(reverts.UnknownDistance, zone_a=pair[0], zone_b=pair[1], time=start - 1):
                zones.distance_at(*pair, start - 1)
        assert zones.distance_at(zone, zone, 0) == 0

    def test_what_was_decided_last_holds(self, market, zone, decide):
        other = village(market, decide)
        start = market.chain.now + 2000
        for later, metres in ((500, 1), (900, 2**32 - 1), (0, 3)):
            decide("Zones", "setDistance", zone, other, start + later, metres)
        assert [market.zones.distance_at(zone, other, start + later) for later in (0, 500, 900)] == [3, 3, 3]

    def test_says_so(self, market, zone, decide, carried_out):
        other = village(market, decide)
        start = market.chain.now + 1000
        receipt = carried_out("setDistance", zone, other, start, 1500)
        check_event(receipt, "DistanceSet", zoneA=zone, zoneB=other, since=start, metres=1500)

    def test_of_nothing(self, market, zone, decide, as_authority):
        other = village(market, decide)
        start = market.chain.now + 1000
        for pair, metres in (((zone, other), 0), ((zone, zone), 1)):
            with refused(reverts.InvalidDistance, zone_a=pair[0], zone_b=pair[1], metres=metres):
                as_authority("Zones", "setDistance", *pair, start, metres)

    def test_in_the_past(self, market, zone, decide, as_authority):
        other = village(market, decide)
        with pytest.raises(reverts.TooSoon) as caught:
            as_authority("Zones", "setDistance", zone, other, market.chain.now, 5)
        time, earliest = caught.value.arguments
        assert time == market.chain.now < earliest


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("add_zone", (VILLAGE,)),
        ("open_carrier", (1, Carrier.GAS, SLOT, QUARTER, None)),
        ("set_facts", (1, ELECTRICITY, 0, None)),
        ("set_distance", (1, 1, 0, 0)),
    ],
)
def test_only_the_authority_changes_anything(market, people, zone, usual, function, arguments):
    given = [usual() if argument is None else argument for argument in arguments]
    with refused(reverts.NotAuthority, caller=people.administrator.address):
        getattr(market.zones, function)(*given, sender=people.administrator)


def as_event(given):
    """A struct as events have it."""
    shares = ("networkBps", "platformBps", "fundBps", "wheeling")
    accounts = ("feeder", "exportFeeder", "balancing", "network")
    names = ("lossBps", "bandBps", "penaltyBps", "poolIn", "poolOut", *shares, *accounts)
    return dict(zip(names, given, strict=True))
