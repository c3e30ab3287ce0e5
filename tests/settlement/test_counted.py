"""What settlement tells other contracts of an account's energy in a slot, before and after it is settled."""

from collections.abc import Sequence

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.settlement.slots import TERMS, Slots
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Counted, Direction, Exchange, Quality, Reading, TradedSlot
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.readings import Reading as MeterReading
from wattbook.metering.roots import in_order
from wattbook.settlement.imbalance import Metered
from wattbook.trial.blocks import message
from wattbook.trial.park import SLOT_SECONDS
from wattbook.trial.rounds import attesters


def counted(slots: Slots, account: str, asker: str | None = None) -> Counted:
    zone = slots.market.zones.zone_of(1)
    book = keccak(encode(["uint8", "bytes32", "uint40"], [Carrier.ELECTRICITY, zone, slots.slot]))
    slot = TradedSlot(1, Carrier.ELECTRICITY, slots.slot, book)
    if asker is None:
        return slots.imbalance.counted_of(slot, account)
    return Counted(*slots.market.chain.call(slots.imbalance.function("countedOf", slot, account), asker))


def test_of_one_who_sells_and_one_who_buys(slots: Slots):
    parties = {"plant": Metered(10_321, 0, 9_700, 0), "shop": Metered(0, 9_500, 0, 9_700)}
    slots.play(parties)
    plant, shop = slots.account("plant"), slots.account("shop")
    expected = [Counted(True, False, 10_321 * 97 // 100, 0, 9_700, 0), Counted(True, False, 0, 9_500, 0, 9_700)]
    assert [counted(slots, plant), counted(slots, shop)] == expected
    slots.settle_all(*parties)
    assert [counted(slots, plant), counted(slots, shop)] == expected


def test_the_same_slot_of_another_zone_is_another(slots: Slots):
    slots.play({"plant": Metered(1_000, 20, 0, 0)})
    plant, carrier = slots.account("plant"), Carrier.ELECTRICITY
    assert slots.imbalance.delivery_of(1, carrier, slots.slot, plant) == (1_000, 20, 2, False, 0, 0, 0)
    nothing = (0, 0, 0, False, 0, 0, 0)
    assert slots.imbalance.delivery_of(2, carrier, slots.slot, plant) == nothing
    assert slots.imbalance.delivery_of(1, Carrier.HEATING, slots.slot, plant) == nothing


def test_who_asks_knows_his_own_trades(slots: Slots):
    """Of the others of all sources there are those of the auction and of the pool, which are none here."""
    parties = {"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)}
    slots.play(parties)
    plant, direct = slots.account("plant"), slots.market.direct_sale.address
    assert counted(slots, plant, direct) == Counted(True, False, 970, 0, 0, 0)
    assert counted(slots, plant, slots.market.auction.address) == Counted(True, False, 970, 0, 970, 0)


def test_of_all_names_of_an_account(slots: Slots):
    parties = {"plant": Metered(2_000, 300, 1_000, 500), "shop": Metered(600, 900, 500, 1_000)}
    slots.play(parties)
    old = slots.account("plant")
    before = counted(slots, old)
    assert before == Counted(True, False, 1_940, 300, 1_000, 500)
    new = to_checksum_address(f"0x{0xBCDEF000 + len(slots.park.traders):040x}")
    slots.decide(slots.market.membership, "decideRecovery", old, new)
    assert counted(slots, new) == before
    # What was left of the old name is the new one's.
    assert counted(slots, old) == Counted(True, False, 0, 0, 0, 0)


class TestComplete:
    @pytest.mark.parametrize(("after", "complete"), [(-1, False), (0, True)])
    def test_with_the_end_of_the_slot(self, slots: Slots, after: int, complete: bool):
        """Of who has no device there nothing is waited for."""
        slots.have(["plant"])
        slots.begin(TERMS)
        slots.go_to(slots.slot + SLOT_SECONDS + after)
        assert counted(slots, known_account("registrar").address) == Counted(complete, False, 0, 0, 0, 0)

    @pytest.mark.parametrize(("after", "complete"), [(-1, False), (0, True)])
    def test_when_nothing_is_waited_for_any_more(self, silent: Slots, after: int, complete: bool):
        silent.go_to(silent.slot + SLOT_SECONDS + int(silent.imbalance.patience()) + after)
        assert counted(silent, silent.account("plant")) == Counted(True, False, 1_000, 0, 1_000, 0)
        assert counted(silent, silent.account("shop")) == Counted(complete, True, 0, 0, 0, 1_000)

    def test_not_while_a_reading_is_waited_for(self, silent: Slots):
        assert counted(silent, silent.account("shop")) == Counted(False, True, 0, 0, 0, 1_000)


def test_before_it_is_certified_a_device_counts_for_nobody(slots: Slots):
    slots.begin(TERMS)
    slots.go_to(slots.slot + 100)
    slots.have(["plant"])
    before = slots.imbalance.balance_of(1, 0, slots.slot)
    later = slots.slot + SLOT_SECONDS
    slots.deliver({"plant": Metered(1_000, 50, 0, 0)})
    assert slots.imbalance.balance_of(1, 0, slots.slot) == before
    nobody = "0x" + "00" * 20
    for account in (nobody, slots.account("plant")):
        assert slots.imbalance.delivery_of(1, 0, slots.slot, account) == (0, 0, 0, False, 0, 0, 0)
    slots.go_to(later + SLOT_SECONDS + 1)
    root = slots.read(later + SLOT_SECONDS, {slots.parties["plant"].plant: 30, slots.parties["plant"].meter: 0})
    slots.meterings.wait_until_final()
    slots.meterings.meter(*root)
    assert slots.imbalance.delivery_of(1, 0, later, slots.account("plant"))[:3] == (30, 0, 2)


@pytest.mark.parametrize("full", ["injected", "withdrawn"])
def test_as_much_as_there_is_room_for(slots: Slots, full: str):
    """Nothing runs over into what stands beside it."""
    slots.have(["plant"])
    slots.begin(TERMS)
    most, plant = 2**40 - 1, slots.account("plant")
    inner = keccak(encode(["uint256", "uint256"], [1 << 48 | slots.slot, storage_slot("Imbalance", "_deliveries")]))
    place = keccak(encode(["address", "bytes32"], [plant, inner]))
    word = (most - 5) << (0 if full == "injected" else 40)
    slots.park.blocks.set_storage(slots.imbalance.address, place, word.to_bytes(32))
    slots.deliver({"plant": Metered(20, 30, 0, 0)})
    known = slots.imbalance.delivery_of(1, 0, slots.slot, plant)
    assert known[:3] == ((most, 30, 2) if full == "injected" else (20, most, 2))


def test_a_long_silence_that_an_exchange_ended(slots: Slots):
    """After 100 slots what both meters counted is of the last 96."""
    slots.have(["plant"])
    slots.begin(TERMS)
    plant, readings, blocks = slots.parties["plant"], slots.market.readings, slots.park.blocks
    begin, end = slots.slot, slots.slot + 100 * SLOT_SECONDS
    slots.go_to(end + 1)
    root = slots.read(begin, {plant.plant: 1_000})
    said = Exchange(plant.plant, end - SLOT_SECONDS, 1_000 + 90 * 96, 0, b"\1" * 32)
    signed = in_order((one.address, sign(readings, "Exchange", one, said._asdict())) for one in attesters())
    blocks.mine([message(readings, "exchange", known_account("grid").address, said, signed)])
    plant.registers[plant.plant] = 0
    roots = [root, slots.read(end, {plant.plant: 10 * 96})]
    slots.meterings.wait_until_final()
    for one in roots:
        slots.meterings.meter(*one)
    starts = [begin + place * SLOT_SECONDS for place in (0, 3, 4, 5, 99, 100)]
    known = [slots.imbalance.delivery_of(1, Carrier.ELECTRICITY, start, plant.account) for start in starts]
    assert [one.injected for one in known] == [0, 0, 100, 100, 100, 0]


def test_what_a_meter_submitted_itself(slots: Slots):
    slots.have(["plant"])
    slots.begin(TERMS)
    readings, blocks = slots.market.readings, slots.park.blocks
    device, relayer = slots.parties["plant"].plant, known_account("grid").address
    slots.go_to(slots.slot + SLOT_SECONDS + 1)
    said = []
    for place, register in enumerate((7_000, 7_500)):
        time = slots.slot + place * SLOT_SECONDS
        kind = Carrier.ELECTRICITY, Direction.INJECTION
        reading = Reading(device, *kind, time, register, place + 1, Quality.MEASURED, bytes(32))
        signature = slots.park.meter_keys[device].sign(MeterReading(*reading).digest(31337, readings.address))
        blocks.mine([message(readings, "submit", relayer, reading, signature)])
        said.append((time, reading))
    slots.meterings.wait_until_final()
    for time, reading in said:
        blocks.mine([message(slots.imbalance, "meterSubmitted", relayer, 1, time, [reading])])
    known = slots.imbalance.delivery_of(1, Carrier.ELECTRICITY, slots.slot, slots.account("plant"))
    assert known == (500, 0, 1, False, 0, 0, 0)


class TestSources:
    def sources(self, slots: Slots) -> Sequence[str]:
        return [to_checksum_address(one) for one in slots.imbalance.sources()]

    def test_a_new_one_is_said_and_the_last(self, new_slots: Slots):
        before, source = self.sources(new_slots), new_slots.market.vault.address
        mined = new_slots.decide(new_slots.imbalance, "addSource", source)
        assert [(log.name, [one.lower() for one in log.args]) for log in mined.logs] == [
            ("SourceAdded", [source.lower()])
        ]
        assert self.sources(new_slots) == [*before, source]

    def test_is_named_by_the_authority(self, slots: Slots):
        slots.have(["plant"])
        with refused(reverts.NotAuthority, caller=slots.account("plant")):
            call = slots.imbalance.function("addSource", slots.market.vault.address)
            slots.market.chain.call(call, slots.account("plant"))

    def test_one_that_is_known(self, slots: Slots):
        for source in self.sources(slots):
            with refused(reverts.SourceKnown, source=source):
                call = slots.imbalance.function("addSource", source)
                slots.market.chain.call(call, slots.market.authority.address)


class TestTraders:
    """How many accounts with a position a slot has, by which its losses are told from trades that were not settled."""

    def traders(self, slots: Slots) -> int:
        return int(slots.imbalance.balance_of(1, 0, slots.slot).traders)

    def test_who_trades_and_who_does_not(self, slots: Slots):
        parties = {"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970), "other": Metered(0, 50, 0, 0)}
        slots.play(parties)
        slots.settle_all("other")
        assert self.traders(slots) == 0
        slots.settle_all("plant")
        assert self.traders(slots) == 1
        slots.settle_all(*parties)
        assert self.traders(slots) == 2
        slots.settle_all(*parties)
        assert self.traders(slots) == 2

    def test_who_was_settled_under_another_name(self, slots: Slots):
        parties = {"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)}
        slots.play(parties)
        slots.settle_all(*parties)
        new = to_checksum_address(f"0x{0xCDEF0000 + len(slots.park.traders):040x}")
        slots.decide(slots.market.membership, "decideRecovery", slots.account("plant"), new)
        slots.settle_together([new])
        assert self.traders(slots) == 2
