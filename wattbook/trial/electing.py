"""Elections of delegates, the seats that they take, and the blocks that they make, on chain."""

from collections.abc import Iterator, Mapping, Sequence
from math import gcd
from typing import Any

from eth_utils.address import to_checksum_address
from web3.types import RPCEndpoint

from wattbook.certificates.whole import WHOLE_WH
from wattbook.deployment.local import known_account
from wattbook.market.bounds import UnsupportedRule
from wattbook.points.reasons import Reason
from wattbook.trial.blocks import Log, Message, Mined, message
from wattbook.trial.park import SLOT_SECONDS, Park

Case = dict[str, Any]
Result = dict[str, Any]
_AT_ONCE = 200


class Electing:
    """Members with certificates, who stand for election and vote. Nobody pays for gas here, and everybody may send."""

    def __init__(self, park: Park) -> None:
        self.park, self.market, self.blocks = park, park.market, park.blocks
        self.elections, self.delegates = park.market.elections, park.market.delegates
        self.authority, self.anybody = park.market.authority.address, known_account("grid").address
        self.seconds = park.market.power_points.epoch_length()

    # ------------------------------------------------------------------------------------------------------- sending

    def send(self, contract: Any, function: str, sender: str, *arguments: Any) -> Mined:
        """In a block of its own."""
        [mined] = self.blocks.mine([message(contract, function, sender, *arguments)])
        return mined

    def decide(self, contract: Any, function: str, *arguments: Any) -> Mined:
        return self.send(contract, function, self.authority, *arguments)

    @property
    def epoch(self) -> int:
        return self.blocks.now // self.seconds

    def next_epoch(self) -> int:
        """The first second of the next epoch."""
        self.blocks.mine([], (self.epoch + 1) * self.seconds)
        return self.epoch

    # -------------------------------------------------------------------------------------------------- certificates

    def certificates(self, counts: Mapping[str, int]) -> dict[str, list[int]]:
        """So many certificates for each account, from one new plant. What it made is written down by who settles, as
        if meters had been read: it is the votes that are on trial."""
        self.park.have_traders(1)
        owner, total = self.park.traders[0], sum(counts.values())
        device, issue = self.park.new_device(owner=owner), self.market.green_certificates
        first = self.blocks.now // SLOT_SECONDS - total
        starts = [(first + place) * SLOT_SECONDS for place in range(total)]
        words = [device | start << 32 | SLOT_SECONDS << 72 | WHOLE_WH << 96 for start in starts]
        settles = self.market.imbalance.address
        for part in _parts(words):
            self.send(self.market.production, "record", settles, part)
        made = [message(issue, "issue", owner, device, start, start + SLOT_SECONDS) for start in starts]
        ids = [_said(mined.logs, "CertificateMade")[0] for mined in self._all(made)]
        given, found = [], {}
        for account, count in counts.items():
            found[account], ids = ids[:count], ids[count:]
            if account != owner:
                given += [message(issue, "transferFrom", owner, owner, account, one) for one in found[account]]
        self._all(given)
        return found

    # ----------------------------------------------------------------------------------------------------- elections

    def stand(self, candidates: Sequence[str], stakes: Mapping[str, Sequence[int]]) -> None:
        """Registers them in their sequence, each with a stake of his own."""
        self._all([message(self.elections, "register", one, one, list(stakes[one])) for one in candidates])

    def vote(self, voter: str, candidate: str, ids: Sequence[int]) -> int:
        """The place of the vote."""
        cast = self.send(self.elections, "vote", voter, self.epoch, candidate, list(ids))
        return int(_said(cast.logs, "VoteCast")[3])

    def open(self, count: int = 2**32) -> None:
        """The next epoch, the votes of this one counted so many at a time."""
        past = self.epoch
        self.next_epoch()
        poll = self.elections.poll_of(past)
        while poll.counted < poll.votes:
            self.send(self.elections, "countVotes", self.anybody, past, count)
            poll = self.elections.poll_of(past)
        self.send(self.delegates, "openEpoch", self.anybody)

    # -------------------------------------------------------------------------------------------------------- blocks

    def propose(self, proposers: Sequence[str]) -> None:
        """Blocks of theirs, in each of which somebody pokes."""
        for proposer in proposers:
            self.made_by(proposer)
            self.send(self.delegates, "poke", self.anybody)

    def made_by(self, proposer: str) -> None:
        """Whose the next blocks are."""
        self.market.chain.web3.provider.make_request(RPCEndpoint("anvil_setCoinbase"), [proposer])

    def reward(self, epoch: int) -> dict[str, int]:
        """What the delegates of an epoch that is over earned, their voters' part included."""
        logs = self.send(self.delegates, "reward", self.anybody, epoch).logs
        _, accounts, amounts = _said(logs, "EpochRewarded")
        return dict(zip(map(to_checksum_address, accounts), amounts, strict=True))

    def _all(self, messages: Sequence[Message]) -> list[Mined]:
        return [mined for part in _parts(messages) for mined in self.blocks.mine(part)]


def elected_on_chain(electing: Electing, case: Case) -> Result:
    """A weight of the case is as many Wh as make all weights whole certificates."""
    elections = electing.elections
    if case["capBps"] != elections.cap_bps():
        raise UnsupportedRule(f"the contract's cap is {elections.cap_bps()}, not {case['capBps']}")
    unit = gcd(*(weight for _, weight, _ in case["votes"]))
    names = [name for name, _ in sorted(case["candidates"], key=lambda one: int(one[1]))]
    voters, wanted = [voter for voter, _, _ in case["votes"]], len(electing.park.traders)
    electing.park.have_traders(wanted + len(names) + len(voters))
    people = iter(electing.park.traders[wanted:])
    nodes, members = {name: next(people) for name in names}, {voter: next(people) for voter in voters}
    stakes = electing.certificates(dict.fromkeys(nodes.values(), elections.stake()))
    held = electing.certificates({members[voter]: weight // unit for voter, weight, _ in case["votes"]})
    electing.decide(elections, "setSeats", case["seats"])
    electing.stand(list(nodes.values()), stakes)
    epoch = electing.next_epoch()
    for voter, _, candidate in case["votes"]:
        electing.vote(members[voter], nodes[candidate], held[members[voter]])
    electing.open()
    known = {node: name for name, node in nodes.items()}
    scale = WHOLE_WH // unit
    cap = elections.poll_of(epoch).weight * case["capBps"] // 10_000
    found = {
        "cap": cap // scale,
        "score": {name: elections.tally_of(epoch, node).score // scale for name, node in nodes.items()},
        "delegates": [known[one] for one in electing.delegates.target()],
        "standby": [known[one] for one in electing.delegates.standby()],
    }
    for node in nodes.values():
        electing.send(elections, "resign", node, node)
    return found


def rewarded_on_chain(electing: Electing, case: Case) -> Result:
    """The validators of the moment propose the blocks."""
    delegates = electing.delegates
    if case["perBlock"] != delegates.points_a_block():
        raise UnsupportedRule(f"a block earns {delegates.points_a_block()} points, not {case['perBlock']}")
    validators = electing.market.validator_set.get_validators()
    if len(case["blocks"]) > len(validators):
        raise UnsupportedRule(f"there are {len(validators)} validators")
    epoch = electing.next_epoch()
    electing.decide(electing.market.power_points, "setBudget", int(Reason.BOOKKEEPING), epoch, case["budget"])
    proposers = validators[: len(case["blocks"])]
    for proposer, blocks in zip(proposers, case["blocks"], strict=True):
        electing.propose([proposer] * blocks)
    electing.next_epoch()
    found = electing.reward(epoch)
    return {"rewards": [found[proposer] for proposer in proposers]}


def _said(logs: Sequence[Log], event: str) -> tuple[Any, ...]:
    return next(log.args for log in logs if log.name == event)


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
