"""A chain of their own, on which members have certificates."""

from collections.abc import Iterator

import pytest

from tests.delegates_chain.stand import Stand
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.electing import Electing
from wattbook.trial.park import Park


@pytest.fixture(scope="package")
def electing() -> Iterator[Electing]:
    with Anvil(*OPTIONS) as chain:
        yield Electing(Park(chain))


@pytest.fixture(scope="package")
def standing(electing: Electing) -> Stand:
    return Stand(electing)


@pytest.fixture
def stand(standing: Stand) -> Iterator[Stand]:
    """What a test does to it is undone."""
    with standing.undone():
        yield standing
