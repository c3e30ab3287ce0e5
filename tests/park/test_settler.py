"""What the settler takes for done, on a chain on which readings come too late, or are refused."""

import math
from types import SimpleNamespace

import pytest

from tests.settlement.slots import SHARES, TERMS, Slots
from wattbook.contracts.structs import Carrier
from wattbook.deployment.anvil import Anvil
from wattbook.months import month_at
from wattbook.park.chain import Relay, ask
from wattbook.park.people import relay_account
from wattbook.park.settings import SLOT_SECONDS, Folder
from wattbook.park.settler import Done, Settler
from wattbook.trial.blocks import OPTIONS, decoded
from wattbook.trial.park import Park
from wattbook.trial.settling import SLOT_SECONDS as QUARTER

WAITS, SETTLED = {"AccountWaits"}, {"AccountSettled"}


@pytest.fixture(scope="module")
def standing_slots():
    with Anvil(*OPTIONS) as chain:
        yield Slots(Park(chain))


@pytest.fixture
def slots(standing_slots):
    """A plant and a shop that trade, and are read when the slot begins; both registers are refused at its end."""
    standing_slots.parties.clear()
    standing_slots.have(["plant", "shop"])
    standing_slots.begin(TERMS, SHARES)
    standing_slots.sell("plant", "shop", 1_000)
    read(standing_slots, standing_slots.slot)
    for party in standing_slots.parties.values():
        # Posted at the same time as the one before, by another bridge, it got the same number.
        party.readings = dict.fromkeys(party.registers, 0)
    read(standing_slots, standing_slots.slot + QUARTER)
    return standing_slots


def read(slots, time):
    """Has a reading of all meters counted, as far as the chain takes it."""
    blocks = slots.park.blocks
    blocks.mine([], max(blocks.now, time) + 1)
    root = slots.read(time, {device: 0 for party in slots.parties.values() for device in party.registers})
    slots.meterings.wait_until_final()
    slots.meterings.meter(*root)


class Settling:
    """A settler on these slots, which counts as many seconds after a slot's begin as it is told."""

    def __init__(self, slots, path):
        market = slots.market
        accounts = sorted((one.account for one in slots.parties.values()), key=lambda one: int(one, 16))
        self.slots, self.done = slots, Done(Folder(path).settled)
        self.settler = made = object.__new__(Settler)
        made._market, made._done, made._relay = market, self.done, Relay(market, relay_account("settler"))
        made._settings = SimpleNamespace(slots=lambda until: [slots.slot], times=lambda until: [])
        made._accounts = {Carrier.ELECTRICITY: accounts}
        made._sent, made._waiting, made._failed, made._incomplete, made._put_off = {}, {}, set(), set(), set()
        made._drawn_in = 0
        made._certified_at = math.inf

    def count(self, seconds):
        self.done.counted(self.slots.slot + seconds, now=0)

    def round(self):
        """What settlement tells in a block that comes after a step; another one takes note of it."""
        self.settler.step()
        chain = self.slots.market.chain
        ask(chain, "evm_mine")
        self.settler.step()
        block = ask(chain, "eth_blockNumber")
        query = {"address": self.slots.imbalance.address, "fromBlock": block, "toBlock": block}
        return {log.name for log in decoded(ask(chain, "eth_getLogs", query))}

    @property
    def is_settled(self):
        return not self.done.unsettled(Carrier.ELECTRICITY, [self.slots.slot])


@pytest.fixture
def settling(slots, tmp_path):
    return Settling(slots, tmp_path)


def sold_for(slots):
    return slots.market.vault.module_of(slots.market.direct_sale.address).locked


def test_who_waits_for_a_reading_is_settled_with_the_next_one(slots, settling):
    settling.count(SLOT_SECONDS)
    before = sold_for(slots)
    assert settling.round() == WAITS
    assert not settling.is_settled
    # Nothing new is known, so nothing is sent.
    assert settling.round() == set()
    settling.count(2 * SLOT_SECONDS)
    assert settling.round() == WAITS
    read(slots, slots.slot + 2 * QUARTER)
    settling.count(3 * SLOT_SECONDS)
    assert settling.round() >= SETTLED
    assert settling.is_settled and sold_for(slots) < before
    settling.count(4 * SLOT_SECONDS)
    assert settling.round() == set()


def test_the_next_reading_is_counted_while_the_call_is_under_way(slots, settling):
    settling.count(SLOT_SECONDS)
    settling.settler.step()
    settling.count(2 * SLOT_SECONDS)
    assert settling.round() == WAITS
    assert settling.round() == WAITS


def test_who_waits_comes_after_those_who_were_not_asked_yet(slots, settling):
    settling.count(SLOT_SECONDS)
    settling.round()
    settling.count(3 * SLOT_SECONDS)
    later = slots.slot + SLOT_SECONDS
    assert settling.settler._due(Carrier.ELECTRICITY, [slots.slot, later]) == [later, slots.slot]


def test_no_reading_tells_of_what_was_too_long_ago(slots, settling):
    settling.count(98 * SLOT_SECONDS)
    assert settling.round() == WAITS
    assert settling.is_settled


def test_a_later_block_does_not_hide_that_the_chain_is_another(slots, settling):
    settling.count(SLOT_SECONDS)
    settling.settler.step()
    late = slots.park.blocks.now
    settling.done.settled(Carrier.ELECTRICITY, late, now=late)
    settling.done.reach(1, "0x00")
    ask(slots.market.chain, "evm_mine")
    settling.settler.step()
    assert settling.done.unsettled(Carrier.ELECTRICITY, [late]) == [late]
    settling.round()
    # Who waited there may not have to here.
    settling.done.reach(1, "0x00")
    assert settling.round() == WAITS


def test_what_was_done_late_is_undone_as_what_was_done_of_late(settling, slots):
    """A slot can be older by far than the block in which it was settled."""
    now, old = slots.park.blocks.now, slots.slot - 100 * SLOT_SECONDS
    settling.done.settled(Carrier.ELECTRICITY, old, now=now)
    settling.done.settled(Carrier.HEATING, old, now=now - 1_000)
    settling.done.reach(1, "0x00")
    settling.settler.step()
    assert settling.done.unsettled(Carrier.ELECTRICITY, [old]) == [old]
    assert settling.done.unsettled(Carrier.HEATING, [old]) == []


def test_what_was_under_way_when_the_chain_became_another_is_done_again(settling, slots):
    settling.count(SLOT_SECONDS)
    settling.settler.step()
    settling.settler._drawn_in = 5
    assert settling.settler._sent
    settling.done.reach(1, "0x00")
    ask(slots.market.chain, "evm_mine")
    settling.settler.step()
    assert settling.settler._drawn_in == 0
    assert not settling.settler._waiting, "what its block told is not taken for what the other chain tells"
    assert settling.round() == WAITS


def test_what_fails_keeps_nobody_waiting(settling, slots):
    settling.count(5 * SLOT_SECONDS)
    later = slots.slot + SLOT_SECONDS
    settling.settler._put_off.add(f"settle {int(Carrier.ELECTRICITY)} {slots.slot}")
    assert settling.settler._due(Carrier.ELECTRICITY, [slots.slot, later]) == [later, slots.slot]


def test_a_draw_counts_when_it_is_in_a_block(settling, slots):
    """One that failed is sent again."""
    settler, now = settling.settler, slots.park.blocks.now
    month = month_at(now)
    for failed, drawn_in in ((True, 0), (False, month)):
        settler._sent[f"draw {month}"] = 0
        settler._failed |= {f"draw {month}"} if failed else set()
        settler._finish([], now)
        assert settler._drawn_in == drawn_in
