"""What this bridge vouches for: what it knows itself, and nothing else."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from threading import RLock

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
from wattbook.metering.roots import root_of, sign_root, signer_of

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
        # Others ask in threads of the server, this bridge's own round runs in another.
        self._alone = RLock()
        self._given_up: dict[tuple[int, int], set[int]] = {}

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
        if self.is_early(proposal.time):
            objections |= _left_out(proposal, own)
        told = {leaf.device: numbers.get(leaf.device, 0) for leaf in proposal.leaves}
        return Answer(objections, told, None, self._signed(proposal))

    def is_early(self, time: int) -> bool:
        """Whether somebody still has to have his turn, so that a proposal has to be complete."""
        return self._clock() < time + self._complete_for

    def sign(self, proposal: Proposal, sender: str) -> Answer:
        """Signs a proposal that there is nothing to say against, once it is kept.

        If another was signed for the same time, one of the two counts (`agree`), so that bridges that proposed at once
        come together; who asked for the other is answered with it. The contract takes one root only.
        """
        with self._alone:
            return self._sign(proposal, sender)

    def _sign(self, proposal: Proposal, sender: str) -> Answer:
        answer = self.check(proposal)
        objections = dict(answer.objections)
        for leaf in proposal.leaves:
            if leaf.sequence < answer.sequences[leaf.device] and leaf.device not in objections:
                objections[leaf.device] = f"its sequence is {answer.sequences[leaf.device]}, not {leaf.sequence}"
        if objections:
            return replace(answer, objections=objections)
        batch = self.agree(proposal, sender)
        if batch is None:
            return answer
        return Answer({}, answer.sequences, self._outbox.batches.signatures(batch.id)[self.address])

    def agree(self, proposal: Proposal, sender: str) -> Batch | None:
        """Keeps a proposal, with this bridge's signature and the sender's, unless another stands for its time that
        counts more, or that is on its way to the chain.

        What stands is given up only for what the sender has signed itself: who shows ever other leaves and stands by
        none could keep all others from ever coming together.
        """
        root = root_over(proposal.zone, proposal.time, proposal.version, proposal.leaves)
        signature = proposal.signatures.get(sender, b"")
        is_signed = signer_of(self.market.readings, root, [], signature) == sender
        with self._alone:
            batch = self._outbox.batches.find(proposal.zone, proposal.time, proposal.version)
            if batch is not None and batch.root != root.root:
                if not is_signed or not self._counts_more(proposal, root, batch):
                    return None
                self._outbox.batches.overrule(batch, root.root, root.data_hash, proposal.leaves)
            batch = self.keep(proposal)
            if is_signed:
                self._outbox.batches.sign(batch, sender, signature)
            return batch

    def _counts_more(self, proposal: Proposal, root: Root, batch: Batch) -> bool:
        """Of two roots that with more devices counts, so that none is left out that can be in; of two with as many the
        lower one. What this bridge has given up does not come back."""
        given_up = self._given_up.get((batch.zone, batch.time), set())
        if batch.state is not BatchState.SIGNING or any(leaf.device in given_up for leaf in proposal.leaves):
            return False
        return (-root.size, root.root) < (-batch.count, batch.root)

    def give_up(self, batch: Batch, devices: Collection[int]) -> None:
        """Puts a batch without some devices in the place of one that is not signed by enough, if any are left."""
        found = self._outbox.batches.leaves(batch.id)
        leaves = [leaf for leaf in found if leaf.device not in devices]
        root = root_over(batch.zone, batch.time, batch.version, leaves) if leaves else None
        with self._alone:
            standing = self._outbox.batches.find(batch.zone, batch.time, batch.version)
            if root is None or len(leaves) == len(found) or standing != batch:
                return
            self._given_up.setdefault((batch.zone, batch.time), set()).update(devices)
            self._outbox.batches.overrule(batch, root.root, root.data_hash, leaves)
            self.keep(self.proposal(batch.zone, batch.time, leaves, {}))

    def keep(self, proposal: Proposal) -> Batch:
        """Stores a proposal that this bridge agrees to, with its own signature, and returns what stands for its time:
        that, or what was stored before."""
        root = root_over(proposal.zone, proposal.time, proposal.version, proposal.leaves)
        key = (proposal.zone, proposal.time, proposal.version)
        with self._alone:
            batch = self._outbox.batches.find(*key)
            if batch is None:
                batch = self._outbox.batches.add(*key, root.root, root.data_hash, proposal.leaves, self._clock())
            if batch.root == root.root:
                signature = sign_root(self.market.readings, root, [], self._account)
                self._outbox.batches.sign(batch, self.address, signature)
            return batch

    def is_ours(self, proposal: Proposal) -> bool:
        return (proposal.chain_id, proposal.contract) == (self._chain_id, self.market.readings.address)

    def proposal(self, zone: int, time: int, leaves: Sequence[Leaf], signatures: Mapping[str, bytes]) -> Proposal:
        return Proposal(self._chain_id, self.market.readings.address, zone, time, 0, tuple(leaves), signatures)

    def stored(self, batch: Batch) -> Proposal:
        """A stored batch as it is proposed."""
        signatures = self._outbox.batches.signatures(batch.id)
        return self.proposal(batch.zone, batch.time, self._outbox.batches.leaves(batch.id), signatures)

    def report(self, sender: str, proposal: Proposal, objections: Mapping[int, str]) -> None:
        """Writes down who proposed what this bridge cannot vouch for. What is left out can be a whole zone, which is
        said in one line."""
        named = {leaf.device: leaf.register for leaf in proposal.leaves}
        said = {
            str(device): f"proposes {named[device]} Wh at {proposal.time}: {why}"
            for device, why in objections.items()
            if device in named
        }
        if missing := sorted(objections.keys() - named.keys()):
            devices = ", ".join(str(device) for device in missing)
            said[f"zone {proposal.zone}"] = f"leaves out {len(missing)} devices at {proposal.time}: {devices}"
        source, at = f"attester {sender}", self._clock()
        self._outbox.refusals.add(
            [Refusal(source, meter, "disagrees", detail, b"", at) for meter, detail in said.items()]
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


def root_in(batch: Batch) -> Root:
    """The root that a batch is of."""
    return Root(batch.zone, batch.time, batch.version, batch.root, batch.count, batch.data_hash)


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
