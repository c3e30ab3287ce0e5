"""A market for pages that begin where one stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import postgres as postgres
from wattbook import Market
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Market]:
    """A market as `wattbook deploy` leaves it, its file where that puts it."""
    with Anvil("--accounts", "20") as chain:
        path = tmp_path / "deployments" / f"{chain.chain_id}.json"
        yield Market(chain, deploy(chain, known_account("administrator"), local_settings(), path, lambda line: None))


@pytest.fixture
def node_port(running: Market) -> int:
    """Where its node listens."""
    return int(str(running.chain.web3.provider.endpoint_uri).rpartition(":")[2])
