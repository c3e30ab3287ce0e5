"""Books of every shape, under every rule."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import check_event, refused
from tests.market_chain.floor import MONEY
from wattbook.contracts import reverts
from wattbook.contracts.structs import Book, BookState, Carrier, Purse
from wattbook.deployment.bytecode import storage_slot
from wattbook.market import muda, proposals, ranked, trade_reduction
from wattbook.market.words import unpacked_fill

RULES = ("Uniform", "TradeReduction", "Muda", "Ranked")
# What a book with no trade can be cleared with: bn and an where there are none.
NONE = 2**16
EMPTY = {"Uniform": [0, 0], "TradeReduction": [0, 0, NONE, NONE, NONE, NONE], "Muda": [0, 0, 0, 0], "Ranked": [0]}


def fills(receipt):
    return [unpacked_fill(event.args["fill"]) for event in receipt.events if event.name == "Traded"]


def draw(life):
    life.floor.not_before(life.clears_at)
    life.clearing.fix_seed(life.key, sender=life.floor.stranger)
    life.floor.mine()
    life.clearing.draw_seed(life.key, sender=life.floor.stranger)


def _rank(life):
    return ranked.clear(life.orders, ranked.Rank.VALUE, False, 5000, ranked.Fee(20, 0, 60), None, [])


@pytest.mark.parametrize("first", [1, 2])
def test_all_facts_of_a_book_are_told(floor, life, first):
    """Each has its place in the word that it is in storage; what closes a book changes none."""
    slot = keccak(encode(["bytes32", "uint256"], [life.key, storage_slot("Auction", "_books")]))
    book = Book(first, 2, 3, 4, 0, 5, 6, 7, Carrier.GAS, BookState.OPEN)
    places = (0, 40, 80, 120, 160, 176, 192, 208, 232, 240)
    floor.store(life.auction, slot, sum(int(value) << place for value, place in zip(book, places, strict=True)))
    assert life.facts == book
    life.auction.void_book(life.key, sender=floor.stranger)
    assert life.facts == book._replace(state=BookState.VOID)


@pytest.mark.parametrize("rule", RULES)
def test_of_zero_orders(floor, rule):
    life = floor.open(rule)
    if rule == "Muda":
        draw(life)
    life.clear(EMPTY[rule], [])
    if rule == "Ranked":
        assert len(life.clearing.outcome_of(life.key)[0]) == 1
    receipt = life.settle([])
    nothing = dict.fromkeys(("paid", "received", "poolShare", "poolSpent", "toCommonFund"), 0)
    check_event(receipt, "BookSettled", book=life.key, **nothing)
    assert life.facts.state == BookState.SETTLED


@pytest.mark.parametrize("side", ["bids", "asks"])
@pytest.mark.parametrize("rule", RULES)
def test_of_one_side(floor, rule, side):
    life = floor.open(rule)
    make = floor.buy if side == "bids" else floor.sell
    orders = [make("alice", 1000, 500), make("bob", 2000, 400)]
    life.trade(*orders)
    if rule == "Muda":
        draw(life)
    life.clear(proposals.for_ranked(_rank(life)) if rule == "Ranked" else EMPTY[rule])
    assert fills(life.settle()) == []
    assert (floor.free("alice"), floor.free("bob"), floor.locked()) == (MONEY, MONEY, 0)
    if side == "asks":
        available = floor.market.energy_units.available(orders[0].trader, orders[0].device, life.slot_start)
        assert available == 10_000


def test_of_equal_prices(floor, life):
    """430 all: who asks for more gets more, to the Wh."""
    bids = [floor.buy(name, wh, 430) for name, wh in (("alice", 3000), ("bob", 3000), ("erin", 3001))]
    asks = [floor.sell(name, wh, 430) for name, wh in (("carol", 2000), ("dora", 2999))]
    life.trade(*bids, *asks)
    life.clear([430, 430])
    assert [wh for wh, *_ in fills(life.settle())] == [1666, 1666, 1667, 2000, 2999]


def test_prices_that_do_not_meet(floor, life):
    life.trade(floor.buy("alice", 1000, 399), floor.sell("carol", 1000, 400))
    life.clear([399, 400])
    assert fills(life.settle()) == []
    assert floor.locked() == 0


def test_free_of_charge(floor, life):
    life.trade(floor.buy("alice", 1000, 0), floor.sell("carol", 1000, 0))
    life.clear([0, 0])
    assert fills(life.settle()) == [(1000, 0, 0), (1000, 0, 0)]
    assert floor.free("alice") == MONEY


def test_at_the_highest_price(floor, life):
    life.trade(floor.buy("alice", 10_000, 65_535), floor.sell("carol", 10_000, 65_535))
    life.clear([65_535, 65_535])
    assert fills(life.settle()) == [(10_000, 655_350_000, 1_310_700)] * 2


def test_trade_reduction_gives_the_rest_to_the_fund(floor):
    life = floor.open("TradeReduction")
    bids = [floor.buy("alice", 10_000, 600), floor.buy("bob", 5_000, 500)]
    asks = [floor.sell("carol", 8_000, 300), floor.sell("dora", 10_000, 450)]
    life.trade(*bids, *asks)
    outcome = trade_reduction.clear(life.orders)
    life.clear(proposals.for_trade_reduction(outcome))
    receipt = life.settle()
    # Buyers pay 500, sellers get 450, and 0.40 PT are nobody's.
    assert [fill[:2] for fill in fills(receipt)] == [(8_000, 4_000_000), (8_000, 3_600_000)]
    assert receipt.event("BookSettled").args["toCommonFund"] == 400_000
    assert floor.purse(Purse.COMMON_FUND) == 400_000


def test_one_upt_is_the_pool_s(floor):
    """Of 1001 Wh that are bought sellers give 1000: the pool serves the one, at the buyers' price."""
    life = floor.open("TradeReduction")
    bids = [floor.buy("alice", 1_000, 1), floor.buy("bob", 1_001, 3)]
    asks = [floor.sell("carol", 1_001, 1), floor.sell("dora", 100, 0), floor.sell("erin", 1_500, 0)]
    life.trade(*bids, *asks)
    outcome = trade_reduction.clear(life.orders)
    life.clear(proposals.for_trade_reduction(outcome))
    pool = floor.purse(Purse.POOL)
    receipt = life.settle()
    wh = [fill[0] for fill in fills(receipt)]
    assert sorted(wh) == [62, 938, 1_001] and receipt.event("BookSettled").args["poolShare"] == 1
    assert floor.purse(Purse.POOL) - pool == 1


@pytest.mark.parametrize("place", [4, 5])
@pytest.mark.parametrize("by", [1, -1])
def test_the_next_levels_of_trade_reduction_are_checked(floor, place, by):
    """Both sides end with their marginal levels, so that the price lies between the next ones."""
    life = floor.open("TradeReduction")
    bids = [floor.buy("alice", 5_000, 600), floor.buy("bob", 5_000, 560), floor.buy("erin", 5_000, 440)]
    asks = [floor.sell("carol", 5_000, 400), floor.sell("dora", 5_000, 440), floor.sell("keeper", 5_000, 560)]
    life.trade(*bids, *asks)
    right = proposals.for_trade_reduction(trade_reduction.clear(life.orders))
    wrong = [*right]
    wrong[place] += by
    with refused(reverts.WrongProposal):
        life.clear(wrong)
    for none in (4, 5):
        with refused(reverts.WrongProposal):
            life.clear([*right[:none], NONE, *right[none + 1 :]])
    life.clear(right)
    prices = {amount // wh for wh, amount, _ in fills(life.settle())}
    assert prices == {500}


def test_muda_trades_halves_at_each_others_prices(floor):
    life = floor.open("Muda")
    names = ("alice", "bob", "carol", "dora", "erin", "keeper")
    bids = [floor.buy(name, 1000 + 100 * i, 500 + i, 0) for i, name in enumerate(names)]
    asks = [floor.sell(name, 900 + 100 * i, 300 + i, 1) for i, name in enumerate(names)]
    life.trade(*bids, *asks)
    draw(life)
    outcome = muda.clear(life.orders, int.from_bytes(life.clearing.seed_of(life.key)))
    life.clear(proposals.for_muda(outcome))
    receipt = life.settle()
    got = {
        event.args["word"]: unpacked_fill(event.args["fill"])[0] for event in receipt.events if event.name == "Traded"
    }
    assert [got.get(word, 0) for word in life.words] == list(outcome.fills)


def test_ranked_pairs_orders(floor):
    life = floor.open("Ranked")
    life.trade(floor.buy("alice", 5000, 500), floor.sell("carol", 3000, 400))
    outcome = _rank(life)
    life.clear(proposals.for_ranked(outcome))
    receipt = life.settle(evidence=proposals.ranked_trades(outcome))
    assert fills(receipt) == [(3000, 1_350_000, 2_700)] * 2


class TestBadRules:
    """The auction does not believe a rule that takes more of a trader than he offered."""

    @pytest.mark.parametrize("place", [0, 2])
    def test_an_unfair_fill(self, floor, life, quotes, place):
        life.trade(*quotes)
        life.clear([450, 450])
        limit = 1000 * quotes[place].price
        amount = limit - 1 if quotes[place].sell else limit + 1
        answer(floor, "Uniform", [1000 | amount << 40 if i == place else 0 for i in range(4)])
        with refused(reverts.UnfairFill, book=life.key, index=place):
            life.settle()


def answer(floor, rule, fills):
    """Puts in a rule's place what gives these fills to everybody who asks, and no carry."""
    words = [0x40, 0x60 + 32 * len(fills), len(fills), *fills, 0]
    data = b"".join(word.to_bytes(32) for word in words)
    size = len(data).to_bytes(2)
    # PUSH2 size, PUSH1 14, PUSH1 0, CODECOPY, PUSH2 size, PUSH1 0, RETURN: the data begin at the fourteenth byte.
    code = b"\x61" + size + b"\x60\x0e\x60\x00\x39" + b"\x61" + size + b"\x60\x00\xf3"
    floor.replace_code(floor.market.deployment.address(rule), code + data)
