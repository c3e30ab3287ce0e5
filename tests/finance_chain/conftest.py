"""Tranches whose pool is an account of the tests, and investors."""

from collections.abc import Callable
from itertools import count

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import Web3

from tests.node import ask
from wattbook import Role
from wattbook.contracts.structs import TrancheKind
from wattbook.contracts.tranche import Tranche
from wattbook.deployment.local import known_account
from wattbook.trial.financing import CLONE

FIRST_INVESTOR = 60


@pytest.fixture
def invest(admit) -> Callable[[int], list[LocalAccount]]:
    """Admits so many investors."""
    places = count(FIRST_INVESTOR)

    def run(number: int) -> list[LocalAccount]:
        investors = [known_account(next(places)) for _ in range(number)]
        for investor in investors:
            ask("anvil_setBalance", investor.address, hex(10**20))
            admit(investor, roles=Role.INVESTOR)
        return investors

    return run


@pytest.fixture
def clone(market) -> Callable[[], Tranche]:
    """A tranche that nobody has begun, as a pool's contract makes it."""
    places = count()

    def run() -> Tranche:
        address = Web3.to_checksum_address(keccak(text=f"tranche {next(places)}")[:20])
        ask("anvil_setCode", address, CLONE.format(market.tranche.address[2:].lower()))
        return Tranche(market.chain, address)

    return run


@pytest.fixture
def begin(clone, people, alice) -> Callable[..., Tranche]:
    """A tranche of pool 7 that the test's module issues; alice had the plants."""

    def run(kind: TrancheKind = TrancheKind.SENIOR) -> Tranche:
        tranche = clone()
        tranche.begin(7, kind, alice.address, sender=people.module)
        return tranche

    return run
