"""A book from its first second to the last order settled, with everything that it says on the way."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import check_event
from tests.market_chain.floor import MONEY, PLAIN, ZONES
from wattbook.contracts.structs import Book as Facts
from wattbook.contracts.structs import BookState, Order, OrderState, Position, Purse, SizeClass, Stage
from wattbook.market.words import Quote, group_chain, unpacked_fill

BOND, FEE = 200_000, 50_000
# What the two buyers and two sellers of `quotes` get at 450: Wh, amount and the commission of 20 basis points.
FILLS = [(6000, 2_700_000, 5_400), (2000, 900_000, 1_800), (5000, 2_250_000, 4_500), (3000, 1_350_000, 2_700)]
LOCKS = [3_018_000, 1_810_800, 600_000, 360_000]


def events(receipt, name):
    return [event.args for event in receipt.events if event.name == name]


@pytest.fixture
def revealed(life, quotes):
    return life.trade(*quotes)


@pytest.fixture
def cleared(revealed):
    revealed.clear([450, 450])
    return revealed


def test_opening(floor):
    life = floor.plan()
    receipt = life.open()
    facts = Facts(
        life.opens_at, life.reveals_at, life.clears_at, life.slot_start, 0, 10_000, PLAIN, 0, 0, BookState.OPEN
    )
    said = receipt.event("BookOpened").args
    assert {name: said[name] for name in ("book", "carrier", "zone", "slotStart")} == {
        "book": life.key,
        "carrier": 0,
        "zone": ZONES[PLAIN],
        "slotStart": life.slot_start,
    }
    assert tuple(said["facts"].values()) == tuple(facts)
    terms = receipt.event("TermsFixed").args
    assert (terms["book"], tuple(terms["terms"].values())) == (life.key, tuple(floor.terms()))
    assert life.facts == facts
    assert life.key == floor.market.rulebook.book_key(0, ZONES[PLAIN], life.slot_start)


def test_committing(floor, life, quotes):
    receipt = life.commit(quotes[0])
    public = Quote(quotes[0].trader, False, 10_000, 0).word(0)
    check_event(receipt, "Committed", book=life.key, order=public, seal=life.sealed(quotes[0]))
    check_event(
        receipt,
        "Locked",
        module=life.auction.address,
        account=quotes[0].trader,
        amount=BOND + FEE,
    )
    receipt = life.commit(quotes[1])
    assert receipt.event("Committed").args["order"] == Quote(quotes[1].trader, False, 10_000, 0).word(1)
    assert life.facts.commits == 2
    assert floor.free("alice") == MONEY - BOND - FEE
    sealed = int.from_bytes(life.sealed(quotes[0])) % 2**208
    assert life.auction.order_of(life.key, quotes[0].trader, 0) == Order(sealed, 0, SizeClass.SMALL, OrderState.SEALED)


@pytest.mark.parametrize("size", list(SizeClass))
def test_a_bond_is_of_its_class(floor, life, size):
    life.commit(floor.buy("alice", 100, 1), size=size)
    bond = (200_000, 2_000_000, 20_000_000, 200_000_000)[size]
    assert life.auction.bond_of(size) == bond
    assert floor.free("alice") == MONEY - bond - FEE
    life.reveal(floor.buy("alice", 100, 1))
    assert floor.free("alice") == MONEY - 101


def test_the_chain_seals_as_python_does(floor, life, quotes):
    for quote in quotes:
        assert life.auction.seal_of(life.key, quote.word(), life.salt(quote)) == life.sealed(quote)


def test_revealing(floor, life, quotes):
    life.commit(*quotes)
    receipt = life.reveal(*quotes)
    words = [quote.word(place) for place, quote in enumerate(quotes)]
    check_event(receipt, "OrdersRevealed", book=life.key, words=words)
    assert events(receipt, "OrderRefused") == []
    names = ("alice", "bob", "carol", "dora")
    assert [MONEY - floor.free(name) for name in names] == LOCKS
    assert floor.locked() == sum(LOCKS)
    assert life.auction.group_of(life.key, 0) == group_chain(life.key, words) | 0b1111
    units = floor.market.energy_units
    for quote in quotes[2:]:
        assert units.drawn_of(quote.device, life.slot_start) == quote.wh


def test_clearing(revealed):
    receipt = revealed.clear([450, 450])
    outcome = [450 | 8000 << 16 | 6000 << 56 | 4000 << 96 | 8000 << 136]
    check_event(receipt, "OutcomeFound", book=revealed.key, proposal=[450, 450], outcome=outcome)
    check_event(receipt, "BookCleared", book=revealed.key, poolLocked=0)
    assert revealed.clearing.stage_of(revealed.key) == Stage.FINAL
    assert revealed.clearing.outcome_of(revealed.key) == [outcome, [], []]
    assert revealed.facts.state == BookState.CLEARED


def test_settling(floor, cleared, quotes):
    receipt = cleared.settle()
    traded = events(receipt, "Traded")
    assert [unpacked_fill(event["fill"]) for event in traded] == FILLS
    assert [(event["book"], event["word"]) for event in traded] == [(cleared.key, word) for word in cleared.words]
    check_event(
        receipt,
        "BookSettled",
        book=cleared.key,
        paid=3_600_000,
        received=3_600_000,
        poolShare=0,
        poolSpent=0,
        toCommonFund=0,
    )
    assert cleared.facts.state == BookState.SETTLED
    # Buyers paid and their fees are gone, of sellers the margin of what they sold stays.
    gone = [2_705_400, 901_800, 600_000, 360_000]
    assert [MONEY - floor.free(name) for name in ("alice", "bob", "carol", "dora")] == gone
    assert floor.purse(Purse.PLATFORM) == 5_400 + 1_800 + 4_500 + 2_700
    # Proceeds stay until delivery is final, net of the sellers' commission.
    assert floor.locked() == 3_600_000 - 7_200 + 960_000


def test_positions(floor, cleared, quotes):
    cleared.settle()
    [bought] = cleared.auction.positions_of(cleared.key, quotes[0].trader)
    assert bought == Position(False, 6000, 2_700_000, 0, 0)
    [sold] = cleared.auction.positions_of(cleared.key, quotes[2].trader)
    assert sold == Position(True, 5000, 2_250_000 - 4_500, 600_000, quotes[2].device)
    order = cleared.auction.order_of(cleared.key, quotes[0].trader, 0)
    assert (order.state, order.place, order.size_class) == (OrderState.SETTLED, 0, SizeClass.SMALL)
    assert cleared.auction.positions_of(cleared.key, floor.erin.address) == []


def test_a_trade_has_an_id_of_its_own(floor, cleared):
    kinds = ["uint256", "address", "bytes32", "uint256"]
    values = [floor.chain.chain_id, cleared.auction.address, cleared.key, 3]
    assert cleared.auction.trade_id(cleared.key, 3) == keccak(encode(kinds, values))


def test_energy_that_was_not_sold_is_free_again(floor, life):
    offered, wanted = floor.sell("carol", 5000, 300), floor.buy("alice", 2000, 500)
    life.trade(offered, wanted)
    available = floor.market.energy_units.available
    assert available(offered.trader, offered.device, life.slot_start) == 5000
    life.clear([300, 300])
    life.settle()
    assert available(offered.trader, offered.device, life.slot_start) == 8000
    assert floor.market.energy_units.drawn_of(offered.device, life.slot_start) == 2000


def test_settled_after_delivery_began_energy_is_nobodys(floor, life):
    offered, wanted = floor.sell("carol", 5000, 300), floor.buy("alice", 2000, 500)
    life.trade(offered, wanted)
    life.clear([300, 300])
    floor.at(life.slot_start)
    life.settle()
    assert life.auction.positions_of(life.key, offered.trader)[0].wh == 2000
    # The margin of what was not sold is returned all the same.
    assert MONEY - floor.free("carol") == 2000 * 120


def test_several_orders_of_one_trader(floor, life):
    mine = [floor.buy("alice", 1000, 500, 0), floor.buy("alice", 2000, 400, 1)]
    life.trade(*mine, floor.sell("carol", 3000, 300))
    life.clear([300, 400])
    life.settle()
    assert [position.wh for position in life.auction.positions_of(life.key, mine[0].trader)] == [1000, 2000]
    assert MONEY - floor.free("alice") == 3000 * 350 + 3000 * 350 * 20 // 10_000


def test_books_of_other_slots_do_not_touch_each_other(floor, quotes):
    first, second = floor.plan(ahead=3), floor.plan(ahead=4)
    first.open()
    first.commit(*quotes)
    second.open()
    second.commit(*quotes)
    for life in (first, second):
        life.reveal(*quotes)
        life.clear([450, 450])
        life.settle()
    assert MONEY - floor.free("alice") == 2 * 2_705_400
