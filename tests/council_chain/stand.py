"""A council with members of every class, and what they decide."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from eth_account.signers.local import LocalAccount
from web3.types import RPCEndpoint

from tests.assertions import FAR, pass_time, refused
from tests.node import ask
from wattbook import Application, Market, Role
from wattbook.chain import Receipt
from wattbook.contracts import reverts
from wattbook.contracts.structs import ProposalState
from wattbook.deployment.deployer import encode_call
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import Call
from wattbook.governance.council import QUEUE_SECONDS, VOTE_SECONDS
from wattbook.trial.blocks import Message, message

REASON = "the pipes were measured again"


@dataclass(frozen=True)
class Batch:
    """Calls that the authority shall make, as the council takes them."""

    targets: list[str]
    payloads: list[bytes]


@dataclass
class Floor:
    """The council at work. Its members are accounts of the test mnemonic."""

    market: Market
    people: dict[str, LocalAccount] = field(default_factory=dict)
    _keys: Iterator[int] = field(default_factory=lambda: count(FIRST_FREE_ACCOUNT + 20))

    @property
    def council(self) -> Any:
        return self.market.council

    @property
    def regulator(self) -> LocalAccount:
        return known_account("regulator")

    def admit(self, name: str, roles: int, owner: int = 0) -> LocalAccount:
        """A member, of an owner of his own unless another member's is named."""
        key = known_account(next(self._keys))
        papers = int(key.address, 16).to_bytes(32)
        application = Application(key.address, int(roles), owner, FAR, papers, papers)
        self.market.membership.admit(application, sender=known_account("registrar"))
        self.people[name] = key
        ask("anvil_setBalance", key.address, hex(10**24))
        return key

    def member(self, name: str) -> int:
        return int(self.market.membership.standing_of(self.people[name].address).member)

    def batch(self, *calls: Call) -> Batch:
        at = self.market.deployment.address
        return Batch([at(call.contract) for call in calls], [encode_call(self.market.chain, call) for call in calls])

    def propose(self, batch: Batch, by: LocalAccount | None = None, reason: str = REASON) -> int:
        by = by or known_account("operator")
        self.council.propose(batch.targets, batch.payloads, reason, sender=by)
        return int(self.council.proposal_count())

    def vote(self, proposal: int, yes: Sequence[str] = (), no: Sequence[str] = ()) -> None:
        for name in (*yes, *no):
            self.council.vote(proposal, name in yes, sender=self.people[name])

    def end_vote(self) -> None:
        pass_time(VOTE_SECONDS)

    def lapse(self) -> None:
        pass_time(QUEUE_SECONDS)

    def wait(self) -> None:
        """The delay of the authority."""
        pass_time(self.market.authority.get_min_delay())

    def queue(self, proposal: int, batch: Batch, sender: LocalAccount) -> Receipt:
        return self.council.queue(proposal, batch.targets, batch.payloads, sender=sender)  # type: ignore[no-any-return]

    def execute(self, proposal: int, batch: Batch, sender: LocalAccount) -> Receipt:
        return self.council.execute(proposal, batch.targets, batch.payloads, sender=sender)  # type: ignore[no-any-return]

    def decide(self, batch: Batch, yes: Sequence[str], sender: LocalAccount) -> Receipt:
        """All steps, one after the other."""
        proposal = self.propose(batch)
        self.vote(proposal, yes=yes)
        self.end_vote()
        self.queue(proposal, batch, sender)
        self.wait()
        return self.execute(proposal, batch, sender)

    @contextmanager
    def not_passed(self, proposal: int, batch: Batch, state: ProposalState) -> Iterator[None]:
        """What is done inside does not get it into the authority."""
        yield
        assert self.council.state_of(proposal) == state
        sender = known_account("operator")
        refusal = {"proposal": proposal, "state": state}
        with refused(reverts.WrongProposalState, **refusal):
            self.queue(proposal, batch, sender)
        with refused(reverts.WrongProposalState, **refusal):
            self.execute(proposal, batch, sender)
        operation = self.council.proposal_of(proposal).operation
        assert not self.market.authority.is_operation(operation)


def many(chance: Random, floor: Floor, size: int) -> list[str]:
    """So many members: of one role or several, some with another's owner."""
    ask("anvil_autoImpersonateAccount", True)
    market_roles = [role for role in Role if role < 1 << 16]
    names: list[str] = []
    for number in range(size):
        roles = sum(chance.sample(market_roles, chance.choice((1, 1, 2, 3))))
        owner = floor.member(chance.choice(names)) if names and chance.random() < 0.2 else 0
        floor.admit(name := f"m{number}", roles, owner)
        names.append(name)
    return names


def at_once(market: Market, messages: Sequence[Message]) -> list[bool]:
    """Whether each of many messages that nobody signs, in one block, in their sequence, was carried out."""
    ask("evm_setAutomine", False)
    numbers = {one.sender: market.chain.nonce_of(one.sender) for one in messages}
    given = []
    for place, one in enumerate(messages):
        # What pays more comes first.
        fields = {"gasPrice": hex(len(messages) - place), "nonce": hex(numbers[one.sender]), "gas": hex(300_000)}
        numbers[one.sender] += 1
        given.append([{"from": one.sender, "to": one.to, "data": one.data, **fields}])
    sent = _asked(market, "eth_sendTransaction", given)
    ask("evm_mine")
    ask("evm_setAutomine", True)
    receipts = _asked(market, "eth_getTransactionReceipt", [[one] for one in sent])
    return [one["status"] == "0x1" for one in receipts]


def _asked(market: Market, method: str, parameters: Sequence[Any]) -> list[Any]:
    batch = [(RPCEndpoint(method), one) for one in parameters]
    answers = market.chain.web3.provider.make_batch_request(batch)  # type: ignore[attr-defined]
    assert not any("error" in answer for answer in answers), answers
    return [answer["result"] for answer in answers]


def voting(floor: Floor, proposal: int, name: str, yes: bool) -> Message:
    return message(floor.council, "vote", floor.people[name].address, proposal, yes)
