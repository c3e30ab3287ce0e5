"""Who is paid, and who pays, when devices, keys and payees are others than usual."""

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from tests.further import joining
from tests.settlement.slots import MARGIN, PRICE, SHARES, TERMS, Slots
from wattbook.contracts.structs import Carrier, Direction, Purse
from wattbook.deployment.plan import purse_account
from wattbook.settlement.bills import split
from wattbook.settlement.imbalance import Metered, imbalance
from wattbook.trial.blocks import message
from wattbook.trial.park import SLOT_SECONDS


def own(due: int) -> int:
    network, platform, fund = SHARES
    parts = [("own", 10_000 - sum(SHARES)), ("network", network), ("platform", platform), ("fund", fund)]
    return split(due, parts)["own"]


class TestNamedPayee:
    def begin(self, slots: Slots, delivered: int, shops: int = 1) -> dict[str, int]:
        """A plant whose deliveries the bank is paid for sells 10,000 Wh."""
        each = 10_000 // shops
        parties = {"plant": Metered(delivered, 0, 10_000, 0)}
        parties |= {f"shop {place}": Metered(0, each, 0, each) for place in range(shops)}
        slots.have([*parties, "bank"])
        slots.as_account("plant", slots.market.meters, "setPayee", slots.parties["plant"].plant, slots.account("bank"))
        before = slots.money("plant", "bank")
        slots.play(parties)
        slots.settle_all(*parties)
        return slots.gained(before)

    def test_gets_what_is_due(self, slots: Slots):
        gained = self.begin(slots, 10_320)
        assert gained["bank"] == own(10_000 * PRICE)
        assert gained["plant"] == imbalance(Metered(10_320, 0, 10_000, 0), TERMS).cash == 10 * 300

    def test_gives_up_what_margins_do_not_cover(self, slots: Slots):
        """The owner's margin is taken first, then what the payee would get, then the owner's free balance."""
        gained = self.begin(slots, 0)
        charge, margin = -imbalance(Metered(0, 0, 10_000, 0), TERMS).cash, 10_000 * MARGIN
        rest = charge - margin - own(10_000 * PRICE)
        assert rest > 0
        assert "bank" not in gained
        assert gained["plant"] == -margin - rest

    @pytest.mark.parametrize("shops", [1, 2, 5])
    def test_gives_up_a_part(self, slots: Slots, shops: int):
        """Once, however many sales there were."""
        gained = self.begin(slots, 5_000, shops)
        charge, margin = -imbalance(Metered(5_000, 0, 10_000, 0), TERMS).cash, 10_000 * MARGIN
        assert margin < charge < margin + own(10_000 * PRICE)
        assert gained["bank"] == own(10_000 * PRICE) - (charge - margin)
        assert gained["plant"] == -margin


class TestReplacedKey:
    """The plant's key is lost after it sold; another account takes its place."""

    def replace(self, slots: Slots, name: str) -> str:
        new = to_checksum_address("0x" + f"{0xABCDEF00 + len(slots.park.traders):040x}")
        slots.decide(slots.market.membership, "decideRecovery", slots.account(name), new)
        return new

    def test_before_anything_is_metered(self, slots: Slots):
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.have(list(parties))
        slots.begin(TERMS, SHARES)
        slots.trade(parties)
        old = slots.account("plant")
        new = self.replace(slots, "plant")
        slots.deliver(parties)
        [mined] = slots.park.blocks.mine([message(slots.imbalance, "settle", old, 1, 0, slots.slot, [old])])
        assert [(log.name, log.args[1].lower()) for log in mined.logs] == [("AccountSkipped", old.lower())]
        before = slots.market.vault.account_of(new).free
        [told] = slots.settle_together([new])
        assert (told.statement.injected, told.statement.sold, told.statement.cash) == (10_000, 9_700, 0)
        assert slots.market.vault.account_of(new).free - before == own(9_700 * PRICE) + 9_700 * MARGIN

    def test_waits_for_the_devices_of_either_name(self, slots: Slots):
        """The new key has got a meter of its own, which is not read to the end of the slot."""
        slots.have(["plant", "shop"])
        slots.begin(TERMS, SHARES)
        new, meters = self.replace(slots, "plant"), slots.market.meters
        plant, shop = slots.parties["plant"], slots.parties["shop"]
        slots.as_account("shop", meters, "offer", shop.meter, new)
        slots.park.blocks.mine([message(meters, "accept", new, shop.meter)])
        slots.park.blocks.mine([], slots.slot + SLOT_SECONDS + 1)
        known = dict.fromkeys(plant.registers, 0)
        roots = [slots.read(slots.slot, known | {shop.meter: 0}), slots.read(slots.slot + SLOT_SECONDS, known)]
        slots.meterings.wait_until_final()
        for one in roots:
            slots.meterings.meter(*one)
        asked = (1, int(Carrier.ELECTRICITY), slots.slot, [new])
        [mined] = slots.park.blocks.mine([message(slots.imbalance, "settle", new, *asked)])
        [log] = mined.logs
        assert (log.name, log.args[2:]) == ("AccountWaits", (2, 3))

    def test_after_it_was_settled(self, slots: Slots):
        """Nothing is paid again, and what comes late is added to what was known."""
        parties = {"plant": Metered(9_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties)
        slots.settle_all("plant", "shop")
        new = self.replace(slots, "plant")
        before = slots.money()
        assert slots.settle_together([new]) == []
        assert slots.settle_together([new]) == []
        assert slots.gained(before) == {}
        known = slots.imbalance.delivery_of(1, 0, slots.slot, new)
        assert (known.injected, known.devices, known.settled_position) == (9_000, 2, 9_700)
        assert slots.imbalance.delivery_of(1, 0, slots.slot, slots.account("plant")) == (0, 0, 0, False, 0, 0, 0)

    def test_nothing_new_under_a_name_that_was_given_up(self, slots: Slots):
        """A further account's meter counted nothing; what the first one was settled with stays."""
        slots.have(["plant"])
        plant, further, blocks = slots.parties["plant"], Account.create(), slots.park.blocks
        membership = slots.market.membership
        slots.as_account("plant", membership, "addAccount", *joining(slots.market, plant.account, further))
        meter = slots.park.new_device(owner=further.address, direction=Direction.WITHDRAWAL)
        slots.begin(TERMS)
        plant.registers[meter] = 0
        blocks.mine([], slots.slot + SLOT_SECONDS + 1)
        first = {plant.plant: 500, plant.meter: 0}
        roots = [
            slots.read(slots.slot, dict.fromkeys(plant.registers, 0)),
            slots.read(slots.slot + SLOT_SECONDS, first),
        ]
        slots.meterings.wait_until_final()
        for one in roots:
            slots.meterings.meter(*one)
        assert slots.settle_all("plant")["plant"].statement.injected == 500
        slots.go_to(slots.slot + 2 * SLOT_SECONDS + 1)
        late = slots.read(slots.slot + 2 * SLOT_SECONDS, {meter: 0})
        slots.meterings.wait_until_final()
        slots.meterings.meter(*late)
        assert slots.imbalance.delivery_of(1, 0, slots.slot, further.address).devices == 1
        slots.as_account("plant", membership, "retireAccount", further.address)
        before = slots.money("plant")
        assert slots.settle_all("plant") == {}
        assert slots.gained(before) == {}
        known = slots.imbalance.delivery_of(1, 0, slots.slot, plant.account)
        assert (known.injected, known.devices, known.settled, known.settled_injected) == (500, 3, True, 500)


class TestMovedDevice:
    def test_belongs_to_the_slot_in_which_it_was_whose(self, slots: Slots):
        """The meter changes hands in the middle of the slot; what it counts there is still the giver's."""
        slots.have(["giver", "taker"])
        giver, taker = slots.parties["giver"], slots.parties["taker"]
        slots.begin(TERMS)
        blocks, meters, device = slots.park.blocks, slots.market.meters, giver.meter
        blocks.mine([], slots.slot + 100)
        slots.as_account("giver", meters, "offer", device, taker.account)
        slots.as_account("taker", meters, "accept", device)
        everything = {device: 0 for party in (giver, taker) for device in party.registers}
        blocks.mine([], slots.slot + 2 * SLOT_SECONDS + 1)
        roots = [slots.read(slots.slot, everything)]
        for place in (1, 2):
            roots.append(slots.read(slots.slot + place * SLOT_SECONDS, everything | {device: 500 * place}))
        slots.meterings.wait_until_final()
        for one in roots:
            slots.meterings.meter(*one)
        told = slots.settle_all("giver", "taker")
        assert [told[name].statement.withdrawn for name in ("giver", "taker")] == [500, 0]
        slots.slot += SLOT_SECONDS
        told = slots.settle_all("giver", "taker")
        assert [told[name].statement.withdrawn for name in ("giver", "taker")] == [0, 1_000]


class TestWhoBears:
    """What was not paid, when the common fund cannot bear it either."""

    def test_the_balancing_account_gets_less(self, slots: Slots):
        parties = {"plant": Metered(1_000, 0, 1_000, 0), "shop": Metered(0, 3_000, 0, 1_000)}
        slots.play(parties, shares=(0, 0, 0))
        withdrawn = slots.free("shop")
        slots.as_account("shop", slots.market.vault, "withdraw", withdrawn)
        slots.brought -= withdrawn
        fund = slots.purse(Purse.COMMON_FUND)
        slots.decide(slots.market.vault, "setPurse", int(Purse.COMMON_FUND), slots.market.authority.address, 16)
        if fund:
            arguments = (int(Purse.COMMON_FUND), slots.account("plant"), fund, b"\1" * 32)
            slots.decide(slots.market.vault, "spend", *arguments)
        before = slots.money(*parties)
        told = slots.settle_all("shop")["shop"]
        charge = -imbalance(parties["shop"], TERMS).cash
        assert told.statement.unpaid == charge
        assert told.to_common_fund == charge - charge - told.to_grid
        assert slots.gained(before) == {}
        owed = [
            slots.market.vault.debt_to(slots.account("shop"), purse_account(purse))
            for purse in (Purse.GRID, Purse.COMMON_FUND)
        ]
        assert owed == [told.to_grid, charge - told.to_grid] == [2_000 * 600, charge - 2_000 * 600]
