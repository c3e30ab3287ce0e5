"""Watch, alone: what it reads and what it takes for a proof needs nobody else."""

import pytest

from wattbook import abi
from wattbook.chain import Chain
from wattbook.contracts.watch import Watch
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import known_account


@pytest.fixture(scope="session")
def reader(chain: Chain) -> Watch:
    deployer = known_account("administrator")
    factory = chain.web3.eth.contract(abi=abi.interface("Watch").abi, bytecode=creation_code("Watch"))
    creation = chain.sign_creation(factory.constructor("0x" + "11" * 20), deployer)
    chain.submit(creation.signed)
    return Watch(chain, creation.address)
