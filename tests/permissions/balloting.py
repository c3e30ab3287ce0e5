"""Elections of minutes, in which everybody stands, with certificates of the register; and the scenes of delegates."""

from collections.abc import Callable, Sequence
from typing import Any

from eth_account.signers.local import LocalAccount

from tests.assertions import FAR, pass_time
from tests.node import ask
from tests.permissions.certifying import Certifying
from wattbook import Market, Signed
from wattbook.contracts.base import Contract
from wattbook.contracts.delegates import Delegates
from wattbook.contracts.elections import Elections
from wattbook.contracts.green_certificates import GreenCertificates
from wattbook.contracts.power_points import PowerPoints
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.eip712 import sign
from wattbook.points.reasons import Reason
from wattbook.trial.blocks import message

EPOCH, STAKE, NONCE = 60, 5, 7
NEW_ADDRESS = "0x" + "77" * 20
NOBODY = "0x" + "00" * 20
BUDGET = 10_000
Create = Callable[..., str]


class Balloting:
    """Built while all members are active: of each owner one stands, and each account holds a stake besides."""

    def __init__(
        self,
        market: Market,
        certifying: Certifying,
        members: Sequence[LocalAccount],
        deployer: LocalAccount,
        create: Create,
    ) -> None:
        self.market, self.deployer, self.create = market, deployer, create
        self.certificates, self.authority = certifying.certificates, market.authority.address
        self.subject = certifying.subject
        chain = market.chain
        self.points = PowerPoints(chain, create("PowerPoints", market.membership.address, self.authority, EPOCH))
        self.elections, self.bare_elections = (
            Elections(chain, create("Elections", self.certificates.address, self.points.address, self.authority))
            for _ in range(2)
        )
        self.bare_certificates = GreenCertificates(chain, create("GreenCertificates", certifying.unnamed.address))
        self.seats = [self.subject, *(f"0x{number:040x}" for number in range(1, 4))]
        self.delegates = self._delegates()
        self.certificates.set_elections(self.elections.address, sender=deployer)
        self._as_authority(self.elections, "setDelegates", self.delegates.address)
        self._as_authority(self.points, "setPort", int(Reason.BOOKKEEPING), self.delegates.address)
        self._as_authority(self.points, "setBudget", int(Reason.BOOKKEEPING), 0, BUDGET)
        self._stand(certifying, members)
        # Made later: those that replace others expire no sooner.
        self.stakes = {member.address: certifying.more(member, STAKE) for member in members}

    def _stand(self, certifying: Certifying, members: Sequence[LocalAccount]) -> None:
        self.candidates: dict[int, str] = {}
        membership = self.market.membership
        for member in members:
            its = membership.standing_of(member.address)
            first = membership.member_of(its.member).accounts[0]
            if its.owner not in self.candidates:
                self.candidates[its.owner] = first
                self.elections.register(first, certifying.more(member, STAKE), sender=member)

    def go_on(self, voter: LocalAccount, leaver: LocalAccount) -> None:
        """When all else is done: an epoch with a vote, one that is rewarded, one that can be."""
        left = self.candidates.pop(self.market.membership.standing_of(leaver.address).owner)
        self.elections.resign(left, sender=leaver)
        self.left = left
        pass_time(2 * EPOCH)
        [id] = self.stakes[voter.address][:1]
        self.elections.vote(self.elections.current_epoch(), self.subject, [id], sender=voter)
        pass_time(EPOCH)
        self.rewarded = self._poked()
        self.delegates.reward(self.rewarded, sender=self.deployer)
        self.unrewarded = self._poked()
        epoch = self.rewarded - 1
        self.elections.count_votes(epoch, 1, sender=self.deployer)
        watch = self.create("Watch", self.delegates.address)
        self._as_authority(self.delegates, "setWatch", watch)
        self.condemned = NEW_ADDRESS
        self._send(watch, self.delegates, "condemn", self.condemned, False)
        # Opened in the epoch in which it was created, which goes on for good: nothing takes time any more.
        self.opened = self._delegates()

    def _poked(self) -> int:
        """An epoch, over now, in which a block was counted."""
        epoch = self.delegates.current_epoch()
        ask("anvil_setCoinbase", self.subject)
        self.delegates.poke(sender=self.deployer)
        ask("anvil_setCoinbase", NOBODY)
        assert self.delegates.blocks_of(epoch).counted == 1
        pass_time(EPOCH)
        return epoch

    def _delegates(self) -> Delegates:
        chain, create = self.market.chain, self.create
        seats = ValidatorSet(chain, create("ValidatorSet", self.seats, self.deployer.address))
        made = Delegates(chain, create("Delegates", self.elections.address, seats.address, self.authority))
        seats.set_feeder(made.address, sender=self.deployer)
        return made

    def _as_authority(self, contract: Contract, function: str, *arguments: Any) -> None:
        self._send(self.authority, contract, function, *arguments)

    def _send(self, sender: str, contract: Contract, function: str, *arguments: Any) -> None:
        sent = message(contract, function, sender, *arguments)
        ask("anvil_setBalance", sent.sender, hex(10**20))
        ask("anvil_impersonateAccount", sent.sender)
        fields = {"from": sent.sender, "to": sent.to, "data": sent.data, "gas": hex(3_000_000)}
        receipt = self.market.chain.web3.eth.wait_for_transaction_receipt(ask("eth_sendTransaction", fields))
        assert receipt["status"] == 1
        ask("anvil_stopImpersonatingAccount", sent.sender)

    def candidate_of(self, address: str) -> str:
        """Who stands for the caller's owner; for others, the subject."""
        return self.candidates.get(self.market.membership.standing_of(address).owner, self.subject)

    def stake_of(self, address: str) -> list[int]:
        return self.stakes.get(address, self.stakes[self.subject])


Scene = Callable[[Any, Any], tuple[Any, ...]]


def contract_of_ballots(world: Any, name: str, function: str) -> Contract:
    """What is named once can be named only where it was not; the market's own parts act on the market's own."""
    its = world.balloting
    if name == "Elections":
        return {"setDelegates": its.bare_elections, "slash": world.market.elections}.get(function, its.elections)
    if function == "condemn":
        return world.market.delegates
    return its.opened if function in ("changeSeat", "setWatch") else its.delegates


def _vote(world: Any, who: Any) -> tuple[Any, ...]:
    its = world.balloting
    return its.elections.current_epoch(), its.subject, its.stake_of(who.address)[1:3]


def _vote_signed(world: Any, signer: Any) -> tuple[Any, ...]:
    values = dict(zip(("epoch", "candidate", "ids"), _vote(world, signer), strict=True))
    whole = {"signer": signer.address, **values, "nonce": NONCE, "deadline": FAR}
    auth = Signed(signer.address, NONCE, FAR, sign(world.balloting.elections, "CastVote", signer.key, whole))
    return *values.values(), auth


def _some(world: Any) -> list[int]:
    """Of the subject's, none of them locked."""
    return world.balloting.stakes[world.balloting.subject]  # type: ignore[no-any-return]


BALLOTS: dict[tuple[str, str, str], Scene] = {
    ("Elections", "cancelNonce", ""): lambda *_: (NONCE,),
    ("Elections", "countVotes", ""): lambda world, _: (world.balloting.rewarded, 1),
    ("Elections", "register", ""): lambda world, who: (
        world.balloting.candidate_of(who.address),
        world.balloting.stake_of(who.address),
    ),
    ("Elections", "resign", ""): lambda world, who: (world.balloting.candidate_of(who.address),),
    ("Elections", "returnStake", ""): lambda world, _: (world.balloting.left,),
    ("Elections", "setDelegates", ""): lambda *_: (NEW_ADDRESS,),
    ("Elections", "setSeats", ""): lambda *_: (9,),
    ("Elections", "slash", ""): lambda *_: (NEW_ADDRESS,),
    ("Elections", "strike", ""): lambda world, _: (world.balloting.candidate_of(world.address("expelled member")),),
    ("Elections", "vote", ""): _vote,
    ("Elections", "voteSigned", ""): _vote_signed,
    ("Delegates", "changeSeat", ""): lambda *_: (),
    ("Delegates", "condemn", ""): lambda *_: (NEW_ADDRESS, False),
    ("Delegates", "openEpoch", ""): lambda *_: (),
    ("Delegates", "poke", ""): lambda *_: (),
    ("Delegates", "readmit", ""): lambda world, _: (world.balloting.condemned,),
    ("Delegates", "reward", ""): lambda world, _: (world.balloting.unrewarded,),
    ("Delegates", "rewardVoter", ""): lambda world, _: (world.balloting.rewarded, 0),
    ("Delegates", "setWatch", ""): lambda *_: (NEW_ADDRESS,),
    ("GreenCertificates", "lock", ""): lambda world, _: (world.balloting.subject, _some(world), 2**32 - 1),
    ("GreenCertificates", "release", ""): lambda world, _: (_some(world),),
    ("GreenCertificates", "setElections", ""): lambda *_: (NEW_ADDRESS,),
    ("GreenCertificates", "slash", ""): lambda world, _: (_some(world),),
}
