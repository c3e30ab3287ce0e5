"""Pools on an anvil of their own."""

from collections.abc import Iterator

import pytest

from tests.pools_chain.stand import Stand
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    with Anvil(*OPTIONS) as chain:
        yield Stand(Park(chain))
