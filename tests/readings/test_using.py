"""What readings tell when they are used, in order and once, and why some are refused."""

import pytest

from tests.devices import QUARTER, SLOT
from tests.readings.stand import ANOTHER_ZONE, RATED_W, ZONE, leaf
from wattbook.contracts.structs import Carrier, Direction, Quality, Trust
from wattbook.deployment.local import known_account
from wattbook.metering.intervals import MAX_PERIODS
from wattbook.metering.told import ReadingRefusal, Told

# In five minutes, a tenth more than it is rated for.
MOST = 1100
NONE, NOT_FINAL, ORDER, SKIPPED, GAP, PLAUSIBILITY, FOREIGN = ReadingRefusal


class TestIntervals:
    def test_the_first_is_where_it_begins(self, stand, device):
        """It tells nothing, whatever it stands at."""
        for other, register, sequence in ((device, 99_999, 7), (stand.device(), 0, 0), (stand.device(), 2**64 - 1, 0)):
            interval = stand.told(other, other, register, sequence)
            time = stand.time(other)
            told = {"wh": 0, "periods": 0, "quality": Quality.MEASURED, "trust": Trust.AUTHENTICATED, "refusal": NONE}
            assert interval == Told(other, since=time, until=time, **told)
            assert stand.last(other) == (time, register, sequence)

    def test_the_next_tells_what_was_counted(self, stand, device):
        stand.told(0, device, 100, 1)
        interval = stand.told(1, device, 700, 2, quality=Quality.ESTIMATED, trust=Trust.IMPORTED)
        told = {"wh": 600, "periods": 1, "quality": Quality.ESTIMATED, "trust": Trust.IMPORTED, "refusal": NONE}
        assert interval == Told(device, since=stand.time(0), until=stand.time(1), **told)
        assert stand.last(device) == (stand.time(1), 700, 2)

    def test_nothing_counted_is_something(self, stand, device):
        stand.told(0, device, 100, 1)
        assert stand.told(1, device, 100, 2).refusal == NONE

    def test_farther_apart_it_is_substituted(self, stand, device):
        stand.told(0, device, 100, 1)
        interval = stand.told(3, device, 700, 2, trust=Trust.CHECKSUMMED)
        told = {"wh": 600, "periods": 3, "quality": Quality.SUBSTITUTED, "trust": Trust.CHECKSUMMED, "refusal": NONE}
        assert interval == Told(device, since=stand.time(0), until=stand.time(3), **told)

    def test_of_many_at_once_each_is_by_itself(self, stand, device):
        """One that is refused stops no other, wherever it stands."""
        devices = [device, *(stand.device() for _ in range(3))]
        begun = stand.post(0, *(leaf(one, 0, 1) for one in devices))
        foreign = stand.registered()
        registers = (100, MOST + 1, 300, 0)
        posted = stand.post(1, *(leaf(*one, 2) for one in zip(devices, registers, strict=True)), leaf(foreign, 1, 1))
        stand.wait()
        stand.use(begun)
        intervals = stand.use(posted)
        refusals = [NONE, PLAUSIBILITY, NONE, NONE, FOREIGN]
        assert [interval.refusal for interval in intervals] == refusals
        assert [interval.wh for interval in intervals] == [100, 0, 300, 0, 0]
        # The same once more tells nothing more.
        assert [interval.refusal for interval in stand.use(posted)] == [ORDER, PLAUSIBILITY, ORDER, ORDER, FOREIGN]

    def test_of_one_device_twice_in_a_call(self, stand, device):
        posted = stand.post(0, leaf(device, 100, 1))
        stand.wait()
        assert [interval.refusal for interval in stand.use(posted, device, device)] == [NONE, ORDER]

    def test_of_none(self, stand, device):
        posted = stand.post(0, leaf(device, 100, 1))
        assert stand.use_these(posted.root, []) == []

    def test_a_refused_one_says_where_the_register_stands(self, stand, device):
        stand.told(5, device, 100, 5)
        interval = stand.told(3, device, 100, 6, quality=Quality.ESTIMATED, trust=Trust.IMPORTED)
        said = {"quality": Quality.ESTIMATED, "trust": Trust.IMPORTED, "refusal": ORDER}
        assert interval == Told(device, stand.time(5), stand.time(5), 0, 0, **said)
        assert stand.last(device) == (stand.time(5), 100, 5)

    def test_of_what_takes_energy_too(self, stand):
        device = stand.device(direction=Direction.WITHDRAWAL, rated_w=2**32 - 1, modulus=0)
        stand.told(0, device, 2**63, 1)
        most = (2**32 - 1) * QUARTER * 11 // 36_000
        assert stand.told(1, device, 2**63 + most, 2).wh == most


class TestFinal:
    def test_to_the_second(self, stand, device):
        posted = stand.post(0, leaf(device, 100, 1))
        final = stand.now + stand.readings.window()
        for moment, refusal in ((final - 1, NOT_FINAL), (final, NONE)):
            stand.at(moment)
            receipt = stand.readings.use(posted.root, [posted.proven(device)], sender=stand.settlement)
            [packed] = receipt.event("ReadingsUsed").args["uses"]
            assert packed >> 72 == refusal

    def test_a_version_that_another_took_the_place_of(self, stand, device):
        stand.told(0, device, 100, 1)
        first = stand.post(1, leaf(device, 200, 2), leaf(device + 1, 0, 1))
        second = stand.post(1, leaf(device, 300, 2), version=1)
        third = stand.post(1, leaf(device, 400, 2), version=2)
        stand.wait()
        assert [stand.use(one, device)[0].refusal for one in (first, second)] == [NOT_FINAL] * 2
        assert stand.use(third)[0].wh == 300

    def test_a_later_version_is_final_later(self, stand, device):
        stand.post(0, leaf(device, 100, 1))
        stand.at(stand.now + stand.readings.window() - 1)
        second = stand.post(0, leaf(device, 200, 1), version=1)
        stand.at(stand.now + 5)
        assert stand.use(second)[0].refusal == NOT_FINAL
        stand.wait()
        assert stand.use(second)[0].refusal == NONE

    def test_one_that_came_late_is_in_a_later_version(self, stand, device):
        other = stand.device()
        begun = stand.post(0, leaf(device, 0, 1), leaf(other, 0, 1))
        posted = stand.post(1, leaf(device, 100, 2))
        late = stand.post(1, leaf(other, 200, 2), version=1)
        stand.wait()
        stand.use(begun)
        assert [stand.use(one)[0].wh for one in (posted, late)] == [100, 200]

    def test_one_that_a_version_covers_but_does_not_name(self, stand, device):
        """Who served the tree of a later version could not slip another device in."""
        first = stand.post(0, leaf(device, 100, 1), leaf(device + 1, 0, 1))
        posted = stand.covering(0, leaf(device, 200, 1), leaf(device + 1, 5, 1), version=1)
        named = [device + 1, device + 2]
        signatures = stand.vouched(posted.root, named)
        stand.readings.post(posted.root, named, signatures, sender=stand.stranger)
        stand.wait()
        assert stand.use(posted, device)[0].refusal == NOT_FINAL
        assert stand.use(first, device)[0].refusal == NONE


class TestForeign:
    def test_of_no_device(self, stand, device):
        for other in (0, device + 1, 2**32 - 1):
            assert stand.refusal(other % 10, other, 0, 1) == FOREIGN

    def test_of_one_that_was_never_certified(self, stand):
        device = stand.registered()
        posted = stand.post(0, leaf(device, 100, 1))
        stand.wait()
        assert stand.use(posted)[0].refusal == FOREIGN
        stand.market.meters.certify(device, 10_000, 0, sender=known_account("operator"))
        assert stand.use(posted)[0].refusal == NONE

    def test_of_another_zone(self, stand, device):
        other = stand.device(zone=ANOTHER_ZONE)
        assert stand.refusal(0, other, 0, 1) == FOREIGN
        posted = stand.post(0, leaf(device, 0, 1), leaf(other, 0, 1), zone=ANOTHER_ZONE)
        stand.wait()
        assert [interval.refusal for interval in stand.use(posted)] == [FOREIGN, NONE]
        assert stand.refusal(1, other, 0, 2) == FOREIGN

    def test_one_that_was_taken_out_is_read_to_its_end(self, stand, device):
        """What it delivered before counts, and what it delivers after does too: it is not to be sold, but is there."""
        stand.told(0, device, 0, 1)
        stand.market.meters.suspend(device, "why", sender=known_account("operator"))
        assert stand.told(1, device, 100, 2).wh == 100
        stand.market.meters.certify(device, 10_000, 0, sender=known_account("operator"))
        stand.market.meters.retire(device, sender=stand.alice)
        assert stand.told(2, device, 200, 3).wh == 100
        late = stand.device()
        stand.market.meters.suspend(late, "why", sender=known_account("operator"))
        assert stand.refusal(3, late, 0, 1) == NONE

    def test_facts_are_asked_for_once(self, stand, device):
        """Whatever becomes of the registry's answer."""
        stand.told(0, device, 0, 1)
        stand.request("anvil_setCode", stand.market.meters.address, "0x")
        assert stand.told(1, device, 100, 2).wh == 100

    def test_is_said_first(self, stand, device):
        posted = stand.post(0, leaf(device + 1, 100, 1))
        assert stand.use(posted)[0].refusal == FOREIGN


class TestOrder:
    @pytest.mark.parametrize(
        ("place", "sequence"),
        [(4, 6), (0, 9), (6, 5), (6, 4), (9, 0), (4, 4)],
    )
    def test_neither_time_nor_sequence_goes_back(self, stand, device, place, sequence):
        stand.told(5, device, 100, 5)
        assert stand.refusal(place, device, 150, sequence) == ORDER

    @pytest.mark.parametrize("sequence", [4, 5, 6])
    def test_nor_does_time_stand(self, stand, sequence):
        """Of one time there can be a reading in a root and one of the meter's own."""
        key = stand.key()
        device = stand.device(key)
        reading = stand.reading(device, 5, 150, sequence)
        stand.submit(reading, key)
        stand.told(5, device, 100, 5)
        assert stand.use_submitted(reading)[0].refusal == ORDER

    @pytest.mark.parametrize("off", [1, -1, 150])
    def test_off_the_period(self, stand, device, off):
        for seconds in (off, QUARTER + off):
            posted = stand.covering(0, leaf(device, 100, 1))
            root = posted.root._replace(time=stand.time(0) + seconds)
            stand.readings.post(root, [], stand.vouched(root), sender=stand.stranger)
            stand.wait()
            assert stand.use_these(root, [posted.proven(device)])[0].refusal == ORDER
            stand.told(seconds // QUARTER, device, 0, seconds // QUARTER + 1)

    def test_each_carrier_has_its_own_period(self, stand):
        grid = known_account("grid").address
        from tests.devices import facts

        stand.decide(stand.market.zones, "openCarrier", ZONE, Carrier.HEATING, SLOT, SLOT, facts(grid))
        device = stand.device(carrier=Carrier.HEATING)
        places = [place for place in range(6) if stand.time(place) % SLOT == 0]
        assert stand.refusal(places[0] + 1, device, 0, 1) == ORDER
        assert stand.told(places[0], device, 0, 2).refusal == NONE
        assert stand.refusal(places[0] + 2, device, 5, 3) == ORDER
        assert stand.told(places[1], device, 5, 3).periods == 1


class TestPlausibility:
    def test_a_tenth_more_than_it_is_rated_for(self, stand, device):
        assert RATED_W * QUARTER * 11 // 36_000 == MOST
        stand.told(0, device, 0, 1)
        assert stand.refusal(1, device, MOST + 1, 2) == PLAUSIBILITY
        assert stand.told(2, device, 2 * MOST, 3).wh == 2 * MOST
        assert stand.refusal(4, device, 4 * MOST + 1, 4) == PLAUSIBILITY

    def test_not_backward(self, stand):
        device = stand.device(modulus=0)
        stand.told(0, device, 1, 1)
        assert stand.refusal(1, device, 0, 2) == PLAUSIBILITY

    def test_past_the_end_of_the_register_once(self, stand, device):
        stand.told(0, device, 99_900, 1)
        assert stand.refusal(1, device, 1_001, 2) == PLAUSIBILITY
        assert stand.told(2, device, 1_000, 3).wh == 1_100
        other = stand.device(modulus=10)
        stand.told(3, other, 100, 1)
        assert stand.refusal(4, other, 80, 2) == PLAUSIBILITY
        assert stand.told(5, other, 91, 3).wh == 1

    def test_past_the_end_of_the_widest_register(self, stand):
        device = stand.device(modulus=2**64 - 1)
        stand.told(0, device, 2**64 - 2, 1)
        assert stand.told(1, device, 4, 2).wh == 5
        assert stand.refusal(2, device, 2**64 - 2, 3) == PLAUSIBILITY

    def test_one_that_was_refused_does_not_block_the_next(self, stand, device):
        stand.told(0, device, 0, 1)
        for place in (1, 2, 3):
            assert stand.refusal(place, device, 90_000, place + 1) == PLAUSIBILITY
        interval = stand.told(4, device, 400, 5)
        assert (interval.since, interval.wh, interval.periods) == (stand.time(0), 400, 4)
        assert stand.told(5, device, 500, 6).periods == 1

    def test_nor_the_one_after_a_reading_that_was_lost(self, stand, device):
        """The second is impossible, the third lost: the fourth shows that there is none of the third."""
        stand.told(0, device, 0, 1)
        assert stand.refusal(1, device, 90_000, 2) == PLAUSIBILITY
        between = stand.post(2, leaf(device + 1, 0, 1))
        posted = stand.post(3, leaf(device, 400, 4))
        stand.wait()
        assert stand.use(posted)[0].refusal == SKIPPED
        interval = stand.use(posted, skipped=[between.absent(device)])[0]
        assert (interval.wh, interval.periods) == (400, 3)

    def test_nor_one_after_a_leap_of_the_sequence(self, stand, device):
        stand.told(0, device, 0, 1)
        assert stand.refusal(1, device, 90_000, 2**32 - 2) == PLAUSIBILITY
        assert stand.told(2, device, 400, 2**32 - 1).wh == 400

    def test_hides_none_before_it(self, stand, device):
        """The second was not used when the third was refused."""
        stand.told(0, device, 0, 1)
        second = stand.post(1, leaf(device, 100, 2))
        third = stand.post(2, leaf(device, 90_000, 3))
        fourth = stand.post(3, leaf(device, 300, 4))
        stand.wait()
        assert stand.use(third)[0].refusal == SKIPPED
        assert stand.use(fourth)[0].refusal == SKIPPED
        assert stand.use(second)[0].wh == 100
        assert [stand.use(one)[0].refusal for one in (third, fourth)] == [PLAUSIBILITY, NONE]

    def test_one_that_came_late_is_used_before_it(self, stand, device):
        """Of the time between there was no root when the third was refused."""
        stand.told(0, device, 0, 1)
        assert stand.refusal(2, device, 90_000, 3) == PLAUSIBILITY
        assert stand.refusal(1, device, 90_000, 2) == PLAUSIBILITY
        assert stand.told(3, device, 300, 4).periods == 3

    def test_the_same_again_is_refused_alike(self, stand, device):
        stand.told(0, device, 0, 1)
        posted = stand.post(1, leaf(device, 90_000, 2))
        stand.wait()
        assert [stand.use(posted)[0].refusal for _ in range(3)] == [PLAUSIBILITY] * 3


class TestSkipped:
    def test_a_reading_cannot_be_left_out(self, stand, device):
        """Whether its own sequence tells it or not."""
        stand.told(0, device, 0, 1)
        second, third = stand.post(1, leaf(device, 100, 2)), stand.post(2, leaf(device, 200, 3))
        stand.wait()
        assert stand.use(third)[0].refusal == SKIPPED
        assert [stand.use(one)[0].wh for one in (second, third)] == [100, 100]

    def test_a_void_one_can_be(self, stand, device):
        stand.told(0, device, 0, 1)
        second = stand.post(1, leaf(device, 100, 2))
        stand.readings.dispute(*second.named(device), sender=stand.bob)
        third = stand.post(2, leaf(device, 200, 3))
        stand.wait()
        assert stand.use(third)[0].refusal == SKIPPED
        stand.resolve(device, stand.time(1), 0, upheld=True)
        interval = stand.use(third)[0]
        assert (interval.wh, interval.periods, interval.quality) == (200, 2, Quality.SUBSTITUTED)

    def test_the_largest_sequence_is_the_last(self, stand, device):
        stand.told(0, device, 0, 2**32 - 1)
        assert stand.refusal(1, device, 10, 2**32 - 1) == ORDER
        assert stand.refusal(2, device, 10, 0) == ORDER


class TestGap:
    def test_as_many_periods_as_heal(self, stand, device):
        assert stand.readings.max_periods() == MAX_PERIODS
        stand.told(0, device, 0, 1)
        assert stand.refusal(MAX_PERIODS + 1, device, 500, 2) == GAP
        interval = stand.told(MAX_PERIODS, device, 500, 2)
        assert (interval.wh, interval.periods) == (500, MAX_PERIODS)

    def test_as_many_heal_past_the_end_of_the_register(self, stand, device):
        stand.told(0, device, 99_900, 1)
        assert stand.refusal(MAX_PERIODS + 1, device, 100, 2) == GAP
        assert stand.told(MAX_PERIODS, device, 100, 2).wh == 200

    def test_is_said_before_what_was_skipped(self, stand, device):
        """However far it is: a call that looks through all the years between would never end."""
        early = stand.covering(0, leaf(device, 0, 1))
        root = early.root._replace(time=0)
        stand.readings.post(root, [], stand.vouched(root), sender=stand.stranger)
        stand.wait()
        assert stand.use_these(root, [early.proven(device)])[0].refusal == NONE
        posted = stand.post(0, leaf(device, 100, 9))
        stand.wait()
        assert stand.use(posted)[0].refusal == GAP
        gas = stand.readings.use(posted.root, [posted.proven(device)], sender=stand.settlement).gas_used
        assert gas < 100_000
