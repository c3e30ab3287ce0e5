"""What the chain pays for a contract to say who its validators are, in gas."""

from wattbook import abi
from wattbook.chain import Chain
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import known_account
from wattbook.trial.blocks import OPTIONS, Blocks, message

_SIZES = (4, 7, 21)


def measure() -> dict[str, int]:
    """Each as a transaction of its own, changes at their dearest: of the largest set the last seat is given to another,
    the first one taken away. What the nodes ask is no transaction, but runs as one."""
    with Anvil(*OPTIONS) as chain:
        sets = [_created(chain, size) for size in _SIZES]
        blocks, founder = Blocks(chain), known_account("administrator").address
        questions = [message(one, "getValidators", founder) for one in sets]
        found = dict(zip(_SIZES, blocks.mine(questions), strict=True))
        largest, feeder = sets[-1], sets[0].address  # any contract will do
        blocks.mine([message(largest, "setFeeder", founder, feeder)])
        seated = _validators(_SIZES[-1] + 1)
        [replaced] = blocks.mine([message(largest, "replace", feeder, *seated[-2:])])
        [removed] = blocks.mine([message(largest, "remove", feeder, seated[0])])
        return {
            **{f"validators asked for, {size}": asked.gas for size, asked in found.items()},
            "seat given to another": replaced.gas,
            "seat taken away": removed.gas,
        }


def _created(chain: Chain, size: int) -> ValidatorSet:
    deployer = known_account("administrator")
    factory = chain.web3.eth.contract(abi=abi.interface("ValidatorSet").abi, bytecode=creation_code("ValidatorSet"))
    creation = chain.sign_creation(factory.constructor(_validators(size), deployer.address), deployer)
    chain.submit(creation.signed)
    return ValidatorSet(chain, creation.address)


def _validators(count: int) -> list[str]:
    return [known_account(100 + number).address for number in range(count)]
