"""Traders as real processes, on a real chain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trader.park import Desk, Park
from tests.trader.wire import Wire, wire_to
from wattbook.deployment.anvil import Anvil


@pytest.fixture(scope="module")
def park(tmp_path_factory) -> Iterator[Park]:
    """A market for the tests of a module, each with books of its own."""
    with Anvil("--accounts", "20") as chain:
        yield Park(chain, tmp_path_factory.mktemp("park"))


@pytest.fixture
def desk(park: Park, tmp_path: Path) -> Iterator[Desk]:
    """The buyer's."""
    desk = Desk(park, tmp_path)
    yield desk
    desk.clear_up()
    park.automine(True)


@pytest.fixture
def wire(park: Park) -> Iterator[Wire]:
    with wire_to(park.rpc) as wire:
        yield wire
