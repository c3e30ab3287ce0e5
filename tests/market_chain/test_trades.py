"""What a trader with many orders in a book has bought and sold, some of them never revealed, or in vain."""

import pytest

from tests.assertions import refused
from tests.market_chain.floor import Floor, Life
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, OrderState, SizeClass, TradedSlot
from wattbook.market import proposals, uniform

NUMBERS = 16


@pytest.fixture
def book(floor: Floor, life: Life) -> Life:
    """Dora buys 2000 and 1000 Wh, sells 3000, and keeps her first order to herself; carol sells 3000 of 4000 in three
    orders, the last in vain; alice and bob buy 3000."""
    hidden = floor.buy("dora", 9_000, 900)
    shown = [
        floor.buy("alice", 2_000, 500),
        floor.buy("bob", 1_000, 500),
        floor.sell("carol", 2_000, 300),
        floor.sell("carol", 1_000, 310, number=1),
        floor.sell("carol", 1_000, 900, number=2),
        floor.buy("dora", 2_000, 500, number=1),
        floor.buy("dora", 1_000, 500, number=2),
        floor.sell("dora", 3_000, 320, number=3),
    ]
    life.commit(hidden, *shown)
    life.reveal(*shown)
    return life


@pytest.fixture
def settled(book: Life) -> Life:
    clear(book)
    book.settle()
    return book


def clear(book: Life) -> None:
    book.clear(proposals.for_uniform(uniform.clear(book.orders, 5_000)))


def trades_of(book: Life, *names: str) -> list[list[int]]:
    return [list(book.auction.trades_of(book.key, book.floor.accounts[name].address)) for name in names]


def test_sums_of_all_orders(settled):
    assert trades_of(settled, "alice", "bob", "carol", "dora", "erin") == [
        [0, 2_000],
        [0, 1_000],
        [3_000, 0],
        [3_000, 3_000],
        [0, 0],
    ]
    # What came of each can be read by its number: nothing of what was kept hidden, or in vain.
    assert [(one.sell, one.wh) for one in settled.auction.positions_of(settled.key, settled.floor.dora.address)] == [
        (False, 0),
        (False, 2_000),
        (False, 1_000),
        (True, 3_000),
    ]
    assert [one.wh for one in settled.auction.positions_of(settled.key, settled.floor.carol.address)] == [
        2_000,
        1_000,
        0,
    ]


def test_sums_are_those_of_the_trades_when_their_money_is_gone(floor, settled):
    hand_over(floor, settled, "carol", "dora")
    assert trades_of(settled, "carol", "dora") == [[3_000, 0], [3_000, 3_000]]


def test_sums_are_nobodys_before_the_book_is_settled(floor, book):
    for step in (lambda: None, lambda: clear(book)):
        step()
        with refused(reverts.TradesOpen, book=book.key):
            book.auction.trades_of(book.key, floor.alice.address)


def test_nothing_was_traded_in_a_book_that_is_void(floor, book):
    floor.at(book.slot_start)
    book.auction.void_book(book.key, sender=floor.stranger)
    book.settle()
    assert trades_of(book, "alice", "carol", "dora") == [[0, 0]] * 3


def test_each_of_many_orders_is_handed_over(floor, settled):
    """Those of whom it is asked hold all their numbers; the money is that of the sales."""
    names = ("carol", "erin", "dora", "alice", "bob")
    held, auction = floor.locked(settled.auction), settled.auction
    sold = [
        one for name in ("carol", "dora") for one in auction.positions_of(settled.key, floor.accounts[name].address)
    ]
    money = sum(one.amount + one.margin for one in sold if one.sell)
    parts = hand_over(floor, settled, *names)
    assert [(place, sell, wh) for place, sell, wh, _ in parts] == [
        (0, True, 2_000),
        (0, True, 1_000),
        (2, False, 2_000),
        (2, False, 1_000),
        (2, True, 3_000),
        (3, False, 2_000),
        (4, False, 1_000),
    ]
    assert sum(amount for *_, amount in parts) == money > 0
    assert floor.locked(auction) == held - money
    states = [auction.order_of(settled.key, floor.dora.address, number).state for number in range(4)]
    assert states == [OrderState.SEALED, OrderState.SETTLED, OrderState.SETTLED, OrderState.HANDED_OVER]
    # The second time there is no money, and no event.
    assert [(place, wh, amount) for place, _, wh, amount in hand_over(floor, settled, "dora", "carol")] == [
        (0, 2_000, 0),
        (0, 1_000, 0),
        (0, 3_000, 0),
        (1, 2_000, 0),
        (1, 1_000, 0),
    ]
    assert floor.locked(auction) == held - money


def test_the_least_that_can_be_sold_is_handed_over(floor, life):
    """What the cheaper seller leaves: one Wh. Of an order that trades nothing there is no part."""
    quotes = [floor.sell("carol", 1_000, 300), floor.sell("dora", 100, 310), floor.sell("erin", 100, 320)]
    bid = floor.buy("alice", 1_001, 500)
    life.commit(*quotes, bid)
    life.reveal(*quotes, bid)
    clear(life)
    life.settle()
    parts = hand_over(floor, life, "carol", "dora", "erin", "alice")
    assert [(place, sell, wh) for place, sell, wh, _ in parts] == [(0, True, 1_000), (1, True, 1), (3, False, 1_001)]
    states = [life.auction.order_of(life.key, quote.trader, 0).state for quote in quotes]
    assert states == [OrderState.HANDED_OVER, OrderState.HANDED_OVER, OrderState.SETTLED]


def hand_over(floor: Floor, book: Life, *names: str) -> list[tuple[int, bool, int, int]]:
    """Place, whether sold, Wh and uPT of each part, as settlement is told; and it happens."""
    asked = TradedSlot(1, Carrier.ELECTRICITY, 0, book.key), [floor.accounts[name].address for name in names]
    imbalance = floor.market.imbalance.address
    parts = floor.chain.call(book.auction.function("handOver", *asked), imbalance)
    floor.send_as(imbalance, book.auction, "handOver", *asked)
    low = 2**64 - 1
    return [
        (part >> 240, bool(part >> 200 & 1), part & 2**40 - 1, (part >> 40 & low) + (part >> 104 & low))
        for part in parts
    ]


def test_what_is_nothing_is_not_moved(floor, life):
    """What is sold for nothing has no fee, leaves nothing over, and the pool has no part in it."""
    quotes = [floor.sell("carol", 1_000, 0), floor.buy("alice", 1_000, 0)]
    life.commit(*quotes)
    life.reveal(*quotes)
    clear(life)
    moved = {event.name for event in life.settle().events}
    assert moved == {"Adjusted", "BookSettled", "PoolTraded", "Traded"}
    assert trades_of(life, "carol", "alice") == [[1_000, 0], [0, 1_000]]


def test_of_all_numbers_that_a_trader_has(floor, life):
    quotes = [floor.buy("alice", 100 + number, 500, number) for number in range(NUMBERS)]
    sale = floor.sell("carol", 100 * NUMBERS + 120, 300)
    life.commit(*quotes, sale)
    life.reveal(*quotes, sale)
    clear(life)
    life.settle()
    positions = life.auction.positions_of(life.key, floor.alice.address)
    assert [one.wh for one in positions] == [100 + number for number in range(NUMBERS)]
    assert trades_of(life, "alice", "carol") == [[0, 1_720], [1_720, 0]]
    parts = hand_over(floor, life, "carol", "alice")
    assert [(place, wh) for place, _, wh, _ in parts] == [(0, 1_720), *((1, 100 + number) for number in range(NUMBERS))]


def test_a_batch_in_which_several_are_short(floor, life):
    """Each of them is left out, and nobody else: none is in the book without a bond."""
    quotes = [floor.buy(name, 1_000, 500) for name in ("alice", "bob", "carol", "dora", "erin")]
    for name in ("bob", "dora", "erin"):
        floor.leave(name, 0)
    held = floor.locked(life.auction)
    receipt = life.commit_for(*map(life.signed, quotes))
    refused_ = [event.args["trader"] for event in receipt.events if event.name == "OrderRefused"]
    assert refused_ == [floor.accounts[name].address for name in ("bob", "dora", "erin")]
    states = [life.auction.order_of(life.key, quote.trader, 0).state for quote in quotes]
    none, sealed = OrderState.NONE, OrderState.SEALED
    assert states == [sealed, none, sealed, none, none]
    bonds = held + 2 * (life.auction.bond_of(SizeClass.SMALL) + life.auction.keeper_fee())
    assert (floor.locked(life.auction), life.facts.commits) == (bonds, 2)
    # Those who come later have the places after them.
    life.commit_for(*map(life.signed, [floor.buy("alice", 1_000, 400, 1), floor.buy("carol", 1_000, 400, 1)]))
    assert life.facts.commits == 4
    assert [life.auction.order_of(life.key, floor.carol.address, number).place for number in (0, 1)] == [1, 3]
