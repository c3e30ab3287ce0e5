"""What docs/threats.md says remains of settlement: each is played, so that the page is true as long as this passes."""

from tests.settlement.slots import SHARES, TERMS, Slots
from tests.settlement.test_settling import known_from
from wattbook.deployment.local import known_account
from wattbook.metering.told import ReadingRefusal
from wattbook.trial.blocks import message
from wattbook.trial.park import SLOT_SECONDS

BOND = 20_000_000


def test_who_uses_a_later_reading_first_leaves_out_what_a_new_device_counted_before(slots: Slots):
    """The first reading that is used of a device is where its counting begins, whoever uses it."""
    slots.have(["shop"])
    slots.begin(TERMS)
    blocks, start, shop = slots.park.blocks, slots.slot, slots.parties["shop"]
    blocks.mine([], start + 1)
    told = [slots.read(start, {shop.plant: 0, shop.meter: 0})]
    for place in (1, 2):
        blocks.mine([], start + place * SLOT_SECONDS)
        told.append(slots.read(start + place * SLOT_SECONDS, {shop.plant: 0, shop.meter: 700}))
    slots.meterings.wait_until_final()
    for one in reversed(told):
        slots.meterings.meter(*one)
    assert slots.imbalance.delivery_of(1, 0, start, shop.account).withdrawn == 0
    assert slots.imbalance.delivery_of(1, 0, start + SLOT_SECONDS, shop.account).withdrawn == 0
    root, tree, leaves = told[1]
    refusals = [one.refusal for one in slots.meterings.use(root, tree, leaves)[0]]
    assert refusals == [ReadingRefusal.ORDER] * 2


def test_a_meter_that_was_never_read_takes_nothing(slots: Slots):
    """Nothing was bought and nothing is usual: what it took shows as the zone's loss only."""
    slots.have(["shop"])
    slots.begin(TERMS)
    slots.park.blocks.mine([], known_from(slots))
    before = slots.money("shop")
    [said] = slots.settle_all("shop").values()
    assert (said.statement.withdrawn, said.statement.cash) == (0, 0)
    assert slots.gained(before) == {}


def test_a_dispute_that_nobody_decides_makes_a_seller_owe_and_costs_nothing(slots: Slots):
    slots.have(["plant", "shop", "rival"])
    slots.begin(TERMS, SHARES)
    slots.sell("plant", "shop", 10_000)
    blocks, vault, readings = slots.park.blocks, slots.market.vault, slots.market.readings
    plant, shop = slots.parties["plant"], slots.parties["shop"]
    spare = slots.free("plant")
    slots.as_account("plant", vault, "withdraw", spare)
    slots.brought -= spare
    end = slots.slot + SLOT_SECONDS
    blocks.mine([], end + 1)
    everything = {device: 0 for party in (plant, shop) for device in party.registers}
    first = slots.read(slots.slot, everything)
    last = slots.read(end, everything | {plant.plant: 10_310, shop.meter: 10_000})
    root, tree, leaves = last
    of_plant = next(one for one in leaves if one.device == plant.plant)
    place = tree.place(of_plant.device)
    before = slots.free("rival")
    said = (root, of_plant.device, of_plant.content_hash, place, tree.proof(place))
    slots.as_account("rival", readings, "dispute", *said)
    assert before - slots.free("rival") == BOND
    opened = blocks.now
    blocks.mine([], end + SLOT_SECONDS + 1)
    later = slots.read(end + SLOT_SECONDS, {plant.plant: 0})
    slots.meterings.wait_until_final()
    slots.meterings.meter(*first)
    slots.meterings.meter(*last)
    [held_up] = slots.meterings.use(*later)[0]
    assert held_up.refusal == ReadingRefusal.SKIPPED

    blocks.mine([], max(known_from(slots), opened + int(readings.lapses_after())))
    told = slots.settle_all("plant", "shop")
    assert told["plant"].statement.injected == 0
    assert told["plant"].statement.unpaid > 0
    assert vault.account_of(plant.account).in_default
    blocks.mine([message(readings, "lapse", known_account("grid").address, of_plant.device, end, 0)])
    assert slots.free("rival") == before

    slots.meterings.meter(*last)
    [again] = slots.settle_all("plant").values()
    assert again.statement.injected == 10_310
    assert (vault.debt_of(plant.account), vault.account_of(plant.account).in_default) == (0, False)
