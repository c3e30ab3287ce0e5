"""A fresh node for each test, and how to look at what was sent to it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from wattbook.chain import Chain
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.record import Deployment
from wattbook.deployment.settings import local_settings
from wattbook.deployment.status import check


def wrong(chain: Chain, deployment: Deployment) -> dict[str, str]:
    """What is not as it should be, and how it is."""
    return {finding.subject: finding.detail for finding in check(chain, deployment) if not finding.good}


def asked(chain: Chain, method: str, *parameters: object) -> object:
    """A request to the node by its own name, such as `anvil_setCode`."""
    response = chain.web3.provider.make_request(method, list(parameters))
    assert "error" not in response, response
    return response["result"]


@pytest.fixture
def node() -> Iterator[Chain]:
    with Anvil() as chain:
        yield chain


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the deployment is recorded."""
    return tmp_path / "deployments" / "31337.json"


@pytest.fixture
def found(node: Chain, file: Path) -> Callable[..., Deployment]:
    """Deploys to `node` into `file`, as the administrator with the local settings unless told otherwise."""

    def run(**given: object) -> Deployment:
        usual = {
            "chain": node,
            "deployer": known_account("administrator"),
            "settings": local_settings(),
            "path": file,
            "report": lambda line: None,
        }
        return deploy(**(usual | given))

    return run


@pytest.fixture
def ask(node: Chain) -> Callable[..., object]:
    """Requests to this node."""
    return partial(asked, node)
