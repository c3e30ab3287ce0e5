"""What modules reserve for a time to come: as much in every slot, and no more than the device can deliver in any."""

from random import Random

import pytest

from tests.assertions import check_event, pass_time, refused
from tests.devices import SLOT
from wattbook.contracts import reverts
from wattbook.contracts.structs import ModuleStatus, Reservation


@pytest.fixture
def device(devices, alice):
    """2500 Wh in a quarter of an hour."""
    return devices.certified(alice)


@pytest.fixture
def reserve(market, units, zone, module):
    """Reserves as the module and says whether it was done."""

    def run(holder, device, since, until, wh, *, zone=zone, carrier=0, by=module):
        arguments = (zone, carrier, holder.address, device, Reservation(since, until, wh))
        done = market.chain.call(units.function("reserve", *arguments), by.address)
        units.reserve(*arguments, sender=by)
        return done

    return run


class TestReserving:
    def test_of_every_slot_of_the_stretch(self, units, alice, device, start, reserve):
        assert reserve(alice, device, start(), start(3), 1000)
        left = [units.available(alice.address, device, start(place)) for place in range(-1, 4)]
        assert left == [2500, 1500, 1500, 1500, 2500]
        # Nothing of it is drawn, as nobody sold a slot.
        assert units.drawn_of(device, start()) == 0
        assert units.reservations_of(device) == [Reservation(start(), start(3), 1000)]

    def test_is_told(self, units, zone, module, alice, device, start):
        reservation = Reservation(start(), start(2), 7)
        receipt = units.reserve(zone, 0, alice.address, device, reservation, sender=module)
        told = {"device": device, "since": start(), "until": start(2)}
        check_event(receipt, "UnitsReserved", **told, wh=7)
        check_event(
            units.reserve(zone, 0, alice.address, device, reservation, sender=module), "UnitsReserved", **told, wh=14
        )
        given = Reservation(start(), start(2), 5)
        check_event(units.give_back(device, given, sender=module), "UnitsReserved", **told, wh=9)

    def test_what_is_reserved_is_not_sold(self, alice, device, start, reserve, lock):
        assert reserve(alice, device, start(1), start(2), 2000)
        assert not lock(alice, device, start(1), 501)
        assert lock(alice, device, start(1), 500)
        assert lock(alice, device, start(), 2500) and lock(alice, device, start(2), 2500)

    def test_nor_issued(self, units, alice, device, start, reserve):
        assert reserve(alice, device, start(), start(1), 2000)
        with refused(reverts.CapacityExceeded, device=device, slot_start=start(), left=500, asked=501):
            units.issue(device, start(), alice.address, 501, sender=alice)

    @pytest.mark.parametrize("place", [0, 1, 4, 5])
    def test_what_was_sold_is_not_reserved(self, units, alice, device, start, reserve, lock, place):
        """In whatever slot, and wherever it is kept."""
        assert lock(alice, device, start(place), 1)
        assert not reserve(alice, device, start(), start(6), 2500)
        assert reserve(alice, device, start(), start(6), 2499)

    def test_stretches_that_overlap_share_the_slot(self, alice, device, start, reserve):
        assert reserve(alice, device, start(), start(3), 1500)
        assert not reserve(alice, device, start(2), start(5), 1001)
        assert reserve(alice, device, start(2), start(5), 1000)
        assert reserve(alice, device, start(3), start(5), 1500)
        assert not reserve(alice, device, start(4), start(5), 1)

    @pytest.mark.parametrize(
        "since, until",
        [(-100, 1), (1, 1), (2, 1)],
        ids=["begun", "empty", "backward"],
    )
    def test_of_a_time_to_come(self, alice, device, start, reserve, since, until):
        assert not reserve(alice, device, start(since), start(until), 1)

    def test_of_whole_slots(self, alice, device, start, reserve):
        assert not reserve(alice, device, start() + 1, start(2), 1)
        assert not reserve(alice, device, start(), start(2) + 1, 1)

    def test_of_the_holders_own(self, alice, bob, device, start, reserve, zone):
        assert not reserve(bob, device, start(), start(1), 1)
        assert not reserve(alice, device + 1, start(), start(1), 1)
        assert not reserve(alice, device, start(), start(1), 1, carrier=1)
        assert not reserve(alice, device, start(), start(1), 1, zone=zone + 1)

    def test_of_one_that_is_certified(self, market, people, alice, device, start, reserve):
        market.meters.suspend(device, "why", sender=people.operator)
        assert not reserve(alice, device, start(), start(1), 1)

    def test_only_by_modules(self, units, zone, people, alice, device, start):
        given = Reservation(start(), start(1), 1)
        for call in (
            lambda: units.reserve(zone, 0, alice.address, device, given, sender=people.stranger),
            lambda: units.give_back(device, given, sender=people.stranger),
        ):
            with refused(reverts.ModuleNotAllowed, module=people.stranger.address, status=ModuleStatus.NONE):
                call()

    def test_eight_stretches_at_most(self, units, zone, module, alice, device, start, reserve):
        for place in range(8):
            assert reserve(alice, device, start(place), start(place + 1), 1)
        with refused(reverts.TooManyReservations, device=device):
            units.reserve(zone, 0, alice.address, device, Reservation(start(), start(8), 1), sender=module)
        # One more of the same stretch is none more, and one that was given back leaves room.
        assert reserve(alice, device, start(7), start(8), 1)
        units.give_back(device, Reservation(start(), start(1), 1), sender=module)
        assert reserve(alice, device, start(), start(8), 1)

    def test_one_that_is_over_leaves_room(self, market, alice, device, start, reserve):
        first = [start(place) for place in range(12)]
        for place in range(8):
            assert reserve(alice, device, first[place], first[place + 1], 1)
        pass_time(first[1] - market.chain.now)
        assert reserve(alice, device, first[9], first[10], 1)


class TestGivingBack:
    def test_no_more_than_is_reserved(self, units, module, alice, device, start, reserve):
        assert reserve(alice, device, start(), start(2), 10)
        asked = {"device": device, "since": start(), "until": start(2), "asked": 11}
        with refused(reverts.NotReserved, **asked):
            units.give_back(device, Reservation(start(), start(2), 11), sender=module)
        with refused(reverts.NotReserved, **asked | {"until": start(3), "asked": 1}):
            units.give_back(device, Reservation(start(), start(3), 1), sender=module)
        units.give_back(device, Reservation(start(), start(2), 10), sender=module)
        assert units.available(alice.address, device, start()) == 2500


def test_never_more_than_the_capacity_whatever_comes(units, alice, device, start, reserve, lock):
    """A model that knows nothing of groups, flags and entries."""
    luck = Random(7)
    slots = [start(place) for place in range(10)]
    drawn, reserved = dict.fromkeys(slots, 0), dict.fromkeys(slots, 0)
    stretches = [(0, 10), (2, 5), (4, 9), (5, 6)]
    for _ in range(60):
        if luck.random() < 0.6:
            slot, wh = luck.choice(slots), luck.randint(1, 900)
            fits = drawn[slot] + reserved[slot] + wh <= 2500
            assert lock(alice, device, slot, wh) == fits
            drawn[slot] += wh if fits else 0
        else:
            (first, end), wh = luck.choice(stretches), luck.randint(1, 400)
            own = slots[first:end]
            fits = all(drawn[slot] + reserved[slot] + wh <= 2500 for slot in own)
            until = slots[end] if end < 10 else slots[9] + SLOT
            assert reserve(alice, device, own[0], until, wh) == fits
            for slot in own if fits else ():
                reserved[slot] += wh
        slot = luck.choice(slots)
        assert units.available(alice.address, device, slot) == 2500 - drawn[slot] - reserved[slot]
