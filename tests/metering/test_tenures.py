"""Whose a device was at a time, and how many devices an account had then."""

import random

import pytest

from tests.assertions import pass_time
from wattbook.contracts.structs import Carrier

ELECTRICITY = int(Carrier.ELECTRICITY)


@pytest.fixture
def device(devices, alice):
    return devices.certified(alice)


@pytest.fixture
def move(market):
    """Hands a device over, and says when."""

    def run(device, giver, taker):
        market.meters.offer(device, taker.address, sender=giver)
        market.meters.accept(device, sender=taker)
        return market.chain.now

    return run


@pytest.fixture
def counted(market, zone):
    return lambda account, time: market.meters.counts_at([account.address], zone, ELECTRICITY, time)[0]


class TestOwnerAt:
    def test_of_a_device_that_never_moved(self, market, device, alice):
        for time in (0, market.chain.now, 2**40 - 1):
            assert market.meters.owner_at(device, time) == alice.address

    def test_of_one_that_moved_twice(self, market, device, alice, bob, move):
        first = move(device, alice, bob)
        pass_time(100)
        second = move(device, bob, alice)
        for time, owner in ((0, alice), (first - 1, alice), (first, bob), (second - 1, bob), (second, alice)):
            assert market.meters.owner_at(device, time) == owner.address

    def test_of_one_whose_key_was_lost(self, market, people, device, alice, bob, move, decide):
        """Whoever took the place of a former owner."""
        moved = move(device, alice, bob)
        decide("Membership", "decideRecovery", alice.address, people.spare.address)
        assert market.meters.owner_at(device, moved - 1) == people.spare.address
        assert market.meters.owner_at(device, moved) == bob.address


class TestCountAt:
    def test_from_the_first_certificate_on(self, market, devices, alice, counted):
        device = devices.register(alice)
        assert counted(alice, market.chain.now) == 0
        devices.certify(device)
        since = market.chain.now
        assert [counted(alice, time) for time in (since - 1, since, 2**40 - 1)] == [0, 1, 1]
        pass_time(10)
        devices.certify(device, availability=5_000)
        assert [counted(alice, time) for time in (since - 1, since, market.chain.now)] == [0, 1, 1]

    def test_by_zone_and_carrier(self, market, people, zone, device, alice):
        meters, now = market.meters, market.chain.now
        both = [alice.address, people.operator.address]
        assert meters.counts_at(both, zone, ELECTRICITY, now) == [1, 0]
        assert meters.counts_at(both, zone + 1, ELECTRICITY, now) == [0, 0]
        assert meters.counts_at(both, zone, int(Carrier.HEATING), now) == [0, 0]
        assert meters.counts_at([], zone, ELECTRICITY, now) == []

    def test_moves_with_the_device(self, market, device, alice, bob, move, counted):
        moved = move(device, alice, bob)
        assert [counted(alice, time) for time in (moved - 1, moved)] == [1, 0]
        assert [counted(bob, time) for time in (moved - 1, moved)] == [0, 1]

    def test_not_of_one_that_was_never_certified(self, market, devices, alice, bob, move, counted):
        device = devices.register(alice)
        move(device, alice, bob)
        assert (counted(alice, market.chain.now), counted(bob, market.chain.now)) == (0, 0)
        market.meters.retire(device, sender=bob)
        assert counted(bob, market.chain.now) == 0

    def test_until_it_is_retired(self, market, people, device, alice, counted):
        market.meters.suspend(device, "an inquiry", sender=people.operator)
        assert counted(alice, market.chain.now) == 1
        market.meters.certify(device, 10_000, 0, sender=people.operator)
        market.meters.retire(device, sender=alice)
        retired = market.chain.now
        assert [counted(alice, time) for time in (retired - 1, retired)] == [1, 0]

    def test_stays_with_a_replaced_account(self, market, people, device, alice, decide, counted):
        decide("Membership", "decideRecovery", alice.address, people.spare.address)
        assert (counted(alice, market.chain.now), counted(people.spare, market.chain.now)) == (1, 0)

    def test_through_many_changes(self, market, devices, alice, counted):
        """At any time, and two of them in one second."""
        luck, mine, history = random.Random(9), [], []
        for _ in range(14):
            pass_time(luck.randint(1, 50))
            if mine and luck.random() < 0.4:
                market.meters.retire(mine.pop(), sender=alice)
            else:
                mine.append(devices.certified(alice))
            history.append((market.chain.now, len(mine)))
            earlier = 0
            for since, count in history:
                assert (counted(alice, since - 1), counted(alice, since)) == (earlier, count)
                earlier = count


def test_until_when_it_was_whose(market, people, devices, alice, bob):
    meters = market.meters
    device = devices.register(alice)
    assert (meters.certified_from(device), meters.held_until(device, bob.address)) == (0, 0)
    devices.certify(device)
    certified = market.chain.now
    pass_time(10)
    devices.certify(device, availability=5_000)
    assert (meters.certified_from(device), meters.held_until(device, alice.address)) == (certified, 2**40 - 1)
    ends = []
    for giver, taker in ((alice, bob), (bob, alice), (alice, bob)):
        pass_time(10)
        meters.offer(device, taker.address, sender=giver)
        meters.accept(device, sender=taker)
        ends.append(market.chain.now)
    assert (meters.held_until(device, alice.address), meters.held_until(device, bob.address)) == (ends[2], 2**40 - 1)
    meters.retire(device, sender=bob)
    retired = market.chain.now
    assert meters.held_until(device, bob.address) == meters.retired_at(device) == retired
    times = (certified - 1, certified, retired - 1, retired)
    nobody = "0x" + "00" * 20
    owners = [nobody, alice.address, bob.address, nobody]
    assert [meters.counts_for(device, time) for time in times] == [[owner, nobody] for owner in owners]


def test_payees_that_were_named(market, devices, alice, bob):
    one, two = devices.certified(alice), devices.certified(alice)
    market.meters.set_payee(two, bob.address, sender=alice)
    nobody = "0x" + "00" * 20
    sellers = [alice.address] * 3
    assert market.meters.named_payees_of([two, one, two], sellers) == [bob.address, nobody, bob.address]


def test_an_owner_names_payees_of_his_own_sales_only(market, devices, alice, bob):
    """Who takes a device over, or sold energy of it on, has no say in what another sold."""
    device = devices.certified(alice)
    market.meters.set_payee(device, bob.address, sender=alice)
    nobody = "0x" + "00" * 20
    assert market.meters.named_payees_of([device], [bob.address]) == [nobody]
    market.meters.offer(device, bob.address, sender=alice)
    market.meters.accept(device, sender=bob)
    market.meters.set_payee(device, bob.address, sender=bob)
    assert market.meters.named_payees_of([device], [alice.address]) == [nobody]
    assert market.meters.named_payees_of([device], [bob.address]) == [bob.address]


def test_a_pledgee_names_payees_of_what_the_owner_sells(market, people, devices, alice, bob):
    """Who bought units before, and sells them on, is paid himself."""
    device = devices.certified(alice)
    market.meters.pledge(device, bob.address, bob.address, sender=alice)
    sellers = [alice.address, people.operator.address]
    assert market.meters.named_payees_of([device] * 2, sellers) == [bob.address, "0x" + "00" * 20]
