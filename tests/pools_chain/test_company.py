"""A company of plants that nobody has a key of: it takes plants over, sells what they make in a book, and is paid."""

from wattbook.contracts.structs import Terms
from wattbook.market import proposals, uniform
from wattbook.market.orders import Order, Side
from wattbook.market.words import in_groups
from wattbook.settlement.imbalance import Metered, imbalance
from wattbook.settlement.imbalance import Terms as SlotTerms
from wattbook.trial.blocks import message
from wattbook.trial.books import Given, Run, Running
from wattbook.trial.settling import Party, Settling
from wattbook.units import pt

COMPANY = "company"
POOL_IN, POOL_OUT = 300, 600


def _given(stand, orders, pool=False):
    def propose(revealed, _):
        return proposals.for_uniform(uniform.clear(revealed)), []

    rule = stand.market.deployment.address("Uniform")
    terms = Terms(rule, uniform.MIDPOINT_BPS, 0, 0, 0, False, False, pool)
    return Given(orders, terms, propose, intake=(0, POOL_IN), pool_out=POOL_OUT)


def test_sells_in_a_book_and_is_paid(stand):
    device = stand.plant(stand.owner)
    stand.state_earned(device, pt(2_000_000))
    stand.rest()
    terms = stand.terms()
    pool = stand.offered(terms, stand.periods(terms), [device])
    company = stand.company(pool)
    stand.open(pool)
    found = stand.market.meters.device_of(device)
    assert (found.owner, found.pledgee, found.payee) == (company.address, stand.pools.address, company.address)
    investor = stand.investors[0]
    stand.do(investor, stand.pools, "subscribe", pool, 0, terms.senior)
    stand.do(investor, stand.pools, "subscribe", pool, 1, terms.mezz)
    stand.do(stand.anyone, stand.pools, "decide", pool)
    assert stand.free(company.address) == terms.working

    settling = Settling(stand.park)
    settling.have(["buyer"])
    settling.parties[COMPANY] = Party(company.address, device, 0, {device: 0})
    running = Running(stand.park, _given(stand, [Order(0, Side.BUY, 5_000, 500)]), Run(stand.park.next_book()))
    running.prepare()
    settling.slot = running.book.slot_start
    running.commit()
    mined = stand.do(stand.servicer, company, "quote", running.key, 0, device, 400, 5_000)
    _, _, word = next(log.args for log in mined.logs if log.name == "QuoteSealed")
    running.reveal(1)
    opening = message(stand.market.auction, "reveal", stand.anyone, running.key, [(word, bytes(32))])
    [revealed] = stand.blocks.mine([opening])
    [words] = [log.args[1] for log in revealed.logs if log.name == "OrdersRevealed"]
    running.run.words = in_groups([*running.run.words, *words])
    running.clear()
    running.settle()
    assert running.run.outcome_price == 450
    # The margin stays until it is delivered: 5 kWh at what a missing Wh costs beyond the price.
    margin = 5_000 * (660 - 400)
    assert stand.free(company.address) == terms.working - margin

    settling.deliver({COMPANY: Metered(7_000, 0, 0, 0)})
    before = stand.free(company.address)
    [settled] = settling.settle(company.address)
    # 5 kWh at 450, 2 kWh that nobody bought: 150 Wh of them within the band of 3 %, the rest at the pool's less 10 %.
    assert settled.statement.cash == _cash(stand, running, 7_000, 5_000)
    assert stand.free(company.address) - before == margin + 5_000 * 450 + settled.statement.cash


def test_offers_to_the_markets_pool_and_is_paid(stand):
    """What members leave is bought of it at its own price; of what is left of the offer nothing stays locked."""
    terms = stand.terms()
    pool = stand.active(terms)
    [device] = stand.pools.plants_of(pool)
    company, before = stand.company(pool), stand.free(stand.company(pool).address)
    settling = Settling(stand.park)
    settling.have(["buyer"])
    settling.parties[COMPANY] = Party(company.address, device, 0, {device: 0})
    running = Running(stand.park, _given(stand, [Order(0, Side.BUY, 3_000, 500)], True), Run(stand.park.next_book()))
    running.prepare()
    settling.slot = running.book.slot_start
    stand.do(stand.servicer, company, "offerToPool", running.key, device, 400, 5_000)
    assert stand.free(company.address) == before - 5_000 * (660 - 400)
    running.commit()
    running.reveal(1)
    running.clear()
    running.settle()
    assert stand.market.pool.trades_of(running.key, company.address) == [3_000, 0]
    margin = 3_000 * (660 - 400)
    assert stand.free(company.address) == before - margin

    settling.deliver({COMPANY: Metered(4_000, 0, 0, 0)})
    [settled] = settling.settle(company.address)
    assert (settled.statement.sold, settled.statement.bought) == (3_000, 0)
    assert settled.statement.cash == _cash(stand, running, 4_000, 3_000)
    assert stand.free(company.address) == before + 3_000 * 400 + settled.statement.cash


def _cash(stand, running, delivered, sold):
    facts = stand.market.zones.facts_at(1, 0, running.book.slot_start)
    found = SlotTerms(facts.pool_in, facts.pool_out, facts.loss_bps, facts.band_bps, facts.penalty_bps)
    return imbalance(Metered(delivered, 0, sold, 0), found).cash
