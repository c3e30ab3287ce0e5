"""Rounds of settlement: who waits in them, what little is moved, who bears what is not paid."""

from eth_utils.address import to_checksum_address

from tests.settlement.slots import PRICE, SHARES, TERMS, Slots
from tests.settlement.test_counted import counted
from wattbook.contracts.structs import Purse
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.settlement.imbalance import Metered, Terms, imbalance
from wattbook.trial.blocks import message
from wattbook.trial.books import run
from wattbook.trial.clearing import given_by
from wattbook.trial.park import MONEY, SLOT_SECONDS


class TestRound:
    def test_of_nobody_is_skipped(self, slots: Slots):
        slots.have(["plant"])
        slots.begin(TERMS)
        slots.go_to(slots.slot + SLOT_SECONDS)
        nobody = "0x" + "00" * 20
        [mined] = slots.park.blocks.mine([message(slots.imbalance, "settle", nobody, 1, 0, slots.slot, [nobody])])
        assert [(log.name, log.args[1]) for log in mined.logs] == [("AccountSkipped", nobody)]

    def test_who_waits_stands_before_who_does_not(self, slots: Slots):
        """Of the six, every second one is waited for; the others get what is theirs."""
        names = [f"member {place}" for place in range(6)]
        slots.have(names)
        names.sort(key=lambda name: int(slots.account(name), 16))
        slots.begin(TERMS)
        for place, name in enumerate(names):
            slots.sell(name, names[place - 1], 100 + place)
        end = slots.slot + SLOT_SECONDS
        slots.go_to(end + 1)
        parties = [slots.parties[name] for name in names]
        begun = {device: 0 for party in parties for device in party.registers}
        ended = {party.plant: 1_000 * place for place, party in enumerate(parties)}
        ended |= {party.meter: 10 * place for place, party in enumerate(parties) if place % 2}
        roots = [slots.read(slots.slot, begun), slots.read(end, ended)]
        slots.meterings.wait_until_final()
        for one in roots:
            slots.meterings.meter(*one)
        told = slots.settle_all(*names)
        assert list(told) == names[1::2]
        for place in (1, 3, 5):
            said = told[names[place]].statement
            sold, bought = 100 + place, 100 + (place + 1) % 6
            assert (said.injected, said.withdrawn, said.sold, said.bought) == (
                *(1_000 * place, 10 * place),
                *(sold, bought),
            )
            assert said.due == sold * PRICE
        slots.go_to(end + int(slots.imbalance.patience()))
        told = slots.settle_all(*names)
        assert [told[name].statement.injected for name in names[::2]] == [0, 2_000, 4_000]

    def test_one_of_several_names_stands_before_another(self, slots: Slots):
        """Both traded and were metered under the names that they had then."""
        parties = {"plant": Metered(2_000, 0, 1_000, 0), "shop": Metered(0, 1_500, 0, 1_000)}
        slots.play(parties)
        new, shop = to_checksum_address(f"0x{0xDEF00000 + len(slots.park.traders):040x}"), slots.account("shop")
        slots.decide(slots.market.membership, "decideRecovery", slots.account("plant"), new)
        assert int(new, 16) < int(shop, 16)
        told = slots.settle_together([new, shop])
        assert [(one.account, *one.statement[:4]) for one in told] == [
            (new, 2_000, 0, 1_000, 0),
            (shop, 0, 1_500, 0, 1_000),
        ]

    def test_a_named_payee_of_one_sale_that_is_settled_by_itself(self, slots: Slots):
        parties = {"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)}
        slots.have([*parties, "bank"])
        slots.as_account("plant", slots.market.meters, "setPayee", slots.parties["plant"].plant, slots.account("bank"))
        slots.play(parties, shares=(0, 0, 0))
        before = slots.money("plant", "bank")
        slots.settle_all("plant")
        assert slots.gained(before)["bank"] == 970 * PRICE

    def test_a_named_payee_of_what_was_auctioned(self, new_slots: Slots):
        park = new_slots.park
        orders = [{"id": place, "side": side, "qty": 1_000, "price": 7} for place, side in enumerate("SB")]
        book = run(park, given_by(park, {"rule": "uniform", "orders": orders, "kBps": 5_000})).book
        new_slots.slot = book.slot_start
        seller, _ = park.traders
        park.have_traders(3)
        bank, meters, vault = park.traders[2], new_slots.market.meters, new_slots.market.vault
        park.blocks.mine([message(meters, "setPayee", seller, park.device_of(seller), bank)])
        new_slots.go_to(new_slots.slot + SLOT_SECONDS + int(new_slots.imbalance.patience()))
        before = vault.account_of(bank).free
        [told] = new_slots.settle_together([seller])
        assert told.statement.due == 7_000
        assert vault.account_of(bank).free - before == 7_000

    def test_one_who_named_a_payee_and_one_who_did_not(self, slots: Slots):
        """What has no payee is its seller's, as ever."""
        parties = {
            "plant": Metered(1_000, 0, 970, 0),
            "roof": Metered(500, 0, 485, 0),
            "shop": Metered(0, 1_455, 0, 1_455),
        }
        slots.have([*parties, "bank"])
        slots.as_account("plant", slots.market.meters, "setPayee", slots.parties["plant"].plant, slots.account("bank"))
        before = slots.money("plant", "roof", "shop", "bank")
        slots.play(parties, shares=(0, 0, 0))
        slots.settle_all(*parties)
        gained = slots.gained(before)
        assert gained == {"bank": 970 * PRICE, "roof": 485 * PRICE, "shop": -1_455 * PRICE}

    def test_all_that_can_be_paid_for_one_account(self, slots: Slots):
        """Its own, network's, platform's and fund's shares, and what the grid served in its place."""
        parties = {"plant": Metered(9_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.have(list(parties))
        before = slots.money("plant")
        slots.play(parties)
        cash = slots.settle_all("plant")["plant"].statement.cash
        due, short = 9_700 * PRICE, 9_700 - 9_000 * 97 // 100
        network, platform, fund = (due * bps // 10_000 for bps in SHARES)
        assert slots.gained(before) == {
            "plant": due - network - platform - fund + cash,
            "NETWORK": network,
            "PLATFORM": platform,
            "GRID": short * TERMS.pool_out,
            "COMMON_FUND": fund - cash - short * TERMS.pool_out,
        }

    def test_shares_of_one_uPT(self, slots: Slots):
        slots.have(["plant", "shop"])
        before = slots.money("plant")
        slots.begin(TERMS, (11, 11, 11))
        slots.sell("plant", "shop", 970, 1)
        slots.deliver({"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)})
        slots.settle_all("plant")
        assert slots.gained(before) == {"plant": 967, "NETWORK": 1, "PLATFORM": 1, "COMMON_FUND": 1}

    def test_one_uPT_is_paid(self, slots: Slots):
        terms = Terms(pool_in=1, pool_out=1, loss_bps=0, band_bps=10_000, penalty_bps=0)
        slots.have(["roof"])
        before = slots.money("roof")
        slots.play({"roof": Metered(1, 0, 0, 0)}, terms, (0, 0, 0))
        assert slots.settle_all("roof")["roof"].statement.cash == 1
        assert slots.gained(before) == {"roof": 1, "GRID": -1}

    def test_one_Wh_for_the_grid(self, slots: Slots):
        slots.have(["roof"])
        before = slots.money("roof")
        slots.play({"roof": Metered(2, 0, 0, 0)}, shares=(0, 0, 0))
        slots.settle_all("roof")
        assert slots.gained(before) == {"roof": 270, "GRID": -300, "COMMON_FUND": 30}

    def test_what_is_owed_is_rounded_up(self, slots: Slots):
        """One Wh at 1.0001 mPT a kWh."""
        terms = Terms(pool_in=1, pool_out=1, loss_bps=0, band_bps=0, penalty_bps=1)
        slots.have(["shop"])
        before = slots.money("shop")
        slots.play({"shop": Metered(0, 1, 0, 0)}, terms, (0, 0, 0))
        slots.settle_all("shop")
        assert slots.gained(before) == {"shop": -2, "GRID": 1, "COMMON_FUND": 1}

    def test_a_charge_of_one_uPT(self, slots: Slots):
        terms = Terms(pool_in=0, pool_out=1, loss_bps=0, band_bps=10_000, penalty_bps=0)
        slots.have(["shop", "other"])
        before = slots.money("shop", "other")
        slots.play({"shop": Metered(0, 1, 0, 0), "other": Metered(0, 0, 0, 0)}, terms, (0, 0, 0))
        told = slots.settle_all("shop", "other")
        assert [told[name].statement.cash for name in ("shop", "other")] == [-1, 0]
        assert slots.gained(before) == {"shop": -1, "GRID": 1}

    def test_what_is_nothing_is_not_moved(self, slots: Slots):
        """Each has what he was sold or sold, for nothing but the margin that comes back; the grid is not needed."""
        slots.have(["plant", "shop"])
        slots.begin(TERMS, (0, 0, 0))
        slots.sell("plant", "shop", 970, 0)
        slots.deliver({"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)})
        accounts = sorted((slots.account(name) for name in ("plant", "shop")), key=lambda one: int(one, 16))
        call = message(slots.imbalance, "settle", known_account("grid").address, 1, 0, slots.slot, accounts)
        [mined] = slots.park.blocks.mine([call])
        moved = {log.name for log in mined.logs}
        assert moved == {"AccountSettled", "Adjusted", "HandedOver", "PassedOn", "SlotBalanced"}
        [moves] = [log.args[-1] for log in mined.logs if log.name == "Adjusted"]
        assert len(moves) == 1 and all(moves)

    def test_what_the_fund_can_bear_the_grid_is_not_owed(self, slots: Slots):
        """A sale in the same round gives the fund more than what a poor member takes costs."""
        vault = slots.market.vault
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        self.impoverish(slots, "poor")
        slots.play(parties | {"poor": Metered(0, 100, 0, 0)})
        told = slots.settle_all("plant", "shop", "poor")
        assert told["poor"].statement.unpaid == 100 * 660
        poor = slots.account("poor")
        owed = [vault.debt_to(poor, purse_account(purse)) for purse in (Purse.COMMON_FUND, Purse.GRID)]
        assert owed == [100 * 660, 0]

    def test_a_debt_of_one_uPT(self, slots: Slots):
        terms = Terms(pool_in=0, pool_out=1, loss_bps=0, band_bps=10_000, penalty_bps=0)
        self.impoverish(slots, "poor")
        slots.play({"poor": Metered(0, 1, 0, 0)}, terms, (0, 0, 0))
        assert slots.settle_all("poor")["poor"].statement.unpaid == 1
        assert slots.market.vault.debt_of(slots.account("poor")) == 1

    def test_what_fund_and_grid_bear_together_each_is_owed(self, slots: Slots):
        """Two do not pay; the fund has 50,000 uPT of the 120,000 that the grid asks for what they took."""
        vault = slots.market.vault
        self.impoverish(slots, "poor", "poorer")
        spent = slots.purse(Purse.COMMON_FUND) - 50_000
        slots.have(["rich"])
        if spent > 0:
            slots.decide(vault, "spend", int(Purse.COMMON_FUND), slots.account("rich"), spent, bytes(32))
        slots.play({"poor": Metered(0, 100, 0, 0), "poorer": Metered(0, 100, 0, 0)})
        told = slots.settle_all("poor", "poorer")
        assert {name: one.statement.unpaid for name, one in told.items()} == {"poor": 66_000, "poorer": 66_000}
        owed = [
            [vault.debt_to(slots.account(name), purse_account(purse)) for purse in (Purse.GRID, Purse.COMMON_FUND)]
            for name in sorted(told, key=lambda name: int(slots.account(name), 16))
        ]
        assert owed == [[66_000, 0], [4_000, 62_000]]

    def test_what_is_got_for_the_first_time_pays_no_debt(self, slots: Slots):
        """A debt is for its creditor to take, or for the member to pay; settlement takes back only what it gave."""
        self.impoverish(slots, "poor")
        vault, poor = slots.market.vault, slots.account("poor")
        debt = poor, purse_account(Purse.COMMON_FUND), 66_000
        slots.park.blocks.mine([message(vault, "recordDebt", slots.imbalance.address, *debt)])
        slots.play({"poor": Metered(1_000, 0, 0, 0)})
        assert slots.settle_all("poor")["poor"].statement.cash == 970 * 270
        assert (slots.free("poor"), vault.debt_of(poor)) == (970 * 270, 66_000)

    def impoverish(self, slots: Slots, *names: str) -> None:
        slots.have(list(names))
        for name in names:
            slots.as_account(name, slots.market.vault, "withdraw", slots.free(name))
            slots.brought -= MONEY

    def test_what_comes_late_pays_a_debt_to_the_last_uPT(self, slots: Slots):
        """The shop was held to have taken the 100 Wh that it bought; it took 99."""
        terms = Terms(pool_in=1, pool_out=1, loss_bps=0, band_bps=10_000, penalty_bps=0)
        slots.have(["plant", "shop"])
        plant, shop, vault = slots.parties["plant"], slots.parties["shop"], slots.market.vault
        slots.begin(terms, (0, 0, 0))
        slots.sell("plant", "shop", 100, 1)
        end = slots.slot + SLOT_SECONDS
        slots.go_to(end + 1)
        begun = {device: 0 for party in (plant, shop) for device in party.registers}
        roots = [slots.read(slots.slot, begun), slots.read(end, {plant.plant: 100, plant.meter: 0, shop.plant: 0})]
        slots.meterings.wait_until_final()
        for one in roots:
            slots.meterings.meter(*one)
        slots.go_to(end + int(slots.imbalance.patience()))
        assert slots.settle_all("plant", "shop")["shop"].statement.withdrawn == 100
        debt = shop.account, purse_account(Purse.COMMON_FUND), 5
        slots.park.blocks.mine([message(vault, "recordDebt", slots.imbalance.address, *debt)])
        told = slots.read(end + SLOT_SECONDS, {shop.plant: 0, shop.meter: 198})
        slots.meterings.wait_until_final()
        slots.meterings.meter(*told)
        before = slots.money("shop")
        assert slots.settle_all("shop")["shop"].statement.cash == 1
        assert ("shop" in slots.gained(before), vault.debt_of(shop.account)) == (False, 4)

    def test_what_comes_late_can_cost_more(self, silent: Slots):
        """The shop was held to have taken the 1,000 Wh that it bought; it took 1,500."""
        blocks, shop = silent.park.blocks, silent.parties["shop"]
        blocks.mine([], silent.slot + SLOT_SECONDS + int(silent.imbalance.patience()))
        silent.settle_all("shop")
        told = silent.read(silent.slot + 2 * SLOT_SECONDS, {shop.plant: 0, shop.meter: 3_000})
        silent.meterings.wait_until_final()
        silent.meterings.meter(*told)
        before = silent.money("shop")
        [said] = silent.settle_all("shop").values()
        cash = imbalance(Metered(0, 1_500, 0, 1_000), TERMS).cash
        assert (said.statement.withdrawn, said.statement.cash) == (1_500, cash)
        assert silent.gained(before)["shop"] == cash < 0

    def test_a_sale_for_one_uPT(self, new_slots: Slots):
        """The second seller is left with one Wh, at 1 mPT for a kWh."""
        park = new_slots.park
        orders = [
            {"id": place, "side": side, "qty": wh, "price": price}
            for place, (side, wh, price) in enumerate([("S", 1_000, 0), ("S", 100, 1), ("B", 1_001, 1)])
        ]
        case = {"rule": "uniform", "orders": orders, "kBps": 5_000}
        new_slots.slot = run(park, given_by(park, case)).book.slot_start
        new_slots.go_to(new_slots.slot + SLOT_SECONDS + int(new_slots.imbalance.patience()))
        told = new_slots.settle_together(park.traders)
        assert sorted((one.statement.sold, one.statement.due) for one in told) == [(0, 0), (1, 1), (1_000, 1_000)]
        known = [counted(new_slots, one.account) for one in told]
        assert [(one.sold, one.bought) for one in known] == [(one.statement.sold, one.statement.bought) for one in told]
