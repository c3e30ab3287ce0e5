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
