"""Clean trades on chain: what the engine says, and nothing for those who would trade with themselves."""

import random

import pytest
from eth_abi import encode
from eth_utils.crypto import keccak

from tests.points.earning import DAY, Earning
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Direction, Quality
from wattbook.points.clean_trades import CleanCounters, earned_in, traded_in
from wattbook.trial.park import SLOT_SECONDS, ZONE

PLANT_AND_SHOP = {"plant": (10_000, 0), "shop": (0, 10_000)}
A_TRADE = [("plant", "shop", 10_000)]


def book(earning: Earning) -> bytes:
    return keccak(encode(["uint8", "bytes32", "uint40"], [Carrier.ELECTRICITY, ZONE, earning.slot]))


class TestEarned:
    def test_by_seller_buyer_and_user(self, earning: Earning):
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        told = earning.reward(["plant", "shop"])
        plant, shop = earning.owner("plant"), earning.owner("shop")
        assert told.whole == 10_000
        assert told.wh == {plant: (10_000, 0, 0), shop: (0, 10_000, 10_000)}
        assert told.points == {plant: (5, 0, 0), shop: (0, 3, 2)}
        assert told.asks == {earning.account("plant"): 5, earning.account("shop"): 5}
        assert tuple(earning.trades.clean_of(shop)) == (0, 10_000, 10_000)
        assert earning.trades.is_rewarded(1, Carrier.ELECTRICITY, earning.slot)
        assert earning.trades.has_traded(plant) and earning.trades.has_traded(shop)

    def test_under_a_key_that_was_replaced(self, earning: Earning):
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        new = "0x" + f"{0xFADE0000 + earning.slot:040x}"
        earning.decide(earning.market.membership, "decideRecovery", earning.account("plant"), new)
        told = earning.reward(["plant", "shop"])
        assert told.asks[earning.account("plant")] == 5
        epoch = earning.next_epoch()
        earning.as_account("shop", earning.trades, "grant", epoch, 10)
        assert earning.points.balance_of(earning.market.membership.current_of(earning.account("plant"))) == 5

    @pytest.mark.parametrize("seed", range(5))
    def test_as_the_engine_says(self, earning: Earning, seed: int):
        """Random members with random aliases, trades among all of them, two slots on the same counters."""
        luck = random.Random(seed)
        names = [f"member {place}" for place in range(luck.randint(3, 9))]
        earning.have(names)
        groups = [names[place : place + luck.choice((1, 1, 2, 3))] for place in range(0, len(names), 3)]
        for group in groups:
            earning.one_owner(*group)
        metered = {name: (luck.choice((0, luck.randint(0, 40_000))), luck.randint(0, 20_000)) for name in names}
        pairs = [luck.sample(names, 2) for _ in range(luck.randint(2, 10))]
        trades = [(seller, buyer, luck.randint(100, 15_000)) for seller, buyer in pairs]
        earning.trade_and_meter(metered, trades)
        accounts = earning.accounts(metered, trades)
        # An alias of someone settled without devices has nothing to add.
        told = earning.reward(names)
        expected = earned_in(accounts)
        assert told.wh == {owner: (one.sold, one.bought, one.used) for owner, one in expected.items()}
        counters = {owner: CleanCounters() for owner in expected}
        assert {owner: sum(points) for owner, points in told.points.items()} == {
            owner: counters[owner].add(one) for owner, one in expected.items()
        }
        assert sum(told.asks.values()) == sum(sum(points) for points in told.points.values())
        traded = {earning.owner(name) for name in names if earning.trades.has_traded(earning.owner(name))}
        assert traded == traded_in(accounts)


class TestFrauds:
    def test_a_trade_between_two_accounts_of_one_owner(self, earning: Earning):
        earning.have(["plant", "alias"])
        earning.one_owner("plant", "alias")
        earning.trade_and_meter({"plant": (10_000, 0), "alias": (0, 10_000)}, [("plant", "alias", 10_000)])
        told = earning.reward(["plant", "alias"])
        assert (told.whole, told.wh, told.asks) == (0, {}, {})
        assert not earning.trades.has_traded(earning.owner("plant"))

    def test_a_circle_through_somebody_else(self, earning: Earning):
        """What comes back under another name is no sale, and what goes round is no purchase."""
        earning.have(["plant", "friend", "alias"])
        earning.one_owner("plant", "alias")
        metered = {"plant": (10_000, 0), "friend": (0, 0), "alias": (0, 0)}
        earning.trade_and_meter(metered, [("plant", "friend", 10_000), ("friend", "alias", 10_000)])
        assert earning.reward(list(metered)).wh == {}

    def test_an_alias_that_is_left_out(self, earning: Earning):
        earning.have(["plant", "alias", "shop"])
        earning.one_owner("plant", "alias")
        metered = {"plant": (10_000, 0), "alias": (0, 0), "shop": (0, 1_000)}
        earning.trade_and_meter(metered, [("plant", "alias", 9_000), ("plant", "shop", 1_000)])
        earning.rewarding.ripen(earning.slot)
        accounts, devices = earning.lists(["plant", "shop"], earning.plants("plant"))
        missing = {"traders": 1, "injected": 0, "withdrawn": 0}
        earning.not_rewarded(reverts.AccountsMissing, accounts, devices, **missing)

    def test_own_consumption_under_another_account(self, earning: Earning):
        """What the owner's other meter takes is taken off what he sold, and cannot be left out."""
        earning.have(["plant", "home"])
        earning.one_owner("plant", "home")
        earning.trade_and_meter({**PLANT_AND_SHOP, "home": (0, 4_000)}, A_TRADE)
        earning.rewarding.ripen(earning.slot)
        accounts, devices = earning.lists(["plant", "shop"], earning.plants("plant"))
        missing = {"traders": 0, "injected": 0, "withdrawn": 4_000}
        earning.not_rewarded(reverts.AccountsMissing, accounts, devices, **missing)
        told = earning.reward(["plant", "shop", "home"])
        assert told.whole == 6_000

    def test_a_slot_twice(self, earning: Earning):
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        earning.reward(["plant", "shop"])
        lists = earning.lists(["plant", "shop"], earning.plants("plant"))
        earning.not_rewarded(reverts.SlotRewardedBefore, *lists, book=book(earning))

    def test_a_battery_is_no_source(self, earning: Earning):
        """It may call itself clean: what it gives back was made before."""
        earning.have(list(PLANT_AND_SHOP))
        battery = earning.another_device("plant", 10_000, stores=True)
        earning.trade_and_meter({"plant": (0, 0), "shop": (0, 10_000)}, A_TRADE)
        earning.rewarding.ripen(earning.slot)
        accounts, devices = earning.lists(["plant", "shop"], [battery])
        earning.not_rewarded(reverts.NotCleanSource, accounts, devices, device=battery)
        assert earning.reward(["plant", "shop"], []).whole == 0

    def test_charging_is_taken_off(self, earning: Earning):
        earning.have(list(PLANT_AND_SHOP))
        earning.another_device("plant", 3_000, Direction.WITHDRAWAL, stores=True)
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        assert earning.reward(["plant", "shop"]).whole == 7_000

    def test_what_is_not_clean(self, earning: Earning):
        earning.have(list(PLANT_AND_SHOP))
        engine = earning.another_device("plant", 8_000, clean=False)
        earning.trade_and_meter({"plant": (2_000, 0), "shop": (0, 10_000)}, A_TRADE)
        earning.rewarding.ripen(earning.slot)
        accounts, devices = earning.lists(["plant", "shop"], [*earning.plants("plant"), engine])
        earning.not_rewarded(reverts.NotCleanSource, accounts, devices, device=engine)
        assert earning.reward(["plant", "shop"]).whole == 2_000

    def test_what_was_estimated(self, earning: Earning):
        earning.have(list(PLANT_AND_SHOP))
        earning.qualities[earning.parties["plant"].plant] = Quality.ESTIMATED
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        assert earning.market.imbalance.balance_of(1, Carrier.ELECTRICITY, earning.slot).injected == 10_000
        assert earning.reward(["plant", "shop"]).whole == 0

    def test_what_was_sold_and_not_delivered(self, earning: Earning):
        earning.trade_and_meter({"plant": (4_000, 0), "shop": (0, 10_000)}, A_TRADE)
        assert earning.reward(["plant", "shop"]).whole == 4_000

    def test_what_was_bought_and_not_used(self, earning: Earning):
        """The buyer earns as a buyer, and as a user of as much as he took."""
        earning.trade_and_meter({"plant": (10_000, 0), "shop": (0, 2_500)}, A_TRADE)
        assert earning.reward(["plant", "shop"]).wh[earning.owner("shop")] == (0, 10_000, 2_500)


class TestRefused:
    @pytest.fixture
    def traded(self, earning: Earning) -> Earning:
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        return earning

    def test_before_it_is_ripe(self, traded: Earning):
        ripe_at = traded.slot + SLOT_SECONDS + traded.market.imbalance.patience() + DAY
        traded.park.blocks.mine([], ripe_at - 2)
        lists = traded.lists(["plant", "shop"], traded.plants("plant"))
        traded.not_rewarded(reverts.SlotNotRipe, *lists, book=book(traded), ripe_at=ripe_at)

    def test_accounts_in_another_order(self, traded: Earning):
        traded.rewarding.ripen(traded.slot)
        accounts, devices = traded.lists(["plant", "shop"], traded.plants("plant"))
        first, second = accounts
        traded.not_rewarded(reverts.OwnersOutOfOrder, [second, first], devices, account=first)
        traded.not_rewarded(reverts.OwnersOutOfOrder, [first, first], devices, account=first)

    def test_accounts_of_one_owner_in_another_order(self, earning: Earning):
        earning.have(["plant", "alias"])
        earning.one_owner("plant", "alias")
        earning.trade_and_meter({**PLANT_AND_SHOP, "alias": (0, 0)}, A_TRADE)
        earning.rewarding.ripen(earning.slot)
        accounts, devices = earning.lists(["plant", "alias", "shop"], earning.plants("plant"))
        first, second, shop = accounts
        earning.not_rewarded(reverts.OwnersOutOfOrder, [second, first, shop], devices, account=first)

    def test_devices_in_another_order(self, earning: Earning):
        earning.have(list(PLANT_AND_SHOP))
        second = earning.another_device("plant", 0)
        earning.trade_and_meter(PLANT_AND_SHOP, A_TRADE)
        earning.rewarding.ripen(earning.slot)
        [first] = earning.plants("plant")
        accounts, _ = earning.lists(["plant", "shop"], [])
        earning.not_rewarded(reverts.DeviceOutOfOrder, accounts, [second, first], device=first)
        earning.not_rewarded(reverts.DeviceOutOfOrder, accounts, [first, first], device=first)

    def test_devices_left_out(self, traded: Earning):
        traded.rewarding.ripen(traded.slot)
        accounts, _ = traded.lists(["plant", "shop"], [])
        traded.not_rewarded(reverts.DevicesMissing, accounts, [], wh=10_000)

    def test_an_owner_left_out(self, traded: Earning):
        """Of a device that made nothing the owner need not have done anything; then the device is not to be listed."""
        traded.have(["idle"])
        traded.rewarding.ripen(traded.slot)
        idle = traded.plants("idle")
        accounts, devices = traded.lists(["plant", "shop"], [*traded.plants("plant"), *idle])
        owner = traded.owner("idle")
        traded.not_rewarded(reverts.OwnerMissing, accounts, devices, device=idle[0], owner=owner)

    def test_a_slot_without_trades_does_nothing(self, earning: Earning):
        earning.trade_and_meter(PLANT_AND_SHOP, [])
        assert earning.reward(["plant", "shop"]).wh == {}
        assert not earning.trades.is_rewarded(1, Carrier.ELECTRICITY, earning.slot)
