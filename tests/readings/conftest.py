"""The stand, as it was before each test."""

from collections.abc import Iterator

import pytest

from tests.readings.stand import OPTIONS, Stand
from wattbook.deployment.anvil import Anvil


@pytest.fixture(scope="session")
def standing() -> Iterator[Stand]:
    with Anvil(*OPTIONS) as chain:
        yield Stand(chain)


@pytest.fixture
def stand(standing: Stand) -> Iterator[Stand]:
    before = standing.snapshot()
    try:
        yield standing
    finally:
        standing.restore(before)


@pytest.fixture
def device(stand: Stand) -> int:
    """A certified device of 12 kW, whose register starts anew at 100 kWh: 1100 Wh in five minutes are the most."""
    return stand.device()
