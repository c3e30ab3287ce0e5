"""Packages that are sold, metered and drawn on an anvil of their own."""

from collections.abc import Iterator

import pytest

from tests.packages_chain.stand import Stand
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park


@pytest.fixture(scope="session")
def standing() -> Iterator[Stand]:
    with Anvil(*OPTIONS) as chain:
        yield Stand(Park(chain))


@pytest.fixture
def stand(standing: Stand) -> Stand:
    """The provider is another one for each test, so that nothing of an earlier one is reserved or owed."""
    standing.provider = standing.person()
    return standing
