"""What it costs to ask who the validators are, to elect them, and to count their blocks, in gas."""

from wattbook import abi
from wattbook.bench.deciding import proposals, verdicts
from wattbook.chain import Chain
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import known_account
from wattbook.trial.blocks import OPTIONS, Blocks, message
from wattbook.trial.electing import Electing
from wattbook.trial.park import Park

_SIZES = (4, 7, 21)
_CANDIDATES, _VOTERS, _MANY = 9, 10, 10


def measure() -> dict[str, int]:
    """Of the nodes' contract, of those that feed it, and of what is decided on delegates and on the market."""
    return _seats() | _elections() | verdicts() | proposals()


def _seats() -> dict[str, int]:
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
            **{f"getValidators() of {size}": asked.gas for size, asked in found.items()},
            "seat given to another": replaced.gas,
            "seat taken away": removed.gas,
        }


def _elections() -> dict[str, int]:
    """Of nine candidates, and voters who have voted in the epoch before; a seat of four is given to another."""
    with Anvil(*OPTIONS) as chain:
        electing = Electing(Park(chain))
        electing.park.have_traders(1 + _CANDIDATES + _VOTERS)
        people = electing.park.traders[1:]
        nodes, voters = people[:_CANDIDATES], people[_CANDIDATES:]
        stakes = electing.certificates(dict.fromkeys(nodes, electing.elections.stake()))
        held = electing.certificates(dict.fromkeys(voters, _MANY))
        electing.stand(nodes[:-1], stakes)
        stood = electing.send(electing.elections, "register", nodes[-1], nodes[-1], stakes[nodes[-1]])
        for voter in voters:
            electing.vote(voter, nodes[0], held[voter])
        electing.open()
        seated = electing.send(electing.delegates, "changeSeat", electing.anybody)
        electing.propose(nodes[:1])
        counted = electing.send(electing.delegates, "poke", electing.anybody)
        votes = [
            message(electing.elections, "vote", one, electing.epoch, nodes[1], held[one][:1]) for one in voters[1:]
        ]
        many = electing.send(electing.elections, "vote", voters[0], electing.epoch, nodes[1], held[voters[0]])
        one = electing.blocks.mine(votes)[-1]
        epoch = electing.epoch
        electing.next_epoch()
        tally = electing.send(electing.elections, "countVotes", electing.anybody, epoch, _VOTERS)
        opened = electing.send(electing.delegates, "openEpoch", electing.anybody)
        rewarded = electing.send(electing.delegates, "reward", electing.anybody, epoch)
        return {
            "candidacy": stood.gas,
            "vote with 1 certificate": one.gas,
            f"vote with {_MANY} certificates": many.gas,
            f"{_VOTERS} votes counted": tally.gas,
            f"epoch opened, {_CANDIDATES} candidates": opened.gas,
            "elected one seated": seated.gas,
            "block counted": counted.gas,
            "epoch of one delegate rewarded": rewarded.gas,
        }


def _created(chain: Chain, size: int) -> ValidatorSet:
    deployer = known_account("administrator")
    factory = chain.web3.eth.contract(abi=abi.interface("ValidatorSet").abi, bytecode=creation_code("ValidatorSet"))
    creation = chain.sign_creation(factory.constructor(_validators(size), deployer.address), deployer)
    chain.submit(creation.signed)
    return ValidatorSet(chain, creation.address)


def _validators(count: int) -> list[str]:
    return [known_account(100 + number).address for number in range(count)]
