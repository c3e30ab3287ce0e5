"""A market whose council has members of every class."""

import pytest

from tests.council_chain.stand import Floor
from wattbook import Market, Role


@pytest.fixture
def floor(market: Market) -> Floor:
    """Three producers, two consumers, a network operator and an investor, each his own owner."""
    floor = Floor(market)
    for name in ("p1", "p2", "p3"):
        floor.admit(name, Role.PRODUCER)
    for name in ("c1", "c2"):
        floor.admit(name, Role.CONSUMER)
    floor.admit("n1", Role.GRID)
    floor.admit("i1", Role.INVESTOR)
    return floor
