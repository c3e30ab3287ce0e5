"""The Vault, and a member with money in it."""

import pytest

from tests.modules import set_of
from wattbook.units import pt


@pytest.fixture
def vault(market):
    return market.vault


@pytest.fixture
def rich(vault, alice, deposit, module):
    """Alice with 10 PT, having chosen the module."""
    deposit(alice, pt(10))
    vault.choose_modules(set_of(vault, module), sender=alice)
    return alice
