"""A register of certificates, built once, and a market whose meters are really read."""

from collections.abc import Iterator

import pytest

from tests.certificates.register import Register
from tests.conftest import undone
from wattbook import Market
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.certificates import Certifying
from wattbook.trial.park import Park


@pytest.fixture(scope="module")
def standing_register(founded: Market) -> Iterator[Register]:
    with undone():
        yield Register(founded)


@pytest.fixture
def register(standing_register: Register) -> Iterator[Register]:
    """What a test does to it is undone; at the end every Wh that was taken from a counter is somewhere."""
    with undone():
        yield standing_register
        _ = standing_register.totals


@pytest.fixture(scope="package")
def certifying() -> Iterator[Certifying]:
    with Anvil(*OPTIONS) as chain:
        yield Certifying(Park(chain))
