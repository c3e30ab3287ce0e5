"""What an owner can offer."""

import pytest

from tests.assertions import refused
from tests.tenders.floor import BOND, STRANGER, WH
from wattbook.contracts import reverts
from wattbook.contracts.structs import Direction, TenderState
from wattbook.tender.boxes import ORDER
from wattbook.trial.park import SLOT_SECONDS
from wattbook.trial.tendering import OWNER

WEEK = 7 * 86_400


def test_it_is_told_whole_and_its_energy_reserved(floor):
    units, start = floor.market.energy_units, floor.settling.slot
    before, room = floor.money(OWNER), units.available(floor.owner, floor.plant, start)
    held = floor.locked(floor.tenders)
    tender = floor.publish(100_001, reserve=400, slots=4)
    its = floor.tenders.tender_of(tender)
    assert its == (floor.owner, 1, 0, TenderState.OPEN, SLOT_SECONDS, 0)
    assert floor.tenders.terms_of(tender) == floor.terms
    assert floor.gained(before) == {OWNER: -20_000_000}
    assert floor.locked(floor.tenders) - held == 20_000_000
    # A quarter in each slot, rounded up, and nothing before or after.
    for place, reserved in ((-1, 0), (0, 25_001), (3, 25_001), (4, 0)):
        slot = start + place * SLOT_SECONDS
        assert room - units.available(floor.owner, floor.plant, slot) == reserved


def test_the_event(floor):
    floor.publish(WH)
    terms = floor.terms
    tender = floor.tenders.tender_count()
    [log] = floor.tenders.raw.events.TenderPublished.get_logs(from_block=0, argument_filters={"tender": tender})
    assert log["args"]["owner"] == floor.owner and log["args"]["bond"] == BOND
    assert tuple(log["args"]["terms"].values()) == tuple(terms)
    assert tuple(log["args"]["its"].values()) == tuple(floor.tenders.tender_of(tender))


@pytest.mark.parametrize(
    "wh, bond",
    [
        (100, 200_000),
        (10_000, 200_000),
        (10_001, 2_000_000),
        (100_000, 2_000_000),
        (100_001, 20_000_000),
        (1_000_001, 200_000_000),
        (10_000_000, 200_000_000),
        (10_000_001, 400_000_000),
    ],
)
def test_bonds_rise_by_class(floor, wh, bond):

    assert floor.tenders.bond_of(wh) == bond


def test_99_wh_are_too_few(floor):
    with refused(reverts.TenderTooSmall, wh=99):
        floor.publish(99)
    floor.publish(100)


@pytest.mark.parametrize(
    "share",
    ["owner_margin_bps", "user_margin_bps", "tolerance_bps", "owner_penalty_bps", "user_penalty_bps"],
)
def test_shares_are_no_more_than_the_whole(floor, share):
    with refused(reverts.InvalidShare, bps=10_001):
        floor.publish(WH, **{share: 10_001})
    floor.publish(WH, **{share: 10_000})


@pytest.mark.parametrize("key", [0, 5, ORDER, 2**256 - 1])
def test_keys_are_points(floor, key):
    with refused(reverts.InvalidPoint, x=key):
        floor.publish(WH, key=key)


class TestTimes:
    def times(self, floor, **times):
        start = floor.settling.slot
        usual = {
            "quote_end": start - 30,
            "decide_end": start,
            "delivery_start": start,
            "delivery_end": start + SLOT_SECONDS,
        }
        return usual | times

    def refuses(self, floor, **times):
        times = self.times(floor, **times)
        with refused(reverts.InvalidTimes, **times):
            floor.publish(WH, **times)

    def test_the_decision_follows_the_quotes(self, floor):
        start = floor.settling.slot
        self.refuses(floor, quote_end=start, decide_end=start)
        floor.publish(WH, **self.times(floor, quote_end=start - 1, decide_end=start))

    def test_a_day_to_fund_what_is_to_be_funded(self, floor):
        start = floor.settling.slot + 2 * 86_400
        late = {"delivery_start": start, "delivery_end": start + SLOT_SECONDS, "quote_end": start - 90_000}
        with refused(reverts.InvalidTimes, **self.times(floor, **late, decide_end=start - 86_399)):
            floor.publish(WH, **self.times(floor, **late, decide_end=start - 86_399), full_escrow=True)
        floor.publish(WH, **self.times(floor, **late, decide_end=start - 86_400), full_escrow=True)

    def test_delivery_follows_the_decision(self, floor):
        self.refuses(floor, decide_end=floor.settling.slot + 1)

    def test_delivery_has_a_slot(self, floor):
        start = floor.settling.slot
        self.refuses(floor, delivery_end=start)
        self.refuses(floor, delivery_end=start + SLOT_SECONDS - 1)
        self.refuses(floor, delivery_start=start + 1)

    def test_quotes_end_after_now(self, floor):
        now = floor.park.blocks.now
        self.refuses(floor, quote_end=now)

    def test_a_week_to_decide(self, floor):
        start = floor.settling.slot + 2 * WEEK
        start -= start % SLOT_SECONDS
        late = {"delivery_start": start, "delivery_end": start + SLOT_SECONDS, "decide_end": start}
        self.refuses(floor, **late, quote_end=start - WEEK - 1)
        floor.publish(WH, **self.times(floor, **late, quote_end=start - WEEK))

    def test_3072_slots(self, floor):
        start = floor.settling.slot
        self.refuses(floor, delivery_end=start + 3073 * SLOT_SECONDS)
        floor.publish(WH, **self.times(floor, delivery_end=start + 3072 * SLOT_SECONDS))


class TestEnergy:
    def test_of_no_device(self, floor):
        with refused(reverts.EnergyNotFree, device=2**21 - 1, wh=WH):
            floor.publish(WH, device=2**21 - 1)

    def test_of_anothers(self, floor):
        plant = floor.settling.parties["ann"].plant
        with refused(reverts.EnergyNotFree, device=plant, wh=WH):
            floor.publish(WH, device=plant)

    def test_of_a_meter_that_takes(self, floor):
        meter = floor.park.new_device(owner=floor.owner, direction=Direction.WITHDRAWAL)
        with refused(reverts.EnergyNotFree, device=meter, wh=WH):
            floor.publish(WH, device=meter)

    def test_no_more_than_there_is_in_each_slot(self, floor):
        device = floor.park.new_device(owner=floor.owner, rated_w=4_000)
        with refused(reverts.EnergyNotFree, device=device, wh=2_001):
            floor.publish(2_001, slots=2, device=device)
        floor.publish(2_000, slots=2, device=device)
        with refused(reverts.EnergyNotFree, device=device, wh=100):
            floor.publish(100, device=device)

    def test_not_what_was_sold(self, floor):
        device = floor.park.new_device(owner=floor.owner, rated_w=4_000)
        slot = floor.settling.slot + SLOT_SECONDS
        floor.as_(OWNER, "issue", device, slot, floor.owner, 1, contract=floor.market.energy_units)
        with refused(reverts.EnergyNotFree, device=device, wh=2_000):
            floor.publish(2_000, slots=2, device=device)
        floor.publish(1_998, slots=2, device=device)


def test_the_bond_is_locked(floor):
    floor.leave_free(OWNER, BOND - 1)
    with refused(reverts.InsufficientFree, account=floor.owner, free=BOND - 1, asked=BOND):
        floor.publish(WH)


def test_only_by_members(floor):
    with refused(reverts.ModuleNotChosen, account=STRANGER, module=floor.supplies.address):
        floor.as_(STRANGER, "publish", floor.terms._replace(**_terms(floor, floor.plant)))


def _terms(floor, plant):
    start = floor.settling.slot
    return {
        "device": plant,
        "wh": WH,
        "delivery_start": start,
        "delivery_end": start + SLOT_SECONDS,
        "quote_end": start - 30,
        "decide_end": start,
        "key": int.from_bytes(floor.key.public),
    }


def test_who_did_not_choose_supplies_neither_offers_nor_quotes(floor):
    vault = floor.market.vault
    floor.publish(WH)
    others = vault.account_of(floor.owner).modules & ~(1 << vault.module_of(floor.supplies.address).bit)
    for name, call in ((OWNER, lambda: floor.publish(WH)), ("ann", lambda: floor.quote("ann", WH, 1))):
        floor.as_(name, "chooseModules", others, contract=vault)
        with refused(reverts.ModuleNotChosen, account=floor.account(name), module=floor.supplies.address):
            call()
