"""Delivered against sold, on chain: who gets and pays what, to the uPT."""

import random
from dataclasses import replace

import pytest

from tests.settlement.slots import MARGIN, PRICE, SHARES, TERMS, Slots, any_parties, with_rest
from wattbook.contracts import reverts
from wattbook.contracts.structs import Purse
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.settlement.bills import split
from wattbook.settlement.imbalance import Metered, Terms, imbalance, settle
from wattbook.trial.blocks import message
from wattbook.trial.books import run
from wattbook.trial.clearing import given_by
from wattbook.trial.park import MONEY, SLOT_SECONDS

DAY = 86_400


def shares_of(due: int) -> dict[str, int]:
    network, platform, fund = SHARES
    rest = 10_000 - sum(SHARES)
    return split(due, [("seller", rest), ("network", network), ("platform", platform), ("fund", fund)])


class TestPaid:
    def test_for_what_was_delivered(self, slots: Slots):
        """Each as much as was traded, at the receiving meter: nobody gets or pays anything but the price."""
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.have(list(parties))
        before = slots.money(*parties)
        slots.play(parties)
        told = slots.settle_all(*parties)
        parts = shares_of(9_700 * PRICE)
        assert slots.gained(before) == {
            "shop": -9_700 * PRICE,
            "plant": parts["seller"],
            "NETWORK": parts["network"],
            "PLATFORM": parts["platform"],
            "COMMON_FUND": parts["fund"],
        }
        said = told["plant"].statement
        assert said == (10_000, 0, 9_700, 0, 9_700 * PRICE, parts["network"], parts["platform"], parts["fund"], 0, 0)
        assert told["shop"].statement == (0, 9_700, 0, 9_700, 0, 0, 0, 0, 0, 0)
        assert (told["plant"].difference, told["plant"].to_grid, told["plant"].to_common_fund) == (0, 0, 0)

    def test_a_seller_who_delivers_nothing_pays_and_the_buyer_does_not(self, slots: Slots):
        parties = {"plant": Metered(0, 0, 10_000, 0), "shop": Metered(0, 10_000, 0, 10_000)}
        slots.have(list(parties))
        before = slots.money(*parties)
        slots.play(parties)
        slots.settle_all(*parties)
        parts, charge = shares_of(10_000 * PRICE), -imbalance(parties["plant"], TERMS).cash
        assert charge == 300 * 600 + 9_700 * 660
        gained = slots.gained(before)
        assert gained["shop"] == -10_000 * PRICE
        assert gained["plant"] == parts["seller"] - charge < 0
        # The grid delivered in the plant's place.
        assert gained["GRID"] == 10_000 * 600
        assert gained["COMMON_FUND"] == parts["fund"] + charge - 10_000 * 600

    def test_who_takes_more_than_he_bought(self, slots: Slots):
        parties = {"plant": Metered(2_000, 0, 1_000, 0), "shop": Metered(0, 1_500, 0, 1_000)}
        slots.have(list(parties))
        before = slots.money(*parties)
        slots.play(parties)
        told = slots.settle_all(*parties)
        expected = settle(parties, TERMS)
        assert {name: told[name].statement.cash for name in parties} == {
            name: one.cash for name, one in expected.parties.items()
        }
        gained = slots.gained(before)
        assert gained["shop"] == -1_000 * PRICE + expected.parties["shop"].cash
        assert gained["GRID"] == -expected.grid_cash
        assert gained["COMMON_FUND"] == shares_of(1_000 * PRICE)["fund"] + expected.pool_surplus

    def test_who_neither_traded_nor_was_metered(self, slots: Slots):
        slots.have(["nobody"])
        slots.begin(TERMS)
        slots.park.blocks.mine([], slots.slot + 20 * 86_400)
        before = slots.money("nobody")
        [told] = slots.settle_all("nobody").values()
        assert told.statement == (0,) * 10
        assert slots.gained(before) == {}

    def test_the_pool_has_no_band(self, slots: Slots):
        """It passes on to the grid what it traded, at the prices that it traded at."""
        parties = {"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)}
        slots.play(parties)
        pool = slots.market.vault.purse_account(Purse.POOL)
        [told] = slots.settle_together([pool])
        assert told.statement == (0,) * 10

    def test_beside_the_pool_all_others_have_their_band(self, new_slots: Slots, monkeypatch: pytest.MonkeyPatch):
        """A book of which nothing is delivered, and from which the pool takes what one seller is left with."""
        slots, park, pool = new_slots, new_slots.park, purse_account(Purse.POOL)
        usual = park._facts
        terms = Terms(pool_in=200, pool_out=600, loss_bps=0, band_bps=300, penalty_bps=1_000)
        monkeypatch.setattr(park, "_facts", lambda *_: usual(200, 600)._replace(band_bps=300, penalty_bps=1_000))
        orders = [{"id": i, "side": "SB"[i % 2], "qty": 5_000, "price": (100, 800)[i % 2]} for i in range(11)]
        case = {"rule": "uniform then pool", "orders": orders, "poolIn": {"price": 200, "qty": 10_000}, "poolOut": []}
        slots.slot = run(park, given_by(park, case)).book.slot_start
        park.blocks.mine([], known_from(slots))
        told = {one.account: one.statement for one in slots.settle_together([*park.traders, pool])}
        taken = told.pop(pool)
        assert (taken.bought, taken.cash) == (5_000, 5_000 * 200)
        traded = {account: Metered(0, one.withdrawn, one.sold, one.bought) for account, one in told.items()}
        assert {account: one.cash for account, one in told.items()} == {
            account: imbalance(one, terms).cash for account, one in traded.items()
        }
        # The pool does not come last.
        assert any(account.lower() > pool.lower() for account, one in traded.items() if one.sold or one.bought)


class TestTogether:
    @pytest.mark.parametrize("seed", range(4))
    def test_as_the_engine_says_in_any_parts(self, slots: Slots, seed: int):
        """Random slots, settled in chunks of random size and order."""
        luck = random.Random(seed)
        parties = any_parties(luck, 2, 12)
        names = list(parties)
        slots.have(names)
        before = slots.money(*names)
        slots.begin(TERMS, SHARES)
        slots.trade(parties)
        real = with_rest(parties)
        slots.deliver(real)
        expected = settle(real, TERMS)
        order, cash, grid, fund, difference = list(real), {}, 0, 0, 0
        luck.shuffle(order)
        while order:
            size = luck.randint(1, len(order))
            some, order = order[:size], order[size:]
            told = slots.settle_all(*some)
            cash |= {name: one.statement.cash for name, one in told.items()}
            one = next(iter(told.values()))
            grid, fund, difference = grid + one.to_grid, fund + one.to_common_fund, difference + one.difference
            assert one.to_common_fund >= 0
        assert cash == {name: one.cash for name, one in expected.parties.items()}
        assert (difference, -grid, fund) == (expected.system_imbalance, expected.grid_cash, expected.pool_surplus)
        gained = slots.gained(before)
        assert gained.get("GRID", 0) == grid
        assert slots.imbalance.balance_of(1, 0, slots.slot).difference == difference


class TestAgain:
    def test_says_and_pays_nothing_more(self, slots: Slots):
        parties = {"plant": Metered(9_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties)
        assert len(slots.settle_all(*parties)) == 2
        before = slots.money(*parties)
        assert slots.settle_all(*parties) == {}
        assert slots.gained(before) == {}

    def test_trades_hand_their_money_over_once(self, slots: Slots):
        parties = {"plant": Metered(1_000, 0, 970, 0), "shop": Metered(0, 970, 0, 970)}
        slots.play(parties)
        direct = slots.market.direct_sale
        held = slots.market.vault.module_of(direct.address).locked
        slots.settle_all("plant")
        assert held - slots.market.vault.module_of(direct.address).locked == 970 * (PRICE + MARGIN)
        slots.settle_all("plant", "shop")
        assert held - slots.market.vault.module_of(direct.address).locked == 970 * (PRICE + MARGIN)


class TestMissing:
    """The readings of some do not come."""

    def test_waits(self, silent: Slots):
        before = silent.money("plant", "shop")
        assert list(silent.settle_all("plant", "shop")) == ["plant"]
        assert "shop" not in silent.gained(before)
        [mined] = silent.park.blocks.mine([settling(silent, "shop")])
        [log] = mined.logs
        assert (log.name, log.args[2:]) == ("AccountWaits", (1, 2))

    def test_is_estimated_in_the_end_and_unplugging_does_not_pay(self, silent: Slots):
        """No less than it bought: it gets nothing back."""
        silent.park.blocks.mine([], known_from(silent) - 1)
        assert silent.settle_all("shop") == {}
        silent.park.blocks.mine([], known_from(silent))
        before = silent.money("shop")
        [told] = silent.settle_all("shop").values()
        assert told.statement == (0, 1_000, 0, 1_000, 0, 0, 0, 0, 0, 0)
        assert silent.gained(before) == {}

    def test_is_paid_by_the_difference_when_it_comes_late(self, silent: Slots):
        """The next register tells it; at the prices of the slot."""
        blocks, shop = silent.park.blocks, silent.parties["shop"]
        blocks.mine([], known_from(silent))
        silent.settle_all("shop")
        later = silent.slot + 2 * SLOT_SECONDS
        # 1,200 Wh over two slots: 600 in the one that was estimated with 1,000.
        told = silent.read(later, {shop.plant: 0, shop.meter: 1_200})
        silent.meterings.wait_until_final()
        silent.meterings.meter(*told)
        before = silent.money("shop")
        [said] = silent.settle_all("shop").values()
        cash = 30 * 300 + 370 * 270
        assert (said.statement.withdrawn, said.statement.cash, said.difference) == (600, cash, 400)
        assert silent.gained(before) == {"shop": cash, "GRID": -400 * 300, "COMMON_FUND": 400 * 300 - cash}

    @pytest.fixture
    def usual(self, slots: Slots) -> Slots:
        """A shop that took 300 Wh in a slot, after which its meter is silent."""
        slots.have(["plant", "shop"])
        shop = slots.parties["shop"]
        slots.begin(TERMS)
        start = slots.slot
        slots.park.blocks.mine([], start + 1)
        told = [slots.read(start, {shop.plant: 0, shop.meter: 0})]
        for place in range(1, 4):
            slots.park.blocks.mine([], start + place * SLOT_SECONDS)
            told.append(slots.read(start + place * SLOT_SECONDS, {shop.plant: 0, shop.meter: 100 * place}))
        slots.meterings.wait_until_final()
        for one in told:
            slots.meterings.meter(*one)
        slots.slot = start + 2 * SLOT_SECONDS
        return slots

    @pytest.mark.parametrize(("days", "taken"), [(1, 300), (7, 300), (8, 0)])
    def test_no_less_than_it_usually_takes(self, usual: Slots, days: int, taken: int):
        """The mean of the same slot of the seven days before, when that is more than it bought."""
        assert self.estimated(usual, days) == (taken, -taken * 660)

    def test_no_less_than_it_bought_and_did_not_sell_on(self, usual: Slots):
        usual.slot += DAY
        usual.sell("plant", "shop", 900)
        usual.sell("shop", "plant", 400)
        assert self.estimated(usual) == (500, 0)

    def test_no_less_than_what_was_read(self, usual: Slots):
        """One of its meters tells of more than it bought; the other is silent."""
        usual.slot += DAY
        usual.sell("plant", "shop", 900)
        usual.sell("shop", "plant", 400)
        self.tell(usual, usual.parties["shop"].meter, 700)
        assert self.estimated(usual) == (700, imbalance(Metered(0, 700, 400, 900), TERMS).cash)

    def test_nor_when_it_usually_takes_less(self, usual: Slots):
        """The mean of two days, each of 300 Wh."""
        for wh in (300, 400):
            usual.slot += DAY
            self.tell(usual, usual.parties["shop"].meter, wh)
            assert self.estimated(usual) == (wh, -wh * 660)

    def test_what_is_usual_is_that_of_the_days_before(self, usual: Slots):
        """Of the day itself one meter is read, and shows nothing."""
        usual.slot += DAY
        self.tell(usual, usual.parties["shop"].plant, 0)
        assert self.estimated(usual) == (300, -300 * 660)

    @staticmethod
    def tell(usual: Slots, device: int, wh: int) -> None:
        """Has a device of the shop's be read at both ends of the slot, and nothing else."""
        usual.park.blocks.mine([], max(usual.park.blocks.now, usual.slot + SLOT_SECONDS) + 1)
        told = [usual.read(usual.slot + place * SLOT_SECONDS, {device: wh * place}) for place in (0, 1)]
        usual.meterings.wait_until_final()
        for one in told:
            usual.meterings.meter(*one)

    def test_what_was_estimated_is_usual_too(self, usual: Slots):
        """A meter that stays silent does not pay in the end."""
        usual.slot += DAY
        usual.sell("plant", "shop", 500)
        assert self.estimated(usual) == (500, 0)
        assert self.estimated(usual, 1) == (400, -400 * 660)

    def test_a_meter_that_was_certified_later_does_not_stand_in_for_it(self, usual: Slots):
        """Nor does it tell what was delivered when nobody waited for it."""
        usual.slot += DAY
        usual.park.blocks.mine([], usual.slot + 2 * SLOT_SECONDS)
        shop = usual.parties["shop"]
        shop.registers[usual.park.new_device(owner=shop.account)] = 0
        assert self.counted(usual, list(shop.registers)[-1]) == (0, 0)
        assert self.estimated(usual) == (300, -300 * 660)

    def test_nor_one_that_was_retired(self, usual: Slots):
        usual.slot += 4 * SLOT_SECONDS
        shop = usual.parties["shop"]
        usual.as_account("shop", usual.market.meters, "retire", shop.plant)
        usual.park.blocks.mine([], usual.slot + 2 * SLOT_SECONDS)
        assert self.counted(usual, shop.plant) == (0, 0)
        usual.slot += DAY - 4 * SLOT_SECONDS
        assert self.estimated(usual) == (300, -300 * 660)

    @staticmethod
    def counted(usual: Slots, device: int) -> tuple[int, int]:
        """Wh and devices of the shop's that are counted in the slot, when this one tells of 500."""
        TestMissing.tell(usual, device, 500)
        delivery = usual.imbalance.delivery_of(1, 0, usual.slot, usual.account("shop"))
        return delivery.injected, delivery.devices

    def test_what_is_given_back_pays_what_is_owed_under_another_name(self, usual: Slots):
        """The key was lost between the debt and the reading that shows that there was none."""
        shop, vault = usual.parties["shop"], usual.market.vault
        usual.as_account("shop", vault, "withdraw", usual.free("shop") - 8_000)
        usual.brought -= MONEY - 8_000
        assert self.estimated(usual, 1) == (300, -300 * 660)
        spare = known_account(91).address
        usual.decide(usual.market.membership, "decideRecovery", shop.account, spare)
        usual.parties["shop"] = replace(shop, account=spare)
        told = usual.read(usual.slot + SLOT_SECONDS, {shop.plant: 0, shop.meter: 0})
        usual.meterings.wait_until_final()
        usual.meterings.meter(*told)
        [said] = usual.settle_all("shop").values()
        assert (said.statement.cash, usual.free("shop"), vault.debt_of(spare)) == (300 * 660, 8_000, 0)

    def test_whatever_its_name_was(self, usual: Slots):
        """The key was lost since; what it usually took is known under the old name."""
        shop, spare = usual.account("shop"), known_account(90).address
        usual.decide(usual.market.membership, "decideRecovery", shop, spare)
        usual.parties["shop"] = replace(usual.parties["shop"], account=spare)
        assert self.estimated(usual, 1) == (300, -300 * 660)

    @pytest.mark.parametrize("fund_bears", [True, False])
    def test_who_could_not_pay_it_gets_nothing_back_but_what_he_paid(self, usual: Slots, fund_bears: bool):
        """It was 300 by estimate, for which he had 8,000 uPT; it turns out to have been nothing."""
        shop, vault, slot = usual.parties["shop"], usual.market.vault, usual.slot
        parties = {"seller": Metered(10_310, 0, 10_000, 0), "buyer": Metered(0, 10_000, 0, 10_000)}
        usual.play(parties)
        usual.settle_all(*parties)
        if not fund_bears:
            spent = usual.purse(Purse.COMMON_FUND)
            usual.decide(vault, "spend", int(Purse.COMMON_FUND), usual.account("plant"), spent, bytes(32))
        usual.as_account("shop", vault, "withdraw", usual.free("shop") - 8_000)
        usual.brought -= MONEY - 8_000
        usual.slot = slot
        assert self.estimated(usual, 1) == (300, -300 * 660)
        # It is owed to who bore it: what the grid's energy cost and what would have been more than that.
        bears = 300 * 600 - 8_000
        owed = [vault.debt_to(shop.account, purse_account(purse)) for purse in (Purse.COMMON_FUND, Purse.GRID)]
        assert owed == ([300 * 60 + bears, 0] if fund_bears else [300 * 60, bears])
        told = usual.read(usual.slot + SLOT_SECONDS, {shop.plant: 0, shop.meter: 0})
        usual.meterings.wait_until_final()
        usual.meterings.meter(*told)
        before = usual.money("shop")
        [said] = usual.settle_all("shop").values()
        assert (said.statement.cash, said.statement.unpaid) == (300 * 660, 0)
        gained = usual.gained(before)
        if fund_bears:
            assert gained == {"shop": 8_000, "GRID": -300 * 600, "COMMON_FUND": bears}
        else:
            assert gained == {"shop": 8_000, "GRID": -8_000 - 300 * 60, "COMMON_FUND": 300 * 60}
        assert (vault.debt_of(shop.account), vault.account_of(shop.account).in_default) == (0, False)

    def estimated(self, usual: Slots, days: int = 0) -> tuple[int, int]:
        """Wh that the shop is held to have taken so many days later, and what it gets for its imbalance."""
        usual.slot += days * DAY
        usual.park.blocks.mine([], max(usual.park.blocks.now + 1, known_from(usual)))
        [said] = usual.settle_all("shop").values()
        return said.statement.withdrawn, said.statement.cash


def known_from(slots: Slots) -> int:
    """When what was not read of the slot is estimated."""
    return slots.slot + SLOT_SECONDS + int(slots.imbalance.patience())


def settling(slots: Slots, *names: str):
    accounts = sorted((slots.account(name) for name in names), key=lambda one: int(one, 16))
    return message(slots.imbalance, "settle", known_account("grid").address, 1, 0, slots.slot, accounts)


class TestUnpaid:
    """Trades do not cover it, and the free balance does not either."""

    def test_is_a_debt(self, slots: Slots):
        parties = {"plant": Metered(3_000, 0, 1_000, 0), "shop": Metered(0, 3_000, 0, 1_000)}
        slots.play(parties)
        withdrawn = slots.free("shop") - 1_000
        slots.as_account("shop", slots.market.vault, "withdraw", withdrawn)
        slots.brought -= withdrawn
        before = slots.money(*parties)
        charge = -imbalance(parties["shop"], TERMS).cash
        told = slots.settle_all(*parties)
        assert (told["shop"].statement.cash, told["shop"].statement.unpaid) == (-charge, charge - 1_000)
        vault, shop = slots.market.vault, slots.account("shop")
        owed = [vault.debt_to(shop, purse_account(purse)) for purse in (Purse.COMMON_FUND, Purse.GRID)]
        assert vault.debt_of(shop) == sum(owed) == charge - 1_000
        assert vault.account_of(slots.account("shop")).in_default
        gained = slots.gained(before)
        assert gained["shop"] == -1_000
        assert sum(gained.values()) == 1_000 * (PRICE + MARGIN)


class TestRefused:
    def test_before_the_slot_is_over(self, slots: Slots):
        slots.have(["plant"])
        slots.begin(TERMS)
        end = slots.slot + SLOT_SECONDS
        slots.park.blocks.mine([], end - 1)
        with pytest.raises(reverts.SlotNotOver) as caught:
            slots.settle_all("plant")
        assert caught.value.end == end

    def test_accounts_out_of_order(self, slots: Slots):
        slots.have(["a", "b"])
        slots.begin(TERMS)
        slots.park.blocks.mine([], slots.slot + SLOT_SECONDS)
        low, high = sorted((slots.account("a"), slots.account("b")), key=lambda one: int(one, 16))
        slots.fails(reverts.AccountsOutOfOrder, high, low, account=low)
        slots.fails(reverts.AccountsOutOfOrder, low, low, account=low)

    def test_a_stranger_holds_up_nobody(self, slots: Slots):
        slots.have(["plant"])
        slots.begin(TERMS)
        slots.park.blocks.mine([], slots.slot + SLOT_SECONDS)
        accounts = sorted(["0x" + "77" * 20, slots.account("plant")], key=lambda one: int(one, 16))
        call = message(slots.imbalance, "settle", known_account("grid").address, 1, 0, slots.slot, accounts)
        [mined] = slots.park.blocks.mine([call])
        told = {log.name: log.args[1].lower() for log in mined.logs}
        assert told == {"AccountSkipped": "0x" + "77" * 20, "AccountWaits": slots.account("plant").lower()}

    def test_off_the_grid(self, slots: Slots):
        slots.fails(reverts.OffGrid, slot=slots.slot + 1, zone=1, carrier=0, slot_start=slots.slot + 1)

    def test_a_source_twice(self, slots: Slots):
        imbalance, direct = slots.imbalance, slots.market.direct_sale.address
        with pytest.raises(reverts.SourceKnown) as caught:
            slots.decide(imbalance, "addSource", direct)
        assert caught.value.source == direct
