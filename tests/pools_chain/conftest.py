"""Pools on an anvil of their own."""

from collections.abc import Iterator

import pytest

from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park
from wattbook.trial.pooling import Pooling


@pytest.fixture(scope="session")
def stand() -> Iterator[Pooling]:
    with Anvil(*OPTIONS) as chain:
        yield Pooling(Park(chain))
