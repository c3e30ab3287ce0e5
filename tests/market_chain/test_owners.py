"""A book goes on to its end whatever its traders do with their devices and accounts meanwhile."""

import pytest

from tests.market_chain.floor import MONEY, PLAIN, POOLED
from wattbook.contracts.structs import BookState, Purse
from wattbook.deployment.local import known_account


def retire(floor, device):
    floor.market.meters.retire(device, sender=floor.carol)


def suspend_device(floor, device):
    floor.market.meters.suspend(device, "it stands still", sender=known_account("operator"))


def give_away(floor, device):
    floor.market.meters.offer(device, floor.erin.address, sender=floor.carol)
    floor.market.meters.accept(device, sender=floor.erin)


def certify_for_less(floor, device):
    floor.market.meters.certify(device, 1, 0, sender=known_account("operator"))


def sell_far_ahead(floor, device):
    """Units of a slot in another group of slots, which may push the slot of the book out of the device's word."""
    start = (floor.chain.now // 900 + 400) * 900
    floor.market.energy_units.issue(device, start, floor.carol.address, 10, sender=floor.carol)


def lose_key(floor, device):
    floor.decide(floor.market.membership, "decideRecovery", floor.carol.address, floor.new_key.address)


def suspend(floor, device):
    floor.suspend("carol")


def choose_nothing(floor, device):
    floor.market.vault.choose_modules(0, sender=floor.carol)


WHAT_COMES_BETWEEN = [
    retire,
    suspend_device,
    give_away,
    certify_for_less,
    sell_far_ahead,
    lose_key,
    suspend,
    choose_nothing,
]
between = pytest.mark.parametrize("happens", WHAT_COMES_BETWEEN, ids=lambda step: step.__name__)


def has(floor):
    """What carol has free, under her old key or her new one."""
    vault = floor.market.vault
    return vault.account_of(floor.carol.address).free + vault.account_of(floor.new_key.address).free


@between
def test_between_revealing_and_settling(floor, life, happens):
    """Of 5000 Wh 2000 are sold."""
    life.trade(floor.buy("alice", 2000, 500), floor.sell("carol", 5000, 300))
    happens(floor, floor.devices["carol", PLAIN])
    life.clear([300, 300])
    life.settle()
    assert life.facts.state == BookState.SETTLED
    assert MONEY - has(floor) == 2000 * 120
    assert life.auction.positions_of(life.key, floor.carol.address)[0].wh == 2000


@between
def test_between_revealing_and_the_end_of_a_void_book(floor, life, happens):
    life.trade(floor.buy("alice", 2000, 500), floor.sell("carol", 5000, 300))
    happens(floor, floor.devices["carol", PLAIN])
    life.void()
    life.settle()
    assert (floor.free("alice"), has(floor)) == (MONEY, MONEY)


@between
def test_between_offering_to_the_pool_and_settling(floor, happens):
    life = floor.open(zone=POOLED, pool=True)
    device = floor.devices["carol", POOLED]
    floor.market.pool.offer(life.key, device, 600, 5000, sender=floor.carol)
    happens(floor, device)
    life.clear([0, 0], [])
    life.clear_pool([0, 0, 0], [])
    life.settle([])
    assert has(floor) == MONEY


@between
def test_between_committing_and_slashing_or_refunding(floor, life, happens):
    order = floor.sell("carol", 5000, 300)
    life.commit(order)
    happens(floor, floor.devices["carol", PLAIN])
    before = floor.snapshot()
    life.clear([0, 0], [])
    life.slash(order)
    assert floor.purse(Purse.COMMON_FUND) == 200_000
    floor.restore(before)
    life.void()
    life.refund(order)
    assert has(floor) == MONEY
