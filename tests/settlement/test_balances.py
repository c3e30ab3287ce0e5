"""What is summed of a slot and of a month, however readings come: singly, of several carriers, in parts of a slot."""

from collections.abc import Iterator

import pytest

from tests.settlement.slots import TERMS, Slots
from wattbook.contracts.structs import Carrier, Facts, Purse
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.plan import purse_account
from wattbook.months import month_at, start_of
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.park import SLOT_SECONDS, Park
from wattbook.trial.subscribing import Subscribing

DAY, HOUR, QUARTER = 86_400, 3_600, 900


@pytest.fixture
def second_zone() -> Iterator[Subscribing]:
    """One with slots of a day, whose number is 2."""
    with Anvil(*OPTIONS) as chain:
        found = Subscribing(Park(chain))
        assert found.zone == 2
        yield found


def test_device_by_device(slots: Slots) -> None:
    slots.have(["gate", "plant", "shop"])
    gate, plant, shop = slots.parties.values()
    slots.begin(TERMS, feeders=(gate.plant, gate.meter))
    end = slots.slot + SLOT_SECONDS
    slots.go_to(end + 1)
    begun = {device: 0 for party in (gate, plant, shop) for device in party.registers}
    ended = {gate.plant: 800, gate.meter: 300, plant.plant: 50, plant.meter: 6, shop.plant: 4, shop.meter: 20}
    roots = [slots.read(slots.slot, begun), slots.read(end, ended)]
    slots.meterings.wait_until_final()
    before = slots.imbalance.month_of(1, 0, month_at(slots.slot))
    for root, tree, leaves in roots:
        for leaf in leaves:
            slots.meterings.meter(root, tree, [leaf])
    balance = slots.imbalance.balance_of(1, 0, slots.slot)
    assert (balance.injected, balance.withdrawn, balance.imported, balance.exported) == (54, 26, 800, 300)
    after = slots.imbalance.month_of(1, 0, month_at(slots.slot))
    assert [new - old for new, old in zip(after, before, strict=True)] == [54, 26, 800, 300]


def test_a_slot_belongs_to_the_month_in_which_it_lies(new_slots: Slots) -> None:
    """The last of one and the first of the next."""
    slots = new_slots
    slots.have(["plant"])
    plant = slots.parties["plant"]
    month = month_at(slots.park.blocks.now) + 1
    border = start_of(month)
    slots.go_to(border + SLOT_SECONDS + 1)
    told = [(border - SLOT_SECONDS, 0, 0), (border, 100, 7), (border + SLOT_SECONDS, 30, 5)]
    roots = [slots.read(time, {plant.plant: injected, plant.meter: taken}) for time, injected, taken in told]
    slots.meterings.wait_until_final()
    for one in roots:
        slots.meterings.meter(*one)
    assert [slots.imbalance.month_of(1, 0, month + place) for place in (-1, 0, 1)] == [
        (100, 7, 0, 0),
        (30, 5, 0, 0),
        (0, 0, 0, 0),
    ]


@pytest.mark.parametrize("second", [Carrier.ELECTRICITY, Carrier.HEATING])
def test_of_two_carriers_at_once(second_zone: Subscribing, second: Carrier) -> None:
    zone, imbalance, account = second_zone.zone, second_zone.market.imbalance, second_zone.person()
    cold, other = second_zone.meter(account, Carrier.COOLING), second_zone.meter(account, second)
    assert cold < other
    midnight = (second_zone.blocks.now // DAY + 1) * DAY
    second_zone.pass_until(midnight + 1)
    second_zone.read(midnight, {cold: 0, other: 0})
    second_zone.pass_until(midnight + DAY + 1)
    second_zone.read(midnight + DAY, {cold: 11, other: 1_300})
    for carrier, wh in ((Carrier.COOLING, 11), (second, 1_300)):
        assert imbalance.balance_of(zone, carrier, midnight).withdrawn == wh
        assert imbalance.month_of(zone, carrier, month_at(midnight)).withdrawn == wh
        assert imbalance.delivery_of(zone, carrier, midnight, account).withdrawn == wh


def open_zone(stand: Subscribing, slot_seconds: int, period: int) -> None:
    """A third one, which is the stand's from now on."""
    zones, authority, grid = stand.market.zones, stand.market.authority.address, purse_account(Purse.GRID)
    facts = Facts(0, 0, 0, 300, 600, 0, 0, 0, 0, 0, 0, grid, grid)
    stand.blocks.mine([message(zones, "addZone", authority, b"third".ljust(32, b"\0"))])
    stand.zone = 3
    stand.blocks.mine([message(zones, "openCarrier", authority, 3, Carrier.ELECTRICITY, slot_seconds, period, facts)])


def test_the_first_second_of_a_month_is_its(second_zone: Subscribing) -> None:
    """Of slots that are no longer than that."""
    stand = second_zone
    open_zone(stand, 1, 1)
    meter = stand.meter(stand.person(), rated_w=100_000_000)
    month = month_at(stand.blocks.now) + 1
    stand.pass_until(start_of(month) + 2)
    stand.read(start_of(month), {meter: 0})
    stand.read(start_of(month) + 1, {meter: 5})
    months = [stand.market.imbalance.month_of(3, 0, month + place).withdrawn for place in (-1, 0)]
    assert months == [0, 5]


def test_of_parts_of_a_slot(second_zone: Subscribing) -> None:
    """Read by the quarter, traded by the hour."""
    stand = second_zone
    open_zone(stand, HOUR, QUARTER)
    account = stand.person()
    meter = stand.meter(account)
    start = (stand.blocks.now // HOUR + 1) * HOUR
    for place, wh in enumerate((0, 10, 20, 30, 40, 500)):
        time = start + place * QUARTER
        stand.pass_until(time + 1)
        stand.read(time, {meter: wh})
    deliveries = [stand.market.imbalance.delivery_of(3, 0, start + place * HOUR, account) for place in range(2)]
    assert [(one.withdrawn, one.devices) for one in deliveries] == [(100, 1), (500, 0)]
