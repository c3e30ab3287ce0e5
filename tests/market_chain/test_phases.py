"""Every step at the last second before its phase, in its first and last second, and in the first one after."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.assertions import refused
from tests.market_chain.floor import POOLED, Floor, Life
from wattbook.contracts import reverts
from wattbook.contracts.structs import BookState, Stage
from wattbook.deployment.local import known_account

HOUR, DAY = 3600, 24 * 3600
FOR_EVER = 2**40 - 1


@dataclass(frozen=True)
class Step:
    """Something that can be done in a phase of a book, from `start` until before `end`."""

    name: str
    prepare: Callable[[Floor], Life]
    act: Callable[[Life], object]
    start: Callable[[Life], int]
    end: Callable[[Life], int] | None = None

    def __str__(self) -> str:
        return self.name


def opened(floor):
    return floor.open()


def opened_early(floor):
    life = floor.plan(ahead=4)
    floor.at(life.opens_at - HOUR // 6)
    life.open()
    return life


def committed(floor):
    life = floor.open()
    life.commit(floor.buy("alice", 1000, 500))
    return life


def withheld(floor):
    """A cleared book in which an order was not revealed."""
    life = committed(floor)
    life.clear([0, 0], [])
    return life


def traded(floor):
    return floor.open().trade(floor.buy("alice", 1000, 500), floor.sell("carol", 1000, 300))


def half_cleared(floor):
    """A book whose pool is still to be cleared."""
    life = floor.open(zone=POOLED, pool=True)
    life.clear([0, 0])
    return life


def excusing(life):
    return life.auction.excuse(life.key, "a node was down", sender=known_account("regulator"))


STEPS = (
    Step(
        "commit",
        opened_early,
        lambda life: life.commit(life.floor.buy("alice", 100, 1)),
        lambda life: life.opens_at,
        lambda life: life.reveals_at,
    ),
    Step(
        "commitFor",
        opened_early,
        lambda life: life.commit_for(life.signed(life.floor.buy("alice", 100, 1))),
        lambda life: life.opens_at,
        lambda life: life.reveals_at,
    ),
    Step(
        "reveal",
        committed,
        lambda life: life.reveal(*life.quotes),
        lambda life: life.reveals_at,
        lambda life: life.clears_at,
    ),
    Step(
        "clear",
        traded,
        lambda life: life.clear([300, 500]),
        lambda life: life.clears_at,
        lambda life: life.slot_start,
    ),
    Step("voidBook", traded, lambda life: life.void(), lambda life: life.slot_start),
    Step("excuse", committed, excusing, lambda life: life.clears_at, lambda life: life.clears_at + DAY),
    Step("slash", withheld, lambda life: life.slash(*life.quotes), lambda life: life.clears_at + DAY),
)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_phase_is_half_open(floor, step):
    life = step.prepare(floor)
    start, end = step.start(life), step.end(life) if step.end else FOR_EVER
    begun = floor.snapshot()
    for second in (start - 1, *([end] if step.end else [])):
        floor.at(second)
        with refused(reverts.OutsidePhase, book=life.key, from_=start, until=end):
            step.act(life)
        floor.restore(begun)
        begun = floor.snapshot()
    for second in (start, end - 1 if step.end else start + 1_000 * DAY):
        floor.at(second)
        step.act(life)
        assert floor.chain.now == second
        floor.restore(begun)
        begun = floor.snapshot()


@pytest.mark.parametrize("edge", ["from", "until"])
def test_a_book_is_opened_from_an_hour_before_commitments_until_they_end(floor, edge):
    life = floor.plan(ahead=8)
    first, end = life.opens_at - HOUR, life.reveals_at
    beyond, inside = {"from": (first - 1, first), "until": (end, end - 1)}[edge]
    before = floor.snapshot()
    floor.at(beyond)
    with refused(reverts.NotOpening, from_=first, until=end):
        life.open()
    floor.restore(before)
    floor.at(inside)
    life.open()
    assert (life.facts.state, floor.chain.now) == (BookState.OPEN, inside)


@pytest.mark.parametrize(("before_end", "allowed"), [(1, True), (0, False)])
def test_the_pool_is_cleared_before_delivery(floor, before_end, allowed):
    life = half_cleared(floor)
    floor.at(life.slot_start - before_end)
    if allowed:
        life.clear_pool([0, 0])
        assert life.clearing.stage_of(life.key) == Stage.FINAL
    else:
        with refused(reverts.OutsidePhase, book=life.key, from_=life.clears_at, until=life.slot_start):
            life.clear_pool([0, 0])


@pytest.mark.parametrize(("before_delivery", "allowed"), [(1, False), (0, True)])
def test_without_its_pool_a_book_is_settled_once_delivery_has_begun(floor, before_delivery, allowed):
    life = half_cleared(floor)
    floor.at(life.slot_start - before_delivery)
    if allowed:
        life.settle()
        assert life.facts.state == BookState.SETTLED
    else:
        with refused(reverts.WrongStage, book=life.key, stage=Stage.MEMBERS):
            life.settle()


def test_a_cleared_book_can_be_settled_at_any_time(floor):
    life = traded(floor)
    life.clear([300, 500])
    before = floor.snapshot()
    for second in (life.clears_at + 1, life.slot_start + 1_000 * DAY):
        floor.restore(before)
        before = floor.snapshot()
        floor.at(max(second, floor.chain.now + 1))
        life.settle()
        assert life.facts.state == BookState.SETTLED


def test_an_outcome_is_taken_note_of_in_the_phase_of_clearing_only(floor):
    life = opened(floor)
    for second, close in ((life.clears_at - 1, False), (life.clears_at, True), (life.slot_start, False)):
        before = floor.snapshot()
        floor.at(second)
        if close:
            floor.send_as(life.clearing.address, life.auction, "close", life.key, 0)
            assert life.facts.state == BookState.CLEARED
        else:
            with refused(reverts.OutsidePhase, book=life.key, from_=life.clears_at, until=life.slot_start):
                floor.send_as(life.clearing.address, life.auction, "close", life.key, 0)
        floor.restore(before)


@pytest.mark.parametrize(("before_end", "allowed"), [(1, True), (0, False)])
def test_units_are_offered_until_revealing_ends(floor, before_end, allowed):
    life = floor.open(zone=POOLED, pool=True)
    device = floor.devices["carol", POOLED]
    floor.at(life.clears_at - before_end)
    if allowed:
        floor.market.pool.offer(life.key, device, 600, 100, sender=floor.carol)
        assert len(floor.market.pool.offers_of(life.key)) == 1
    else:
        with refused(reverts.OffersClosed, book=life.key):
            floor.market.pool.offer(life.key, device, 600, 100, sender=floor.carol)


def test_no_units_are_offered_in_a_book_that_is_not_open(floor):
    life = floor.plan(zone=POOLED, pool=True)
    with refused(reverts.OffersClosed, book=life.key):
        floor.market.pool.offer(life.key, floor.devices["carol", POOLED], 600, 100, sender=floor.carol)


def test_terms_are_those_of_the_opening(floor):
    life = floor.open()
    with refused(reverts.BookExists, book=life.key):
        floor.decide(floor.market.rulebook, "setTerms", 0, life.book.zone, life.slot_start, floor.terms("Muda"))
    with refused(reverts.BookExists, book=life.key):
        life.open()


class TestSeed:
    """Of a block that nobody knew when the last order was revealed."""

    @pytest.fixture
    def muda(self, floor):
        return floor.open("Muda")

    def test_the_block_is_fixed_when_revealing_is_over(self, floor, muda):
        floor.at(muda.clears_at - 1)
        with refused(reverts.OutsidePhase, book=muda.key, from_=muda.clears_at, until=muda.slot_start):
            muda.clearing.fix_seed(muda.key, sender=floor.stranger)
        floor.at(muda.clears_at)
        receipt = muda.clearing.fix_seed(muda.key, sender=floor.stranger)
        assert receipt.event("SeedBlockFixed").args == {"book": muda.key, "blockNumber": receipt.block + 1}

    def test_of_a_rule_that_needs_none(self, floor, life):
        floor.at(life.clears_at)
        with refused(reverts.SeedFixed, book=life.key):
            life.clearing.fix_seed(life.key, sender=floor.stranger)

    def fixed(self, floor, muda):
        floor.not_before(muda.clears_at)
        return muda.clearing.fix_seed(muda.key, sender=floor.stranger).block + 1

    def test_it_is_drawn_when_the_block_is_past(self, floor, muda):
        number = self.fixed(floor, muda)
        with refused(reverts.SeedBlockUnknown, block_number=number):
            muda.clearing.draw_seed(muda.key, sender=floor.stranger)
        # That failed in the very block.
        receipt = muda.clearing.draw_seed(muda.key, sender=floor.stranger)
        assert receipt.block == number + 1
        assert receipt.event("SeedDrawn").args == {"book": muda.key, "seed": muda.clearing.seed_of(muda.key)}
        for again in (muda.clearing.draw_seed, muda.clearing.fix_seed):
            with refused(reverts.SeedFixed, book=muda.key):
                again(muda.key, sender=floor.stranger)

    def test_before_any_block_was_fixed(self, floor, muda):
        with refused(reverts.SeedBlockUnknown, block_number=0):
            muda.clearing.draw_seed(muda.key, sender=floor.stranger)

    def test_in_the_last_block_that_knows_it(self, floor, muda):
        number = self.fixed(floor, muda)
        floor.mine(number + 255 - floor.block)
        assert muda.clearing.draw_seed(muda.key, sender=floor.stranger).block == number + 256

    def test_a_block_that_was_forgotten_is_fixed_anew(self, floor, muda):
        number = self.fixed(floor, muda)
        floor.mine(10)
        with refused(reverts.SeedFixed, book=muda.key):
            muda.clearing.fix_seed(muda.key, sender=floor.stranger)
        floor.mine(number + 256 - floor.block)
        with refused(reverts.SeedBlockUnknown, block_number=number):
            muda.clearing.draw_seed(muda.key, sender=floor.stranger)
        assert self.fixed(floor, muda) > number + 256
        floor.mine()
        muda.clearing.draw_seed(muda.key, sender=floor.stranger)

    def test_nothing_is_cleared_before_it_is_drawn(self, floor, muda):
        with refused(reverts.SeedMissing, book=muda.key):
            muda.clear([0, 0, 0, 0])
        self.fixed(floor, muda)
        floor.mine()
        muda.clearing.draw_seed(muda.key, sender=floor.stranger)
        muda.clear([0, 0, 0, 0])
        assert muda.facts.state == BookState.CLEARED
