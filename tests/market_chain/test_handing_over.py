"""What trades are when they are settled, and the money that goes with them, once."""

import pytest
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.market_chain.floor import MONEY, POOLED
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Purse, TradedSlot
from wattbook.deployment.plan import purse_account
from wattbook.market import proposals, uniform

NOTHING = keccak(text="a slot without trades")


def slot_of(book):
    """These sources ask for nothing but its name."""
    return TradedSlot(1, Carrier.ELECTRICITY, 0, book)


def proposal_of(life):
    return proposals.for_uniform(uniform.clear(life.orders, 5_000))


@pytest.fixture
def hand_over(floor):
    """Asks as the contract that settles; what it is told is place, sold, device, Wh, due, margin of each trade."""

    def run(source, book, *accounts):
        imbalance = floor.market.imbalance.address
        call = source.function("handOver", slot_of(book), list(accounts))
        parts = floor.chain.call(call, imbalance)
        receipt = floor.send_as(imbalance, source, "handOver", slot_of(book), list(accounts))
        money = sum(part >> 40 & 2**64 - 1 for part in parts) + sum(part >> 104 & 2**64 - 1 for part in parts)
        told = [event.args for event in receipt.events if event.name == "HandedOver"]
        assert told == ([{"book": book, "parts": parts, "amount": money}] if money else [])
        return [
            (
                part >> 240,
                bool(part >> 200 & 1),
                part >> 168 & 2**32 - 1,
                part & 2**40 - 1,
                part >> 40 & 2**64 - 1,
                part >> 104 & 2**64 - 1,
            )
            for part in parts
        ]

    return run


class TestAuction:
    @pytest.fixture
    def settled(self, life, quotes):
        life.trade(*quotes)
        life.clear(proposal_of(life))
        life.settle()
        return life

    def test_each_trade_with_its_money_once(self, floor, settled, hand_over):
        auction, names = settled.auction, ("alice", "bob", "carol", "dora", "erin")
        accounts = [floor.accounts[name].address for name in names]
        positions = [
            (place, one.sell, one.device if one.sell else 0, one.wh, one.amount if one.sell else 0, one.margin)
            for place, account in enumerate(accounts)
            for one in auction.positions_of(settled.key, account)
            if one.wh
        ]
        held, vault, imbalance = floor.locked(auction), floor.market.vault, floor.market.imbalance
        assert hand_over(auction, settled.key, *accounts) == positions
        money = sum(due + margin for *_, due, margin in positions)
        assert money > 0
        assert (floor.locked(auction), vault.module_of(imbalance.address).locked) == (held - money, money)
        assert hand_over(auction, settled.key, *accounts) == [(*one[:4], 0, 0) for one in positions]
        assert floor.locked(auction) == held - money
        # What came of the orders can still be read.
        assert len(auction.positions_of(settled.key, accounts[2])) == 1
        # Of what is left nothing is anybody's: all was paid by buyers for what sellers are due.
        assert floor.locked(auction) == 0

    def test_not_while_they_are_open(self, floor, life, quotes):
        imbalance = floor.market.imbalance.address
        call = life.auction.function("handOver", slot_of(life.key), [])
        life.trade(*quotes)
        for step in (lambda: None, lambda: life.clear(proposal_of(life))):
            step()
            with refused(reverts.TradesOpen, book=life.key):
                floor.chain.call(call, imbalance)
        life.settle()
        floor.chain.call(call, imbalance)

    def test_of_a_void_book_or_none(self, floor, life, hand_over, quotes):
        life.commit(*quotes)
        floor.at(life.slot_start)
        life.auction.void_book(life.key, sender=floor.stranger)
        for book in (life.key, NOTHING):
            assert hand_over(life.auction, book, floor.alice.address) == []


class TestDirectSale:
    def test_nothing_of_a_slot_without_sales(self, floor, hand_over):
        assert hand_over(floor.market.direct_sale, NOTHING, floor.alice.address) == []


class TestPool:
    @pytest.fixture
    def life(self, floor):
        floor.limit(1_000, 5_000)
        return floor.open(zone=POOLED, pool=True)

    def test_not_while_offers_are_open(self, floor, life):
        floor.market.pool.offer(life.key, floor.devices["dora", POOLED], 450, 1_500, sender=floor.dora)
        call = floor.market.pool.function("handOver", slot_of(life.key), [floor.dora.address])
        with refused(reverts.TradesOpen, book=life.key):
            floor.chain.call(call, floor.market.imbalance.address)

    def test_units_and_the_pools_own(self, floor, life, hand_over):
        """A bid of 2500 Wh gets 1500 of dora's at 450 and 1000 of the grid's at 600."""
        pool = floor.market.pool
        device = floor.devices["dora", POOLED]
        pool.offer(life.key, device, 450, 1_500, sender=floor.dora)
        bid = floor.buy("alice", 2_500, 700)
        life.trade(bid)
        life.clear(proposal_of(life))
        life.clear_pool([0, 2_500, 1_000])
        life.settle()
        accounts = [purse_account(Purse.POOL), floor.dora.address, floor.alice.address]
        margin = 1_500 * (660 - 450)
        expected = [(0, True, 0, 1_000, 1_000 * 600, 0), (1, True, device, 1_500, 1_500 * 450, margin)]
        held = floor.locked(pool)
        assert sorted(hand_over(pool, life.key, *accounts)) == expected
        assert held == 1_000 * 600 + 1_500 * 450 + margin
        assert floor.locked(pool) == 0
        assert sorted(hand_over(pool, life.key, *accounts)) == [(*one[:4], 0, 0) for one in expected]
        assert MONEY - floor.free("dora") == margin
