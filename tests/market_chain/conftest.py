"""The floor, as it was before each test."""

from collections.abc import Iterator

import pytest

from tests.market_chain.floor import OPTIONS, Floor, Life
from wattbook.deployment.anvil import Anvil
from wattbook.market.words import Quote


@pytest.fixture(scope="session")
def standing_floor() -> Iterator[Floor]:
    with Anvil(*OPTIONS) as chain:
        yield Floor(chain)


@pytest.fixture
def floor(standing_floor: Floor) -> Iterator[Floor]:
    before = standing_floor.snapshot()
    try:
        yield standing_floor
        standing_floor.check_solvent()
    finally:
        standing_floor.restore(before)


@pytest.fixture
def quotes(floor: Floor) -> list[Quote]:
    """Two buyers and two sellers: 8000 Wh trade at 450, the second buyer gets half of what he wants."""
    return [
        floor.buy("alice", 6000, 500),
        floor.buy("bob", 4000, 450),
        floor.sell("carol", 5000, 300),
        floor.sell("dora", 3000, 400),
    ]


@pytest.fixture
def life(floor: Floor) -> Life:
    """An open book under the uniform rule."""
    return floor.open()
