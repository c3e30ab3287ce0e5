"""A register of certificates, built once; what a test does to it is undone."""

from collections.abc import Iterator

import pytest

from tests.certificates.register import Register
from tests.conftest import undone
from wattbook import Market


@pytest.fixture(scope="module")
def standing_register(founded: Market) -> Iterator[Register]:
    with undone():
        yield Register(founded)


@pytest.fixture
def register(standing_register: Register) -> Iterator[Register]:
    """At the end every Wh that was taken from a counter is somewhere."""
    with undone():
        yield standing_register
        _ = standing_register.totals
