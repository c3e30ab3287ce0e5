"""Tenders that are awarded and supplied on an anvil of their own."""

from collections.abc import Iterator

import pytest

from tests.tenders.floor import Floor
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park
from wattbook.trial.settling import Settling


@pytest.fixture(scope="session")
def standing_floor() -> Iterator[Floor]:
    with Anvil(*OPTIONS) as chain:
        yield Floor(Settling(Park(chain)))


@pytest.fixture
def floor(standing_floor: Floor) -> Floor:
    """An owner and two users who did nothing before."""
    standing_floor.begin(["ann", "ben"])
    return standing_floor
