"""Slots that are traded, metered and settled on an anvil of their own."""

from collections.abc import Iterator

import pytest

from tests.settlement.days import Days
from tests.settlement.months import Months
from tests.settlement.slots import SHARES, TERMS, Slots
from tests.settlement.uses import Uses
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import SLOT_SECONDS, Park


@pytest.fixture(scope="session")
def standing_slots() -> Iterator[Slots]:
    with Anvil(*OPTIONS) as chain:
        yield Slots(Park(chain))


@pytest.fixture
def new_slots() -> Iterator[Slots]:
    """On a chain on which nobody has been in default, for who trades with every member that there is."""
    with Anvil(*OPTIONS) as chain:
        yield Slots(Park(chain))


@pytest.fixture
def slots(standing_slots: Slots) -> Iterator[Slots]:
    """No member of an earlier test; at the end no money is left with settlement, and none was made."""
    standing_slots.parties.clear()
    held = standing_slots.held
    yield standing_slots
    assert standing_slots.imbalance_holds == 0
    assert standing_slots.held == held + standing_slots.brought
    standing_slots.brought = 0


@pytest.fixture
def silent(slots: Slots) -> Slots:
    """Plant and shop of which the shop's meter is not read to the end of the slot."""
    slots.have(["plant", "shop"])
    slots.begin(TERMS, SHARES)
    slots.sell("plant", "shop", 1_000)
    blocks, end = slots.park.blocks, slots.slot + SLOT_SECONDS
    blocks.mine([], end + 1)
    plant, shop = slots.parties["plant"], slots.parties["shop"]
    everything = {device: 0 for party in (plant, shop) for device in party.registers}
    told = {plant.plant: 1_031, plant.meter: 0, shop.plant: 0}
    roots = [slots.read(slots.slot, everything), slots.read(end, told)]
    slots.meterings.wait_until_final()
    for root, tree, leaves in roots:
        slots.meterings.meter(root, tree, leaves)
    return slots


@pytest.fixture(scope="session")
def standing_months() -> Iterator[Months]:
    with Anvil(*OPTIONS) as chain:
        yield Months(Park(chain))


@pytest.fixture
def months(standing_months: Months) -> Months:
    """No device of an earlier test."""
    standing_months.forget()
    return standing_months


@pytest.fixture
def days(standing_months: Months) -> Iterator[Days]:
    """At the end no money is left with those who move it."""
    found = Days(standing_months)
    yield found
    assert found.market.vault.module_of(found.losses.address).locked == 0


@pytest.fixture(scope="session")
def standing_uses() -> Iterator[Uses]:
    with Anvil(*OPTIONS) as chain:
        yield Uses(Park(chain))


@pytest.fixture
def uses(standing_uses: Uses) -> Uses:
    return standing_uses
