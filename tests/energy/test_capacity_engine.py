"""How much a device may sell, in plain Python, is what the contract says."""

import random

from tests.devices import SLOT, next_slot
from wattbook.energy.capacity import fits, most


def test_a_slot_of_a_device():
    assert most(500_000, 900, 9_000) == 112_500
    assert fits(12_500, 100_000, 112_500)
    assert not fits(12_501, 100_000, 112_500)


def test_as_the_contract_reckons(market, people, devices, admit):
    admit(people.alice)
    luck = random.Random(5)
    for number in range(12):
        rated, available = luck.randint(100, 10**6), luck.randint(1, 10_000)
        device = devices.certify(devices.register(people.alice, devices.key(), rated_w=rated), availability=available)
        slot = next_slot(market.chain.now, 3 + number)
        assert market.energy_units.available(people.alice.address, device, slot) == most(rated, SLOT, available)
