"""What docs/threats.md says remains of the auction, played."""

from tests.assertions import refused
from tests.market_chain.floor import MONEY, Floor
from wattbook.contracts import reverts
from wattbook.contracts.structs import Refusal


def test_filling_a_book_costs_nothing(floor: Floor) -> None:
    """Bids at price zero take up places, lock nothing once they are revealed, trade nothing, and come back whole."""
    life = floor.open()
    life.fill_up(spare=16)
    mine = [floor.buy("alice", 100, 0, number) for number in range(16)]
    life.commit(*mine)
    rival = floor.buy("bob", 6000, 500)
    with refused(reverts.OrderNotTaken, trader=rival.trader, number=0, refusal=Refusal.BOOK_FULL):
        life.commit(rival)
    life.reveal(*mine)
    assert floor.free("alice") == MONEY
    life.clear([0, 0])
    life.settle()
    assert floor.free("alice") == MONEY
