"""What this bridge vouches for: what it knows itself, and nothing else."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from eth_account.signers.local import LocalAccount

from wattbook.bridge.attesting.registers import GridRegister, Metered, on_grid
from wattbook.bridge.attesting.wire import Answer, Proposal
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Batch, BatchState, Leaf, Refusal
from wattbook.chain import address_of
from wattbook.connection import Market
from wattbook.contracts.structs import Root
from wattbook.metering import tree
from wattbook.metering.roots import root_of, sign_root

# The devices of a zone, as the directory knows them at the moment.
Devices = Callable[[int], Sequence[Metered]]
Clock = Callable[[], int]

_MEASURED = 0
_TRUSTS = tuple(Trust)


class Vouching:
    """Makes leaves out of this bridge's own readings, checks those of others against them, and signs."""

    def __init__(
        self,
        market: Market,
        outbox: Outbox,
        devices: Devices,
        account: LocalAccount,
        clock: Clock,
        complete_for: int,
    ) -> None:
        """`complete_for`: seconds after a time in which a proposal has to hold every device that this bridge can vouch
        for. By then each attester has had its turn, so that none can leave a device out by being the first."""
        self.market = market
        self.address = address_of(account)
        self._chain_id = market.chain.chain_id
        self._outbox = outbox
        self._devices = devices
        self._account = account
        self._clock = clock
        self._complete_for = complete_for

    # -------------------------------------------------------------------------------------------------- own leaves

    def registers(self, zone: int, time: int) -> dict[int, GridRegister]:
        return on_grid(self._outbox.readings, self._devices(zone), time)

    def leaves(self, zone: int, time: int) -> list[Leaf]:
        """This bridge's own leaves, by device."""
        found = self.registers(zone, time)
        numbers = self.sequences(zone, time)
        return [
            Leaf(device, one.register, numbers[device], _MEASURED, one.trust, one.raw_hash, secrets.token_bytes(32))
            for device, one in sorted(found.items())
        ]

    def highest(self, zone: int, time: int) -> dict[int, int]:
        """The greatest number that each reading can have: one a period since 1970, or one more than the last."""
        numbers = self.sequences(zone, time)
        return {one.device: max(numbers[one.device], time // one.period) for one in self._devices(zone)}

    def sequences(self, zone: int, time: int) -> dict[int, int]:
        """The number that each device's next reading has: one more than its last, or that of the period when this
        bridge knows of none, which is never less."""
        devices = self._devices(zone)
        known = self._outbox.batches.sequences([one.device for one in devices], time)
        return {one.device: known[one.device] + 1 if one.device in known else time // one.period for one in devices}

    # ------------------------------------------------------------------------------------------------ others' leaves

    def check(self, proposal: Proposal) -> Answer:
        """What there is to say against each leaf of a proposal. A sequence that is too low is not: the proposer is told
        the right one, as it may have missed a time."""
        own = self.registers(proposal.zone, proposal.time)
        numbers, highest = (by(proposal.zone, proposal.time) for by in (self.sequences, self.highest))
        objections = {}
        for leaf in proposal.leaves:
            device = leaf.device
            if device not in numbers:
                objections[device] = f"no device of zone {proposal.zone} is known by this number"
            elif leaf.sequence > highest[device]:
                objections[device] = f"its sequence is {numbers[device]}, not {leaf.sequence}"
            elif said := _against(leaf, own.get(device)):
                objections[device] = said
        if self._clock() < proposal.time + self._complete_for:
            objections |= _left_out(proposal, own)
        told = {leaf.device: numbers.get(leaf.device, 0) for leaf in proposal.leaves}
        return Answer(objections, told, None, self._signed(proposal))

    def sign(self, proposal: Proposal) -> Answer:
        """Signs a proposal that there is nothing to say against, once it is kept.

        If another was signed for the same time, that with the lower root counts, so that bridges that proposed at once
        come together; who asked for the other is answered with it. The contract takes one root only.
        """
        answer = self.check(proposal)
        objections = dict(answer.objections)
        for leaf in proposal.leaves:
            if leaf.sequence < answer.sequences[leaf.device] and leaf.device not in objections:
                objections[leaf.device] = f"its sequence is {answer.sequences[leaf.device]}, not {leaf.sequence}"
        if objections:
            return replace(answer, objections=objections)
        batch = self.agree(proposal)
        if batch is None:
            return answer
        return Answer({}, answer.sequences, self._outbox.batches.signatures(batch.id)[self.address])

    def agree(self, proposal: Proposal) -> Batch | None:
        """Keeps a proposal, with this bridge's signature, unless one with a lower root stands for its time, or one that
        is on its way to the chain."""
        batch = self._outbox.batches.find(proposal.zone, proposal.time, proposal.version)
        root = root_over(proposal.zone, proposal.time, proposal.version, proposal.leaves)
        if batch is None or batch.root == root.root:
            return self.keep(proposal)
        if batch.state is not BatchState.SIGNING or batch.root < root.root:
            return None
        self._outbox.batches.overrule(batch, root.root, root.data_hash, proposal.leaves)
        return self.keep(proposal)

    def keep(self, proposal: Proposal) -> Batch:
        """Stores a proposal that this bridge agrees to, with its own signature."""
        root = root_over(proposal.zone, proposal.time, proposal.version, proposal.leaves)
        batch = self._outbox.batches.add(
            proposal.zone, proposal.time, proposal.version, root.root, root.data_hash, proposal.leaves, self._clock()
        )
        self._outbox.batches.sign(batch.id, self.address, sign_root(self.market.readings, root, [], self._account))
        return batch

    def is_ours(self, proposal: Proposal) -> bool:
        return (proposal.chain_id, proposal.contract) == (self._chain_id, self.market.readings.address)

    def proposal(self, zone: int, time: int, leaves: Sequence[Leaf], signatures: Mapping[str, bytes]) -> Proposal:
        return Proposal(self._chain_id, self.market.readings.address, zone, time, 0, tuple(leaves), signatures)

    def stored(self, batch: Batch) -> Proposal:
        """A stored batch as it is proposed."""
        signatures = self._outbox.batches.signatures(batch.id)
        return self.proposal(batch.zone, batch.time, self._outbox.batches.leaves(batch.id), signatures)

    def left_out(self, proposal: Proposal) -> dict[int, str]:
        """The devices that this bridge could vouch for, and the proposal does not name."""
        return _left_out(proposal, self.registers(proposal.zone, proposal.time))

    def report(self, sender: str, proposal: Proposal, objections: Mapping[int, str]) -> None:
        """Writes down who proposed what this bridge cannot vouch for."""
        said = {leaf.device: f"proposes {leaf.register} Wh" for leaf in proposal.leaves}
        self._outbox.refusals.add(
            [
                Refusal(
                    source=f"attester {sender}",
                    meter=str(device),
                    reason="disagrees",
                    detail=f"{said.get(device, 'proposes nothing')} at {proposal.time}: {why}",
                    raw=b"",
                    at=self._clock(),
                )
                for device, why in objections.items()
            ]
        )

    def _signed(self, proposal: Proposal) -> Proposal | None:
        """What was signed for the same time, if it is something else."""
        batch = self._outbox.batches.find(proposal.zone, proposal.time, proposal.version)
        if batch is None or batch.state is BatchState.OVERRULED:
            return None
        stored = self.stored(batch)
        return None if stored.leaves == proposal.leaves else stored


def root_over(zone: int, time: int, version: int, leaves: Sequence[Leaf]) -> Root:
    """The root of the tree over leaves."""
    return root_of(zone, time, version, tree_over(leaves))


def tree_over(leaves: Sequence[Leaf]) -> tree.Tree:
    return tree.Tree([(leaf.device, on_chain(leaf).content_hash) for leaf in leaves])


def on_chain(leaf: Leaf) -> tree.Leaf:
    """A leaf as the contract has it."""
    trust = _TRUSTS.index(leaf.trust)
    return tree.Leaf(leaf.device, leaf.register, leaf.sequence, leaf.quality, trust, leaf.raw_hash, leaf.salt)


def _left_out(proposal: Proposal, own: Mapping[int, GridRegister]) -> dict[int, str]:
    named = {leaf.device for leaf in proposal.leaves}
    return {device: f"it is left out; it was {one.register}" for device, one in own.items() if device not in named}


def _against(leaf: Leaf, own: GridRegister | None) -> str:
    """What this bridge has to say against a leaf, nothing if it would vouch for it."""
    if own is None:
        return "no readings of it here from which that can be known"
    if not own.allows(leaf.register):
        return f"it was {own.register}" if own.low == own.high else f"it was from {own.low} to {own.high}"
    if leaf.quality != _MEASURED:
        return f"its quality is {_MEASURED}, not {leaf.quality}"
    if leaf.trust < own.trust:
        return f"its trust is {own.trust}, not {leaf.trust}"
    return ""
