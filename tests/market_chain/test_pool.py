"""What members offer through the pool, what it takes in, and what becomes of both."""

from dataclasses import replace

import pytest

from tests.assertions import check_event, refused
from tests.devices import QUARTER, SLOT, facts
from tests.market_chain.floor import MONEY, POOL_IN, POOL_MONEY, POOL_OUT, POOLED, Life
from wattbook.contracts import reverts
from wattbook.contracts.structs import BookState, Carrier, Limits, Offer, PoolPosition, Purse, Stage
from wattbook.deployment.local import known_account
from wattbook.market import proposals, uniform
from wattbook.market.words import unpacked_fill
from wattbook.roles import Role

# ceil(1.1 * 600), what an undelivered kWh costs.
DEAREST = 660


def margin(wh, price):
    return wh * max(120, DEAREST - price)


def item(wh, price):
    return price << 40 | wh


@pytest.fixture
def pool(floor):
    return floor.market.pool


@pytest.fixture
def life(floor):
    return floor.open(zone=POOLED, pool=True)


@pytest.fixture
def offer(floor, pool, life):
    """Offers energy of a member's own device."""

    def run(name, price, wh, *, into=life):
        device = floor.devices[name, POOLED]
        return pool.offer(into.key, device, price, wh, sender=floor.accounts[name])

    return run


def pool_proposal(life):
    stock = [(word % 2**40, word >> 40) for word in life.clearing.outcome_of(life.key)[2]]
    members = uniform.clear(life.orders, 5000)
    wanted, _ = proposals.for_pool(life.orders, members.fills, stock)
    return list(wanted)


def clear_both(life):
    members = uniform.clear(life.orders, 5000)
    life.clear(proposals.for_uniform(members))
    return life.clear_pool(pool_proposal(life))


class TestOffers:
    def test_one(self, floor, pool, life, offer):
        receipt = offer("carol", 400, 1000)
        device = floor.devices["carol", POOLED]
        said = receipt.event("UnitOffered").args
        assert (said["book"], said["margin"]) == (life.key, margin(1000, 400))
        assert tuple(said["offer"].values()) == (floor.carol.address, device, 400, 1000)
        assert MONEY - floor.free("carol") == margin(1000, 400) == floor.locked(pool)
        assert floor.market.energy_units.drawn_of(device, life.slot_start) == 1000
        assert pool.offers_of(life.key) == [Offer(floor.carol.address, device, 400, 1000)]

    def test_the_cheapest_first_and_equals_as_they_came(self, floor, pool, life, offer):
        given = [("alice", 500), ("bob", 400), ("carol", 700), ("dora", 400), ("erin", 600)]
        for name, price in given:
            offer(name, price, 100)
        ranked = [(floor.accounts[name].address, price) for name, price in sorted(given, key=lambda pair: pair[1])]
        assert [(o.seller, o.price) for o in pool.offers_of(life.key)] == ranked
        floor.limit(2_000, 5_000)
        # The grid's energy comes after those who are not dearer.
        units = [item(100, price) for price in (400, 400, 500, 600)]
        assert pool.stock_of(life.key) == [item(2_000, POOL_IN), *units, item(5_000, POOL_OUT), item(100, 700)]

    def test_below_what_the_pool_pays(self, offer):
        with refused(reverts.BelowPoolPrice, price=POOL_IN - 1, pool_in=POOL_IN):
            offer("carol", POOL_IN - 1, 100)
        offer("carol", POOL_IN, 100)

    @pytest.mark.parametrize("wh", [0, 99])
    def test_too_little(self, offer, wh):
        with refused(reverts.OfferTooSmall, wh=wh):
            offer("carol", 400, wh)
        offer("carol", 400, 100)

    def test_of_a_device_twice(self, floor, life, offer):
        offer("carol", 400, 100)
        with refused(reverts.DeviceOffered, book=life.key, device=floor.devices["carol", POOLED]):
            offer("carol", 500, 100)

    def test_a_ninth(self, floor, pool, life, offer):
        assert pool.max_offers() == 8
        for place, name in enumerate(("alice", "bob", "carol", "dora", "erin", "keeper")):
            offer(name, 400 + place, 100)
        more = [floor.another_device("erin", POOLED) for _ in range(3)]
        for device in more[:2]:
            pool.offer(life.key, device, 500, 100, sender=floor.erin)
        with refused(reverts.TooManyOffers, book=life.key):
            pool.offer(life.key, more[2], 500, 100, sender=floor.erin)

    def test_more_than_the_device_delivers(self, floor, offer):
        with refused(reverts.UnitsNotFree, device=floor.devices["carol", POOLED], wh=10_001):
            offer("carol", 400, 10_001)
        offer("carol", 400, 10_000)

    def test_another_s_device(self, floor, pool, life):
        device = floor.devices["dora", POOLED]
        with refused(reverts.UnitsNotFree, device=device, wh=100):
            pool.offer(life.key, device, 400, 100, sender=floor.carol)

    def test_a_margin_that_is_short(self, floor, offer):
        floor.leave("carol", 25_999)
        with refused(reverts.InsufficientFree, account=floor.carol.address, free=25_999, asked=26_000):
            offer("carol", 400, 100)

    def test_without_the_role(self, floor, offer):
        membership = floor.market.membership
        member = membership.standing_of(floor.carol.address).member
        roles = int(Role.STORAGE | Role.GRID)
        floor.decide(membership, "withdrawRoles", member, roles, "neither")
        with refused(reverts.MissingRole, account=floor.carol.address, any_of=Role.STORAGE | Role.GRID):
            offer("carol", 400, 100)


@pytest.mark.parametrize("price", [0, 300, DEAREST - 121, DEAREST - 119, DEAREST, DEAREST + 1])
def test_a_seller_has_at_hand_what_the_dearest_wh_costs_him(floor, life, price):
    sale = floor.sell("carol", 1_000, price, zone=POOLED)
    life.commit(sale)
    life.reveal(sale)
    assert MONEY - floor.free("carol") == margin(1_000, price)
    life.clear(proposals.for_uniform(uniform.clear(life.orders, 5000)))


class TestIntake:
    @pytest.mark.parametrize(("short", "taken"), [(0, 4_000), (1, 3_999), (300, 3_999), (301, 3_998)])
    def test_is_limited_by_what_the_purse_can_pay(self, floor, pool, life, short, taken):
        floor.limit(10_000, 0)
        assert pool.limits_of(POOLED, Carrier.ELECTRICITY) == Limits(10_000, 0)
        leave_in_purse(floor, 4_000 * POOL_IN - short)
        assert pool.affordable(10_000, POOL_IN, 0) == taken
        life.trade(floor.sell("carol", 5_000, 300, zone=POOLED))
        clear_both(life)
        assert life.clearing.outcome_of(life.key)[2][0] == item(taken, POOL_IN)
        life.settle()
        assert life.auction.positions_of(life.key, floor.carol.address)[0].wh == taken

    def test_what_is_reserved_is_not_spent(self, pool):
        assert pool.affordable(10, 300, POOL_MONEY - 2_999) == 9
        assert pool.affordable(10, 300, POOL_MONEY + 1) == 0
        assert pool.affordable(10, 0, POOL_MONEY + 1) == 10

    def test_is_limited_by_what_members_cannot_sell(self, floor, life):
        floor.limit(10_000, 0)
        life.trade(floor.sell("carol", 5_000, 300, zone=POOLED), floor.buy("alice", 2_000, 500))
        receipt = life.clear([300, 300])
        assert receipt.event("StockFixed").args["stock"][0] == item(3_000, POOL_IN)
        check_event(receipt, "BookCleared", book=life.key, poolLocked=3_000 * POOL_IN)

    def test_says_what_is_set(self, floor, pool):
        receipt = floor.decide(pool, "setLimits", POOLED, Carrier.ELECTRICITY, Limits(7, 8))
        said = receipt.event("LimitsSet").args
        assert (said["zone"], said["carrier"], tuple(said["limits"].values())) == (POOLED, 0, (7, 8))

    def test_of_a_zone_that_is_none(self, floor, pool):
        with refused(reverts.UnknownZoneNumber, number=3):
            floor.decide(pool, "setLimits", 3, Carrier.ELECTRICITY, Limits(7, 8))


class TestTrading:
    def test_what_members_leave_is_served_and_the_rest_goes_back(self, floor, pool, life, offer):
        floor.limit(1_000, 500)
        offer("dora", 450, 1_500)
        offer("erin", 700, 1_000)
        bid = floor.buy("alice", 5_000, 650)
        ask = floor.sell("carol", 2_000, 600, zone=POOLED)
        life.trade(bid, ask)
        clear_both(life)
        assert life.clearing.stage_of(life.key) == Stage.FINAL
        receipt = life.settle()
        sold = {
            event.args["seller"]: (event.args["sold"]["wh"], event.args["marginKept"])
            for event in receipt.events
            if event.name == "UnitSold"
        }
        assert sold == {floor.dora.address: (1_500, margin(1_500, 450)), floor.erin.address: (0, 0)}
        own = {"bought": 0, "sold": 500, "due": 500 * 600}
        check_event(receipt, "PoolTraded", book=life.key, position=own, dustWh=0)
        # 2000 Wh of carol's at 650, 1500 of dora's at 450, 500 of the grid's at 600; the pool takes no commission.
        fills = [unpacked_fill(event.args["fill"]) for event in receipt.events if event.name == "Traded"]
        assert fills[0] == (4_000, 2_000 * 650 + 1_500 * 450 + 500 * 600, 2_000 * 650 * 20 // 10_000)
        assert life.auction.positions_of(life.key, bid.trader)[0].wh == 4_000
        assert floor.free("erin") == MONEY
        assert MONEY - floor.free("dora") == margin(1_500, 450)
        # What its unit and the grid's were sold for waits with the margin.
        assert floor.locked(pool) == margin(1_500, 450) + 1_500 * 450 + 500 * 600
        assert pool.position_of(life.key) == PoolPosition(0, 500, 500 * 600)
        units = floor.market.energy_units
        assert units.drawn_of(floor.devices["erin", POOLED], life.slot_start) == 0
        assert units.drawn_of(floor.devices["dora", POOLED], life.slot_start) == 1_500
        assert [offer.wh for offer in pool.offers_of(life.key)] == [1_500, 0]
        assert floor.purse(Purse.POOL) == POOL_MONEY

    def test_what_members_cannot_sell_is_taken_in(self, floor, pool, life):
        floor.limit(1_000, 0)
        asks = [floor.sell("carol", 3_000, 300, zone=POOLED), floor.sell("dora", 1_000, 250, zone=POOLED)]
        life.trade(*asks, floor.sell("erin", 1_000, POOL_IN + 1, zone=POOLED))
        members = uniform.clear(life.orders, 5000)
        receipt = life.clear(proposals.for_uniform(members))
        check_event(receipt, "StockFixed", book=life.key, stock=[item(1_000, POOL_IN), item(0, POOL_OUT)])
        check_event(receipt, "BookCleared", book=life.key, poolLocked=1_000 * POOL_IN)
        assert floor.purse(Purse.POOL) == POOL_MONEY - 1_000 * POOL_IN
        proposal = pool_proposal(life)
        assert proposal == [4_000, 0]
        receipt = life.clear_pool(proposal)
        check_event(receipt, "PoolOutcomeFound", book=life.key, proposal=proposal, outcome=proposal)
        receipt = life.settle()
        own = {"bought": 1_000, "sold": 0, "due": 0}
        check_event(receipt, "PoolTraded", book=life.key, position=own, dustWh=0)
        assert [life.auction.positions_of(life.key, quote.trader)[0].wh for quote in asks] == [750, 250]
        said = receipt.event("BookSettled").args
        assert (said["poolSpent"], said["toCommonFund"]) == (1_000 * POOL_IN, 0)
        assert floor.purse(Purse.POOL) == POOL_MONEY - 1_000 * POOL_IN

    @pytest.mark.parametrize("wrong", [[3_999, 0], [4_001, 0], [4_000, 1], [4_000], [4_000, 0, 0]])
    def test_a_wrong_proposal(self, floor, life, wrong):
        floor.limit(1_000, 0)
        life.trade(floor.sell("carol", 4_000, 300, zone=POOLED))
        life.clear([0, 0])
        with refused(reverts.WrongProposal):
            life.clear_pool(wrong)
        life.clear_pool([4_000, 0])
        with refused(reverts.WrongStage, book=life.key, stage=Stage.FINAL):
            life.clear_pool([4_000, 0])

    def test_with_other_orders(self, floor, life):
        life.trade(floor.sell("carol", 4_000, 300, zone=POOLED))
        life.clear([0, 0])
        with refused(reverts.WrongWords, book=life.key, group=0):
            life.clear_pool([4_000, 0], [life.word(0) + (1 << 200)])

    def test_a_pool_that_was_not_cleared_in_time_gives_everything_back(self, floor, pool, life, offer):
        floor.limit(1_000, 0)
        offer("dora", 450, 1_500)
        life.trade(floor.sell("carol", 4_000, 300, zone=POOLED), floor.buy("alice", 1_000, 500))
        life.clear([300, 300])
        floor.at(life.slot_start)
        life.settle()
        assert life.facts.state == BookState.SETTLED
        assert floor.purse(Purse.POOL) == POOL_MONEY
        assert (floor.free("dora"), floor.locked(pool)) == (MONEY, 0)

    def test_without_a_pool_in_its_terms_offers_come_back(self, floor, pool, offer):
        life = floor.open(zone=POOLED)
        offer("dora", 450, 1_500, into=life)
        life.clear([0, 0], [])
        receipt = life.settle([])
        check_event(receipt, "PoolTraded", book=life.key, position={"bought": 0, "sold": 0, "due": 0}, dustWh=0)
        assert (floor.free("dora"), floor.locked(pool)) == (MONEY, 0)


class TestVoid:
    def test_offers_go_back(self, floor, pool, life, offer):
        offer("carol", 400, 1_000)
        offer("dora", 450, 1_500)
        life.void()
        receipt = pool.return_offers(life.key, sender=floor.stranger)
        check_event(receipt, "OffersReturned", book=life.key)
        assert (floor.free("carol"), floor.free("dora"), floor.locked(pool)) == (MONEY, MONEY, 0)
        with refused(reverts.NothingToReturn, book=life.key):
            pool.return_offers(life.key, sender=floor.stranger)

    def test_not_before(self, floor, pool, life, offer):
        offer("carol", 400, 1_000)
        with refused(reverts.NothingToReturn, book=life.key):
            pool.return_offers(life.key, sender=floor.stranger)

    def test_nor_where_there_are_none(self, floor, pool, life):
        life.void()
        with refused(reverts.NothingToReturn, book=life.key):
            pool.return_offers(life.key, sender=floor.stranger)


def leave_in_purse(floor, amount):
    spent = floor.purse(Purse.POOL) - amount
    floor.market.vault.spend(Purse.POOL, floor.alice.address, spent, bytes(32), sender=known_account("operator"))


def test_nobody_keeps_another_s_book_from_being_cleared(floor, pool, life):
    """Two books of one purse that can pay for the intake of one; first comes a call that clears nothing."""
    gas = (POOLED, Carrier.GAS)
    grid = floor.market.vault.purse_account(Purse.GRID)
    opening = (*gas, SLOT, QUARTER, facts(grid, pool_in=POOL_IN, pool_out=POOL_OUT))
    floor.decide(floor.market.zones, "openCarrier", *opening)
    other = Life(floor, replace(life.book, carrier=Carrier.GAS))
    terms = (Carrier.GAS, other.book.zone, other.slot_start, floor.terms(pool=True))
    floor.decide(floor.market.rulebook, "setTerms", *terms)
    for zone, carrier in (gas, (POOLED, Carrier.ELECTRICITY)):
        floor.decide(pool, "setLimits", zone, carrier, Limits(5_000, 0))
    leave_in_purse(floor, 5_000 * POOL_IN)
    other.open()
    device = floor.another_device("dora", POOLED, Carrier.GAS)
    asks = {life.key: floor.sell("carol", 5_000, 300, zone=POOLED)}
    asks[other.key] = replace(floor.sell("dora", 5_000, 300), device=device)
    for book in (life, other):
        book.commit(asks[book.key])
    for book in (life, other):
        book.reveal(asks[book.key])
    other.clear([0, 0], [])
    for book, wh in ((life, 5_000), (other, 0)):
        clear_both(book)
        assert book.clearing.outcome_of(book.key)[2][0] == item(wh, POOL_IN)
        book.settle()
    assert floor.purse(Purse.POOL) == 0
