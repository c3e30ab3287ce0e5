"""Thousands of steps want the faster chain: these tests run on an anvil of their own, whatever ape is connected to."""

from collections.abc import Iterator

import pytest
from web3.types import RPCEndpoint

from tests.conftest import Decide, People, decider
from tests.node import GAS_LIMIT
from wattbook import Market
from wattbook.chain import Chain
from wattbook.deployment.anvil import Anvil, pass_time
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings


@pytest.fixture
def chain() -> Iterator[Chain]:
    with Anvil("--accounts", "20") as chain:
        chain.gas_limit = GAS_LIMIT
        yield chain


@pytest.fixture
def market(chain: Chain) -> Market:
    return Market(chain, deploy(chain, known_account("administrator"), local_settings(), None, lambda line: None))


@pytest.fixture
def decide(market: Market, people: People) -> Decide:
    return decider(market, people.administrator, lambda seconds: pass_time(market.chain, seconds))


def snapshot(chain: Chain) -> str:
    return str(chain.web3.provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"])


def restore(chain: Chain, to: str) -> None:
    assert chain.web3.provider.make_request(RPCEndpoint("evm_revert"), [to])["result"]
