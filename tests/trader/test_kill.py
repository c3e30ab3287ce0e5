"""The trader is killed between sealing and settlement: no bond is lost, and no order is doubled."""

import time

import pytest

from tests.trader.park import FEE_BPS
from wattbook.contracts.structs import BookState, OrderState
from wattbook.trader.records import Fate, Purpose, State

WH, PRICE = 2_500, 450


def before_its_book_is_open(day):
    """Sealed, and nothing sent: commitments are not taken yet."""
    daemon = day.start()
    daemon.wait_for("sealed")
    daemon.wait_for("running")
    daemon.kill()
    assert day.entry.state is State.SEALED
    day.to_commit()


def before_the_commitment_arrives(day):
    """Signed and written down, but the node never gets it."""
    day.to_commit()
    day.wire.lost = "request"
    daemon = day.start()
    until(lambda: day.wire.transactions)
    daemon.kill()
    assert day.park.committed(day.book, day.park.buyer) == []
    assert (day.entry.state, day.entry.number) == (State.COMMITTING, 0)


def before_the_commitment_is_known_mined(day):
    """The node has it, in no block yet."""
    day.to_commit()
    day.park.automine(False)
    day.wire.lost = "answer"
    daemon = day.start()
    until(lambda: day.wire.transactions)
    daemon.kill()
    assert day.entry.state is State.COMMITTING
    restarted_in_vain(day)
    day.park.mine()


def between_commitment_and_reveal(day):
    day.to_commit()
    daemon = day.start()
    daemon.wait_for("committed")
    daemon.kill()
    assert day.entry.state is State.COMMITTED


def before_the_reveal_is_known_mined(day):
    day.to_commit()
    daemon = day.start()
    daemon.wait_for("committed")
    # He is not to see that it is time before blocks are sealed no longer.
    day.wire.passing.clear()
    day.to_reveal()
    day.park.automine(False)
    day.wire.transactions.clear()
    day.wire.lost = "answer"
    day.wire.passing.set()
    until(lambda: day.wire.transactions)
    daemon.kill()
    assert day.entry.state is State.REVEALING
    restarted_in_vain(day)
    day.park.mine()


def between_reveal_and_settlement(day):
    day.to_commit()
    daemon = day.start()
    daemon.wait_for("committed")
    day.to_reveal()
    daemon.wait_for("revealed")
    daemon.kill()
    assert day.entry.state is State.REVEALED


@pytest.mark.parametrize(
    "interrupt",
    [
        before_its_book_is_open,
        before_the_commitment_arrives,
        before_the_commitment_is_known_mined,
        between_commitment_and_reveal,
        before_the_reveal_is_known_mined,
        between_reveal_and_settlement,
    ],
    ids=lambda point: point.__name__,
)
def test_killed(park, desk, wire, interrupt):
    day = Day(park, desk, wire)
    free = park.money_of(park.buyer).free
    interrupt(day)
    wire.lost = None
    park.automine(True)

    before = day.entry.state
    daemon = day.start()
    if before in (State.SEALED, State.COMMITTING):
        daemon.wait_for("committed")
    day.to_reveal()
    if before is not State.REVEALED:
        daemon.wait_for("revealed")
    # The bond is back: locked is what the order can cost, and the highest commission.
    assert park.money_of(park.buyer).free == free - WH * PRICE - -(-WH * PRICE * 60 // 10_000)
    day.to_clear()
    daemon.wait_for("settled")
    assert daemon.stop() == 0

    [word] = park.committed(day.book, park.buyer)
    assert word >> 231 & 0xF == 0, "exactly one order, the first"
    auction = park.market.auction
    assert auction.order_of(day.book.key, park.buyer.address, 0).state is OrderState.SETTLED
    [position] = auction.positions_of(day.book.key, park.buyer.address)
    # Buyer and seller quote 450 and 300 for the same Wh: the price is in the middle.
    amount = WH * 375
    assert (position.wh, position.amount) == (WH, amount)
    assert park.money_of(park.buyer).free == free - amount - amount * FEE_BPS // 10_000
    assert auction.book_of(day.book.key).state is BookState.SETTLED

    journal = desk.journal()
    [entry] = journal.entries()
    assert (entry.state, entry.filled_wh, entry.amount) == (State.SETTLED, WH, amount)
    assert entry.fee == amount * FEE_BPS // 10_000
    for purpose in (Purpose.COMMIT, Purpose.REVEAL):
        assert [fate for _, fate in journal.transactions_of(entry, purpose)] == [Fate.MINED]
    assert journal.under_way() == []


class Day:
    """A book with an offer in it, on its way to settlement."""

    def __init__(self, park, desk, wire):
        self.park, self.desk, self.wire = park, desk, wire
        self.book, self.phases = park.next_book()
        park.open(self.book)
        self.file = desk.orders(self.book, WH, PRICE)
        self.opening = None
        self.revealing = False

    @property
    def entry(self):
        journal = self.desk.journal()
        [entry] = journal.entries()
        journal.close()
        return entry

    def start(self):
        return self.desk.run("--orders", str(self.file), rpc=self.wire.url)

    def to_commit(self):
        self.park.go_to(self.phases.opens_at)
        self.opening = self.park.offer(self.book, WH, 300)

    def to_reveal(self):
        if not self.revealing:
            self.park.go_to(self.phases.reveals_at)
            self.park.show(self.book, self.opening)
            self.revealing = True

    def to_clear(self):
        # A quarter of the time to clear is left to others.
        self.park.go_to((3 * self.phases.clears_at + self.phases.slot_start) // 4)


def restarted_in_vain(day):
    """A trader that starts while its transaction is in no block sends the very same one, if any."""
    day.wire.lost = None
    sent, before = set(day.wire.transactions), pooled(day.park)
    daemon = day.start()
    daemon.wait_for("running")
    until(lambda: len(day.wire.transactions) > 1)
    time.sleep(2)
    daemon.kill()
    assert set(day.wire.transactions) == sent and len(sent) == 1
    assert pooled(day.park) == before == 1


def pooled(park):
    return int(park.ask("txpool_status")["pending"], 16)


def until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to it"
        time.sleep(0.05)
