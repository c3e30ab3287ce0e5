"""What statements say of orders that come to nothing, of decoys and of bonds."""

from tests.market_chain.floor import MONEY
from tests.market_chain.test_bonds import BOND, FEE
from wattbook.billing.entries import Kind
from wattbook.billing.periods import parse_period
from wattbook.billing.statement import Records, Statement
from wattbook.contracts.structs import Purse
from wattbook.deployment.plan import purse_account

DAY = 24 * 3600


def statement(floor, name: str) -> Statement:
    found = of(floor, getattr(floor, name).address)
    assert found.closing == floor.free(name)
    return found


def of(floor, account: str) -> Statement:
    return Records(floor.market, parse_period("2020-01..2099-12")).statement(account)


def sums(found: Statement) -> dict[Kind, int]:
    return {kind: amount for kind, amount in found.sums.items() if kind is not Kind.DEPOSITED}


def test_an_order_that_trades_nothing_costs_nothing(floor, life):
    quote = floor.buy("alice", 1000, 500)
    life.commit(quote)
    assert sums(statement(floor, "alice")) == {Kind.HELD: -(BOND + FEE)}
    life.reveal(quote)
    assert statement(floor, "alice").closing_held == 1000 * 500 + 3000
    life.clear([0, 0])
    life.settle()
    assert sums(statement(floor, "alice")) == {Kind.HELD: 0}
    assert [entry.by for entry in statement(floor, "alice").entries] == ["", "Auction", "Auction", "Auction"]


def test_what_was_bought_and_its_commission(floor, life, quotes):
    """8000 Wh trade at 450, and 20 bp are the commission of each side."""
    life.trade(*quotes)
    life.clear([450, 450])
    life.settle()
    found = statement(floor, "alice")
    assert sums(found) == {Kind.HELD: 0, Kind.BOUGHT: -6000 * 450, Kind.COMMISSION: -6000 * 450 * 20 // 10_000}
    [bought] = [entry for entry in found.entries if entry.kind is Kind.BOUGHT]
    assert (bought.wh, bought.by, bought.slot.start, bought.slot.name) == (6000, "Auction", life.slot_start, "plain")
    assert sums(statement(floor, "carol")).keys() == {Kind.HELD}


def test_a_decoy_leaves_its_fee(floor, life, quotes):
    decoy = floor.buy("erin", 0, 500)
    life.commit(decoy)
    life.reveal(decoy)
    found = statement(floor, "erin")
    assert sums(found) == {Kind.HELD: 0, Kind.DECOY: -FEE}
    assert next(entry.slot.start for entry in found.entries if entry.kind is Kind.DECOY) == life.slot_start


def test_a_lost_bond(floor, life):
    withheld = floor.buy("erin", 1000, 500)
    life.commit(withheld)
    life.clear([0, 0], [])
    life.slash(withheld)
    assert sums(statement(floor, "erin")) == {Kind.HELD: 0, Kind.FORFEITED: -(BOND + FEE)}
    assert statement(floor, "keeper").sums[Kind.RECEIVED] == FEE
    assert sums(of(floor, purse_account(Purse.COMMON_FUND))) == {Kind.RECEIVED: BOND}


def test_a_bond_that_comes_back(floor, life):
    withheld = floor.buy("erin", 1000, 500)
    life.commit(withheld)
    life.clear([0, 0], [])
    life.excuse()
    life.refund(withheld)
    found = statement(floor, "erin")
    assert (sums(found), found.closing_held, found.closing) == ({Kind.HELD: 0}, 0, MONEY)


def test_relayed_and_void(floor, life):
    quote = floor.buy("alice", 1000, 500)
    life.commit_for(life.signed(quote))
    life.reveal(quote)
    life.void()
    life.settle()
    assert sums(statement(floor, "alice")) == {Kind.HELD: 0}


def test_money_from_a_purse(floor):
    before = of(floor, purse_account(Purse.POOL)).closing
    keeper = floor.market.authority.address
    floor.decide(floor.market.vault, "setPurse", Purse.POOL, keeper, 0)
    floor.send_as(keeper, floor.market.vault, "spend", Purse.POOL, floor.alice.address, 5, b"\1" * 32)
    [entry] = [entry for entry in statement(floor, "alice").entries if entry.kind is Kind.RECEIVED]
    assert (entry.amount, entry.by) == (5, "pool")
    after = of(floor, purse_account(Purse.POOL))
    assert (after.closing - before, after.sums[Kind.SPENT]) == (-5, -5)
