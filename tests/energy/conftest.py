"""A module that locks energy, and slots to lock it of."""

import pytest

from tests.devices import SLOT, draw


@pytest.fixture
def units(market):
    return market.energy_units


@pytest.fixture
def lock(market, units, zone, module):
    """Locks as the module and says whether it was done: `lock(alice, device, start, 100)`."""

    def run(holder, device, start, amount, *, zone=zone, carrier=0, by=module):
        arguments = (zone, carrier, start, [draw(holder, device, amount)])
        refused = market.chain.call(units.function("lockEach", *arguments), by.address)
        units.lock_each(*arguments, sender=by)
        return not refused

    return run


@pytest.fixture
def release(units, zone, module):
    """Releases as the module: `release(alice, device, start, 100)`."""

    def run(holder, device, start, amount, *, zone=zone, carrier=0, by=module):
        return units.release_each(zone, carrier, start, [draw(holder, device, amount)], sender=by)

    return run


@pytest.fixture
def start(market):
    """The first slot of a group that begins in one to two hours, and later ones: `start(3)` is the fourth."""
    group = (market.chain.now // (4 * SLOT) + 2) * 4
    return lambda place=0: (group + place) * SLOT


@pytest.fixture
def unit(units, zone):
    """The id of a unit of electricity of the zone."""
    return lambda device, start: units.unit_id(0, zone, device, start)
