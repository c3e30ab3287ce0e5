"""What strangers do to a book that others clear, and what an empty purse does: nothing."""

import pytest

from wattbook.contracts.structs import BookState, Purse, Terms
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.market import proposals, trade_reduction, uniform
from wattbook.market.orders import Order, Side
from wattbook.market.words import slices
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.books import Given, Run, Running
from wattbook.trial.park import Park

STRANGER = "0x00000000000000000000000000000000DeaDBeef"
PURSE = purse_account(Purse.POOL)


@pytest.fixture(scope="module")
def park():
    with Anvil(*OPTIONS) as chain:
        yield Park(chain)


def terms(park, rule, pool=False):
    return Terms(park.market.deployment.address(rule), 5_000, 0, 0, 0, False, False, pool)


def for_uniform(orders, _):
    return proposals.for_uniform(uniform.clear(orders)), []


def for_trade_reduction(orders, _):
    return proposals.for_trade_reduction(trade_reduction.clear(orders)), []


def crossing(size):
    return [Order(i, (Side.BUY, Side.SELL)[i % 2], 1_000 + i, 600 - i if i % 2 == 0 else 300 + i) for i in range(size)]


def revealed(park, given):
    running = Running(park, given, Run(park.next_book()))
    running.prepare()
    running.commit()
    running.reveal(50)
    return running


def test_a_strangers_part_does_not_stand_in_the_way(park):
    """There is one right proposal; whoever tallies a part of it first must not make others' whole lists wrong."""
    running = revealed(park, Given(crossing(70), terms(park, "Uniform"), for_uniform))
    orders = [Order(i, o.side, o.qty, o.price) for i, o in enumerate(running.given.orders)]
    proposal, first = for_uniform(orders, [])[0], slices(running.run.words, 32)[0]
    tally = message(park.market.clearing, "clear", STRANGER, running.key, proposal, first)
    mined = park.blocks.mine([tally], running.facts.clears_at)
    assert [log.name for log in mined[0].logs] == ["BookTallied"]
    running.clear()
    running.settle()
    assert park.market.auction.book_of(running.key).state is BookState.SETTLED


def test_a_purse_that_is_short_takes_in_less(park):
    """The pool needs money for what rounding leaves; only what is beyond that pays for its intake."""
    vault, operator = park.market.vault, known_account("operator").address
    all_but = vault.account_of(PURSE).free - 43_000_000
    park.blocks.mine([message(vault, "spend", operator, Purse.POOL, park_member(park), all_but, b"x" * 32)])
    asks = [(1_001, 300), (100_000, 430)]
    bids = [(1_000, 900), (1_000, 880), (1_003, 860), (50_000, 431)]
    orders = [Order(i, Side.BUY, *bid) for i, bid in enumerate(bids)]
    orders += [Order(len(bids) + i, Side.SELL, *ask) for i, ask in enumerate(asks)]
    given = Given(
        orders, terms(park, "TradeReduction", pool=True), for_trade_reduction, None, (10**9, 430), pool_out=65_535
    )
    running = revealed(park, given)
    running.clear()
    assert running.run.stock[0][0] < 43_000_000 // 430
    running.settle()
    assert park.market.auction.book_of(running.key).state is BookState.SETTLED


def test_an_empty_book_takes_nothing_from_the_purse(park):
    before = park.market.vault.account_of(PURSE).free
    running = revealed_empty(park)
    running.clear()
    assert park.market.vault.account_of(PURSE).free == before
    assert running.run.stock[0][0] == 0


def revealed_empty(park):
    given = Given([], terms(park, "Uniform", pool=True), for_uniform, None, (10**9, 430), pool_out=65_535)
    running = Running(park, given, Run(park.next_book()))
    running.prepare()
    return running


def park_member(park):
    park.have_traders(1)
    return park.traders[0]
