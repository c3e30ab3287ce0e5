"""Watch alone, which reads headers without anybody's help; and a market with seven delegates whose keys are known."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.conftest import undone
from tests.node import ask
from tests.watch_chain.bench import ACCOUNTS, VALIDATORS, Bench
from wattbook import Market, abi
from wattbook.chain import Chain
from wattbook.contracts.watch import Watch
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings


@pytest.fixture(scope="session")
def reader(chain: Chain) -> Watch:
    deployer = known_account("administrator")
    factory = chain.web3.eth.contract(abi=abi.interface("Watch").abi, bytecode=creation_code("Watch"))
    creation = chain.sign_creation(factory.constructor("0x" + "11" * 20), deployer)
    chain.submit(creation.signed)
    return Watch(chain, creation.address)


@pytest.fixture(scope="session")
def watched(chain: Chain) -> Market:
    validators = tuple(one.address for one in ACCOUNTS[:VALIDATORS])
    settings = replace(local_settings(), validators=validators)
    made = deploy(chain, known_account("administrator"), settings, None, lambda line: None)
    for one in ACCOUNTS:
        ask("anvil_setBalance", one.address, hex(10**24))
    return Market(chain, made)


@pytest.fixture
def bench(watched: Market) -> Iterator[Bench]:
    with undone():
        bench = Bench(watched)
        bench.next_epoch()
        yield bench
