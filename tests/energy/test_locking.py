"""What modules lock: never more of a slot than the device can deliver."""

import pytest

from tests.assertions import check_event, pass_time, refused
from tests.devices import SLOT, draw
from wattbook import pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Direction, ModuleStatus

CAP = 2500


@pytest.fixture
def device(devices, alice):
    """A plant of 10 kW: 2500 Wh in a quarter of an hour."""
    return devices.certified(alice)


class TestCapacity:
    @pytest.mark.parametrize(
        ("watts", "availability", "cap"),
        [
            (10_000, 10_000, 2500),
            (10_000, 3_333, 833),
            (1, 10_000, 0),
            (4, 10_000, 1),
            (10_000, 0, 0),
            (2**32 - 1, 10_000, (2**32 - 1) // 4),
        ],
    )
    def test_is_the_rating_times_the_slot_times_the_availability(
        self, units, devices, alice, start, watts, availability, cap
    ):
        device = devices.certify(devices.register(alice, rated_w=watts), availability)
        assert units.source_of(device).cap_wh == cap == watts * SLOT * availability // (3600 * 10_000)
        assert units.available(alice.address, device, start()) == cap

    def test_of_a_long_slot_is_at_most_what_fits(self, market, people, units, devices, decide, alice):
        from tests.devices import facts

        decide("Zones", "openCarrier", devices.zone, Carrier.GAS, 86_400, 3600, facts(people.grid.address))
        device = devices.certified(alice, carrier=Carrier.GAS, rated_w=2**32 - 1)
        source = units.source_of(device)
        assert (source.cap_wh, source.carrier, source.slot_seconds) == (2**32 - 1, Carrier.GAS, 86_400)

    def test_what_takes_energy_has_none_to_sell(self, units, devices, alice, start, lock):
        device = devices.certified(alice, direction=Direction.WITHDRAWAL)
        assert units.source_of(device).cap_wh == 0
        assert not lock(alice, device, start(), 1)

    def test_says_when_it_changes(self, market, people, units, devices, alice):
        device = devices.register(alice)
        changed = {"device": device, "owner": alice.address}
        receipt = market.meters.certify(device, 10_000, 0, sender=people.operator)
        check_event(receipt, "SourceChanged", **changed, capWh=2500)
        receipt = market.meters.certify(device, 5_000, 0, sender=people.operator)
        check_event(receipt, "SourceChanged", **changed, capWh=1250)
        receipt = market.meters.suspend(device, "why", sender=people.operator)
        check_event(receipt, "SourceChanged", **changed, capWh=0)
        receipt = market.meters.certify(device, 5_000, 0, sender=people.operator)
        check_event(receipt, "SourceChanged", **changed, capWh=1250)
        receipt = market.meters.retire(device, sender=alice)
        check_event(receipt, "SourceChanged", **changed, capWh=0)

    def test_is_copied_by_anyone_and_changes_nothing_then(self, people, units, device):
        before = units.source_of(device)
        assert units.sync(device, sender=people.stranger).events == ()
        assert units.source_of(device) == before
        with refused(reverts.UnknownDevice, device=device + 1):
            units.sync(device + 1, sender=people.stranger)


class TestLock:
    def test_up_to_the_capacity_of_the_slot(self, units, alice, device, start, lock):
        assert lock(alice, device, start(), 2000)
        assert units.drawn_of(device, start()) == 2000
        assert units.available(alice.address, device, start()) == 500
        assert not lock(alice, device, start(), 501)
        assert lock(alice, device, start(), 500)
        assert not lock(alice, device, start(), 1)
        assert units.drawn_of(device, start()) == CAP

    def test_each_slot_by_itself(self, units, alice, device, start, lock):
        """Four of the source's own group, then others: before, after, far."""
        places = (0, 1, 2, 3, 4, 7, 9, -1, 1000)
        for number, place in enumerate(places, 1):
            assert lock(alice, device, start(place), number)
        assert not lock(alice, device, start(3), CAP)
        for number, place in enumerate(places, 1):
            assert units.drawn_of(device, start(place)) == number
        assert units.drawn_of(device, start(8)) == 0

    def test_the_whole_of_each_slot_spoils_none_beside_it(self, units, devices, alice, start, lock, release):
        device = devices.certified(alice, rated_w=2**32 - 1)
        cap = units.source_of(device).cap_wh
        for place in range(8):
            assert lock(alice, device, start(place), cap)
            assert not lock(alice, device, start(place), 1)
        for place in (1, 2, 6):
            release(alice, device, start(place), cap)
        assert [units.drawn_of(device, start(place)) for place in range(8)] == [cap, 0, 0, cap, cap, cap, 0, cap]

    def test_says_nothing(self, units, alice, device, zone, module, start, lock, release):
        arguments = (zone, 0, start(), [draw(alice, device, 10)])
        assert units.lock_each(*arguments, sender=module).events == ()
        assert units.release_each(*arguments, sender=module).events == ()

    def test_for_many(self, market, units, devices, alice, bob, device, zone, module, start):
        """What is refused is named by its place and stops nothing; what is zero is left out."""
        other = devices.certified(bob)
        draws = [draw(alice, device, CAP), 0, draw(alice, device, 1), draw(bob, other, 5), draw(bob, device, 1)]
        arguments = (zone, 0, start(), draws)
        refused = market.chain.call(units.function("lockEach", *arguments), module.address)
        assert refused == [2, 4]
        units.lock_each(*arguments, sender=module)
        assert [units.drawn_of(one, start()) for one in (device, other)] == [CAP, 5]
        back = [draw(alice, device, 3), 0, draw(bob, other, 5)]
        units.release_each(zone, 0, start(), back, sender=module)
        assert [units.drawn_of(one, start()) for one in (device, other)] == [CAP - 3, 0]

    def test_releases_for_all_or_none(self, units, alice, device, zone, module, start, lock):
        lock(alice, device, start(), 10)
        with refused(reverts.NotDrawn, device=device, slot_start=start(), drawn=4, asked=5):
            back = [draw(alice, device, 6), draw(alice, device, 5)]
            units.release_each(zone, 0, start(), back, sender=module)
        assert units.drawn_of(device, start()) == 10

    def test_more_than_can_ever_be(self, alice, device, start, lock):
        assert not lock(alice, device, start(), 2**40 - 1)
        assert lock(alice, device, start(), CAP)
        assert not lock(alice, device, start(), 2**40 - 1)

    def test_the_last_slot_of_all(self, units, alice, device, lock):
        last = (2**40 - 1) // SLOT * SLOT
        assert lock(alice, device, last, 7)
        assert units.drawn_of(device, last) == 7

    def test_what_was_drawn_ahead_is_found_when_its_time_comes(
        self, market, units, alice, device, start, lock, release
    ):
        """The source stands at the first group when the second and third are drawn on; then it takes them up."""
        assert lock(alice, device, start(0), 1)
        assert lock(alice, device, start(4), 20)
        assert lock(alice, device, start(9), 300)
        assert units.source_of(device).ahead
        pass_time(start(3) - market.chain.now)
        assert lock(alice, device, start(5), 4)
        assert units.drawn_of(device, start(4)) == 20
        assert not lock(alice, device, start(4), CAP - 19)
        source = units.source_of(device)
        assert (source.group * 4 * SLOT, source.drawn) == (start(4), 20 | 4 << 32)
        pass_time(start(7) - market.chain.now)
        release(alice, device, start(9), 100)
        source = units.source_of(device)
        assert (source.group * 4 * SLOT, source.drawn) == (start(8), 200 << 32)

    @pytest.mark.parametrize("place", [3, 2, 1])
    def test_the_source_stays_while_one_of_its_slots_is_to_come(self, market, units, alice, device, start, lock, place):
        """It is the start of the fourth slot that frees it, to the second."""
        assert lock(alice, device, start(3), 1000)
        pass_time(start(place) - market.chain.now)
        assert lock(alice, device, start(4), 20)
        moved = place == 3
        assert (units.source_of(device).group * 4 * SLOT == start(4)) == moved
        if not moved:
            assert units.drawn_of(device, start(3)) == 1000
            assert not lock(alice, device, start(3), CAP - 999)
        assert units.drawn_of(device, start(4)) == 20

    def test_a_group_before_the_sources_own(self, units, alice, device, start, lock):
        assert lock(alice, device, start(8), 5)
        assert lock(alice, device, start(4), CAP)
        assert not lock(alice, device, start(4), 1)
        assert units.source_of(device).group * 4 * SLOT == start(8)
        assert (units.drawn_of(device, start(4)), units.drawn_of(device, start(8))) == (CAP, 5)


class TestRefused:
    """False and nothing else, for whatever reason lies with the holder."""

    @pytest.fixture(autouse=True)
    def nothing_changes(self, units, device, start):
        before = units.source_of(device)
        yield
        assert units.source_of(device).drawn == before.drawn == 0

    def test_not_his(self, people, alice, bob, device, start, lock):
        for holder in (bob, people.stranger, people.issuer):
            assert not lock(holder, device, start(), 1)

    def test_no_such_device(self, alice, device, start, lock):
        for other in (0, device + 1, 2**32 - 1):
            assert not lock(alice, other, start(), 1)
            assert not lock(alice, other, start(), 1, zone=0)

    def test_not_certified(self, devices, alice, device, start, lock):
        assert not lock(alice, devices.register(alice), start(), 1)

    def test_suspended(self, market, people, alice, device, start, lock):
        market.meters.suspend(device, "why", sender=people.operator)
        assert not lock(alice, device, start(), 1)
        assert not lock(alice, device, start(), 0)

    def test_retired(self, market, alice, device, start, lock):
        market.meters.retire(device, sender=alice)
        assert not lock(alice, device, start(), 1)

    def test_in_another_zone_or_of_another_carrier(self, alice, device, zone, start, lock):
        assert not lock(alice, device, start(), 1, zone=zone + 1)
        assert not lock(alice, device, start(), 1, zone=0)
        for carrier in (Carrier.COOLING, Carrier.FLEXIBILITY):
            assert not lock(alice, device, start(), 1, carrier=carrier)

    @pytest.mark.parametrize("off", [1, SLOT - 1, -1])
    def test_off_the_grid(self, alice, device, start, lock, off):
        assert not lock(alice, device, start() + off, 1)

    def test_a_slot_that_has_begun(self, market, units, alice, device, start, lock):
        pass_time(start() - market.chain.now)
        for place in (0, -1, -1000):
            assert not lock(alice, device, start(place), 1)
        assert not lock(alice, device, 0, 1)
        assert units.available(alice.address, device, start()) == 0
        assert units.available(alice.address, device, start(1)) == CAP

    def test_there_is_nothing_available_either(self, people, units, devices, alice, bob, device, start):
        assert units.available(bob.address, device, start()) == 0
        assert units.available(people.stranger.address, device, start()) == 0
        assert units.available(alice.address, device + 1, start()) == 0
        assert units.available(alice.address, devices.register(alice), start()) == 0
        assert units.available(alice.address, device, start() + 1) == 0


class TestModule:
    def test_none(self, people, alice, device, zone, units, start):
        for other in (people.stranger, alice):
            for step in (units.lock_each, units.release_each):
                with refused(reverts.ModuleNotAllowed, module=other.address, status=ModuleStatus.NONE):
                    step(zone, 0, start(), [draw(alice, device, 1)], sender=other)

    def test_paused_goes_on(self, market, people, alice, device, module, start, lock, release):
        market.vault.pause_module(module.address, sender=people.operator)
        assert lock(alice, device, start(), 5)
        release(alice, device, start(), 5)

    def test_leaving_only_releases(self, units, alice, device, zone, module, decide, start, lock, release):
        assert lock(alice, device, start(), 5)
        decide("Vault", "retireModule", module.address)
        assert not lock(alice, device, start(), 1)
        assert units.drawn_of(device, start()) == 5
        release(alice, device, start(), 5)
        assert units.drawn_of(device, start()) == 0

    def test_need_not_have_been_chosen_for_energy(self, market, alice, device, deposit, start, lock):
        """Only money is locked by consent: nothing is lost with energy that is locked."""
        deposit(alice, pt(1))
        assert market.vault.account_of(alice.address).modules == 0
        assert lock(alice, device, start(), 5)


class TestRelease:
    def test_gives_back_to_the_device(self, units, alice, device, start, lock, release):
        assert lock(alice, device, start(), CAP)
        release(alice, device, start(), 400)
        assert units.drawn_of(device, start()) == CAP - 400
        assert lock(alice, device, start(), 400)

    def test_not_more_than_is_drawn(self, units, alice, device, start, lock, release):
        assert lock(alice, device, start(), 10)
        assert lock(alice, device, start(1), 10)
        for place, drawn in ((0, 10), (2, 0), (5, 0)):
            about = {"device": device, "slot_start": start(place)}
            with refused(reverts.NotDrawn, **about, drawn=drawn, asked=11):
                release(alice, device, start(place), 11)

    def test_nor_to_somebody_else(self, alice, bob, device, start, lock, release):
        assert lock(alice, device, start(), 10)
        with refused(reverts.NotDrawn, device=device, slot_start=start(), drawn=10, asked=11):
            release(bob, device, start(), 11)

    def test_nor_of_what_is_not_there(self, alice, bob, device, zone, start, lock, release):
        assert lock(alice, device, start(), 10)
        about = {"slot_start": start(), "drawn": 0, "asked": 1}
        for holder in (alice, bob):
            for changes in ({"zone": zone + 1}, {"carrier": Carrier.GAS}):
                with refused(reverts.NotDrawn, device=device, **about):
                    release(holder, device, start(), 1, **changes)
            with refused(reverts.NotDrawn, device=99, **about):
                release(holder, 99, start(), 1)
            with refused(reverts.NotDrawn, device=99, **about):
                release(holder, 99, start(), 1, zone=0)
            with refused(reverts.NotDrawn, device=device, **about | {"slot_start": start() + 1}):
                release(holder, device, start() + 1, 1)

    def test_nothing_once_the_slot_has_begun(self, market, units, alice, bob, device, start, lock, release):
        assert lock(alice, device, start(), 10)
        before = units.source_of(device)
        pass_time(start() - market.chain.now)
        for holder in (alice, bob):
            assert release(holder, device, start(), 10).events == ()
        assert units.source_of(device) == before
        assert units.drawn_of(device, start()) == 0
