"""Slots whose clean trades earn points, on an anvil of their own."""

from collections.abc import Iterator

import pytest

from tests.points.earning import Earning
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park


@pytest.fixture(scope="session")
def standing_earning() -> Iterator[Earning]:
    with Anvil(*OPTIONS) as chain:
        yield Earning(Park(chain))


@pytest.fixture
def earning(standing_earning: Earning) -> Earning:
    """Nobody of an earlier test; the owners of its people have new counters."""
    standing_earning.clear()
    return standing_earning
