"""Chains of their own, whatever ape is connected to: blocks are sealed one by one here."""

from collections.abc import Iterator

import pytest

from tests.governance.seats import KEPT, Node
from wattbook.deployment.anvil import Anvil


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Anvil(*KEPT) as chain:
        yield Node(chain)
