"""A market, and three bridges that attest its readings."""

from collections.abc import Iterator

import pytest

from tests.bridge.attesting.bridges import NAMES, Bridge
from tests.devices import QUARTER, Devices, Secp256k1Key
from tests.trader.park import Park
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account


@pytest.fixture(scope="package")
def park(tmp_path_factory) -> Iterator[Park]:
    with Anvil("--accounts", "20") as chain:
        yield Park(chain, tmp_path_factory.mktemp("park"))


@pytest.fixture(scope="package")
def devices(park: Park) -> list[int]:
    """Four plants of the seller's."""
    registry = Devices(park.market, known_account("operator"), 1)
    keys = [Secp256k1Key(f"attested {place}") for place in range(4)]
    return [registry.certify(registry.register(park.seller, key)) for key in keys]


@pytest.fixture
def time(park: Park) -> int:
    """A time of the grid that is just over."""
    park.go_to(park.now // QUARTER * QUARTER + 100 * QUARTER)
    return park.now // QUARTER * QUARTER


@pytest.fixture
def bridges(park: Park, devices: list[int], tmp_path) -> Iterator[list[Bridge]]:
    made = [Bridge(park, name, tmp_path, devices) for name in NAMES]
    for one in made:
        one.listen(made)
    for one in made:
        one.join(made)
    yield made
    for one in made:
        one.close()
