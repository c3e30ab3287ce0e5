"""From registers to a root on the chain: propose, hear the others, gather signatures, queue the transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import structlog
from eth_utils.crypto import keccak

from wattbook.bridge.attesting.peers import CHECK, SIGN, Peers
from wattbook.bridge.attesting.registers import GridRegister, is_complete
from wattbook.bridge.attesting.vouching import Clock, Devices, Vouching, on_chain, root_in, tree_over
from wattbook.bridge.attesting.wire import Answer, Proposal
from wattbook.bridge.config import Peer
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Batch, BatchState, Call, OutboxError, State, Transaction
from wattbook.contracts import reverts
from wattbook.contracts.bound import calldata
from wattbook.eip712 import short_form
from wattbook.errors import ChainError
from wattbook.metering.roots import in_order, root_of, signer_of
from wattbook.roles import Role

# As far back as registers heal.
_PERIODS = 96
# Seconds until peers that did not answer or agree are asked again.
_RETRY = 15
# And until what failed is paid for once more.
_PAUSE = 600
# Not before something new is heard.
_NEVER = 2**63

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Patience:
    """Seconds: how long a slot waits for readings that are missing, and how long each further attester waits for those
    before it to post."""

    grace: int
    takeover: int

    def turns(self, others: int) -> int:
        """Seconds until everybody has had a turn, and time to use it."""
        return self.grace + self.takeover * (others + 1)


class Posting:
    """Sees to it that every time of every zone gets its root, taking turns with the others."""

    def __init__(
        self, vouching: Vouching, outbox: Outbox, devices: Devices, peers: Peers, patience: Patience, clock: Clock
    ) -> None:
        self.unreachable: Counter[str] = Counter()
        self._vouching = vouching
        self._readings = vouching.market.readings
        self._outbox = outbox
        self._devices = devices
        self._peers = peers
        self._patience = patience
        self._clock = clock
        self._done: set[tuple[int, int]] = set()
        self._looks: dict[tuple[int, int], int] = {}
        self._heard = 0
        self._reopened: dict[int, int] = {}
        self._followed: Counter[tuple[int, str]] = Counter()

    def heard(self, zone: int, time: int) -> None:
        """A reading of this time has come in, which may be what the registers before or after it waited for."""
        self._heard += 1
        for period in {one.period for one in self._devices(zone)}:
            self._looks.pop((zone, time // period * period), None)
            self._looks.pop((zone, -(-time // period) * period), None)

    def step(self, zones: Sequence[int]) -> None:
        """Does what is due of every zone, the oldest first. What goes wrong with one time does not stop the others."""
        threshold = self._readings.threshold()
        if threshold == 0:
            return
        self._close()
        self._take_back(threshold)
        for zone in zones:
            now = self._clock()
            for time in self._times(zone):
                if self._looks.get((zone, time), 0) <= now:
                    self._look(zone, time, threshold)

    def _look(self, zone: int, time: int, threshold: int) -> None:
        heard, again = self._heard, self._clock() + _RETRY
        try:
            again = self._advance(zone, time, threshold)
        except (ChainError, OutboxError):
            raise
        except Exception:
            _log.exception("fault", zone=zone, time=time)
        # What came in meanwhile was not seen.
        self._looks[zone, time] = again if heard == self._heard else self._clock()

    # ------------------------------------------------------------------------------------------------------ one time

    def _advance(self, zone: int, time: int, threshold: int) -> int:
        """Does what is due of one time, and says when to look at it again."""
        batch = self._outbox.batches.find(zone, time, 0)
        turn_at = time + self._patience.grace + self._turn(zone, time) * self._patience.takeover
        if batch is None:
            registers = self._vouching.registers(zone, time)
            if not registers:
                return _NEVER
            if self._clock() < turn_at and not self._may_go_first(zone, time, registers):
                return turn_at
            if self._is_posted(zone, time):
                return _NEVER
            if self._is_before_its_turn(zone, time):
                return self._clock()
            batch = self._propose(zone, time, threshold)
        elif batch.state is not BatchState.SIGNING:
            return _NEVER
        elif self._clock() < turn_at and self._turn(zone, time):
            return turn_at
        elif self._is_posted(zone, time):
            return self._clock() + self._patience.takeover
        batch = self._gathered(batch, threshold) if batch else None
        if batch is None:
            return self._clock() + _RETRY
        self._outbox.batches.post(batch, self._call(batch, threshold), self._clock())
        _log.info("queued", zone=zone, time=time, readings=batch.count)
        return _NEVER

    def _call(self, batch: Batch, threshold: int) -> Call:
        """What posts a batch with the first signatures that count."""
        signatures = in_order(list(self._counting(batch).items())[:threshold])
        readings = self._readings
        data = calldata(readings.chain.web3, readings.NAME, "post", [root_in(batch), [], signatures])
        return Call(readings.address, data)

    def _is_before_its_turn(self, zone: int, time: int) -> bool:
        """Whether a time before it, of which there are readings, is still to be proposed by whoever has his turn. Both
        readings of a device would get the same number, and the chain would use one of them only."""
        step = self._step(zone)
        first = time - self._patience.turns(len(self._peers.all)) // step * step
        return any(
            self._vouching.is_early(earlier)
            and self._outbox.batches.find(zone, earlier, 0) is None
            and self._vouching.registers(zone, earlier)
            and not self._is_posted(zone, earlier)
            for earlier in range(first, time, step)
        )

    def _may_go_first(self, zone: int, time: int, registers: Mapping[int, GridRegister]) -> bool:
        """Whose turn is first need not wait when all readings are in."""
        return self._turn(zone, time) == 0 and is_complete(registers, self._devices(zone), time)

    def _gathered(self, batch: Batch, threshold: int) -> Batch | None:
        """What stands for a batch's time when the others have been asked, if enough have signed it."""
        if self._vouching.address not in self._outbox.batches.signatures(batch.id):
            self._vouching.keep(self._vouching.stored(batch))
        if not self._has_enough(batch, threshold):
            self._gather(batch, threshold)
        standing = self._outbox.batches.find(batch.zone, batch.time, batch.version)
        return standing if standing and self._has_enough(standing, threshold) else None

    def _has_enough(self, batch: Batch, threshold: int) -> bool:
        return len(self._counting(batch)) >= threshold

    def _counting(self, batch: Batch) -> dict[str, bytes]:
        """The signatures of its root by those who are attesters now."""
        membership, signatures = self._vouching.market.membership, self._outbox.batches.signatures(batch.id)
        root = root_in(batch)
        return {
            who: signed
            for who, signed in signatures.items()
            if signer_of(self._readings, root, [], signed) == who and membership.is_active(who, Role.ATTESTER)
        }

    def _propose(self, zone: int, time: int, threshold: int) -> Batch | None:
        leaves = self._vouching.leaves(zone, time)
        first = self._vouching.proposal(zone, time, leaves, {})
        answers = self._ask(CHECK, self._peers.all, first) if threshold > 1 else {}
        if self._adopts_any(first, answers):
            return self._outbox.batches.find(zone, time, 0)
        free = [peer for peer, answer in answers.items() if answer.signed is None]
        if len(free) + 1 < threshold:
            return None
        supporters = sorted(free, key=lambda peer: len(answers[peer].objections))[: threshold - 1]
        dropped = {device for peer in supporters for device in answers[peer].objections}
        highest = self._vouching.highest(zone, time)
        kept = []
        for leaf in leaves:
            told = [answers[peer].sequences.get(leaf.device, 0) for peer in supporters]
            # Nobody makes us skip numbers: what is taken once can never be taken back.
            number = min(max([leaf.sequence, *told]), highest[leaf.device])
            if leaf.device not in dropped:
                kept.append(replace(leaf, sequence=number))
        if not kept:
            return None
        batch = self._vouching.keep(self._vouching.proposal(zone, time, kept, {}))
        for peer, answer in answers.items():
            self._write_down(batch, peer, answer)
        return batch

    def _gather(self, batch: Batch, threshold: int) -> None:
        """Asks those who have not signed; a signature counts if it is the peer's own over this very root."""
        proposal, root = self._vouching.stored(batch), root_in(batch)
        objecting = {}
        answers = self._ask(SIGN, [one for one in self._peers.all if one.address not in proposal.signatures], proposal)
        for peer, answer in answers.items():
            self._write_down(batch, peer, answer)
        if self._adopts_any(proposal, answers):
            return
        for peer, answer in answers.items():
            if answer.signature is None:
                objecting[peer] = answer.objections
            elif signer_of(self._readings, root, [], answer.signature) == peer.address:
                self._outbox.batches.sign(batch, peer.address, answer.signature)
            else:
                said = "sent a signature of something else"
                self._outbox.batches.disagree(batch.id, peer.address, said, self._clock())
        if not self._vouching.is_early(batch.time) and not self._has_enough(batch, threshold):
            self._give_in(batch, {peer: found for peer, found in objecting.items() if found})

    def _give_in(self, batch: Batch, objecting: Mapping[Peer, Mapping[int, str]]) -> None:
        """Does without the devices that one peer names, so that those of which enough know do not wait for the others.
        Whose word was followed before comes last, or a liar could name one device after another."""
        if objecting:
            peer = min(objecting, key=lambda one: (self._followed[batch.id, one.address], len(objecting[one])))
            self._followed[batch.id, peer.address] += 1
            self._vouching.give_up(batch, objecting[peer])

    def _adopts_any(self, asked: Proposal, answers: Mapping[Peer, Answer]) -> bool:
        """Each is tried, so that of all that were signed before that which counts most is gone on with."""
        signed = [(peer, answer.signed) for peer, answer in answers.items() if answer.signed]
        return any([self._adopts(peer, asked, one) for peer, one in signed])

    def _adopts(self, peer: Peer, asked: Proposal, signed: Proposal) -> bool:
        """Whether this bridge goes on with what a peer has signed before, for the same time."""
        same = (signed.zone, signed.time, signed.version) == (asked.zone, asked.time, asked.version)
        if not same or not self._vouching.is_ours(signed):
            return False
        answer = self._vouching.check(signed)
        if answer.objections:
            self._vouching.report(peer.address, signed, answer.objections)
            return False
        batch = self._vouching.agree(signed, peer.address)
        if batch is None:
            return False
        root = root_in(batch)
        for address in [one.address for one in self._peers.all if one.address in signed.signatures]:
            if signer_of(self._readings, root, [], signed.signatures[address]) == address:
                self._outbox.batches.sign(batch, address, signed.signatures[address])
        return True

    # -------------------------------------------------------------------------------------------------------- others

    def _ask(self, question: str, peers: Sequence[Peer], proposal: Proposal) -> Mapping[Peer, Answer]:
        answers = {}
        for peer, answer in self._peers.ask(question, peers, proposal):
            if isinstance(answer, Answer):
                answers[peer] = answer
            else:
                self.unreachable[peer.name] += 1
                _log.warning("peer", peer=peer.name, error=str(answer))
        return answers

    def _write_down(self, batch: Batch, peer: Peer, answer: Answer) -> None:
        said = [f"device {device}: {why}" for device, why in sorted(answer.objections.items())]
        if said:
            self._outbox.batches.disagree(batch.id, peer.address, "; ".join(said), self._clock())
            _log.warning("disagrees", peer=peer.name, zone=batch.zone, time=batch.time, devices=len(said))

    def _turn(self, zone: int, time: int) -> int:
        """How many attesters come before us at this time; by a hash, so that the work is shared."""
        everybody = [self._vouching.address, *(peer.address for peer in self._peers.all)]
        drawn = sorted(everybody, key=lambda one: keccak(text=f"{one} {zone} {time}"))
        return drawn.index(self._vouching.address)

    # --------------------------------------------------------------------------------------------------------- times

    def _times(self, zone: int) -> Sequence[int]:
        """The times of the grid, not too long ago, that have no root for sure, and those before that are being signed:
        what was taken back late is not forgotten."""
        step = self._step(zone)
        if not step:
            return ()
        latest = self._clock() // step * step
        window = range(latest - (_PERIODS - 1) * step, latest + 1, step)
        signing = self._outbox.batches.in_state(BatchState.SIGNING)
        old = sorted(one.time for one in signing if one.zone == zone and one.version == 0 and one.time < window[0])
        self._forget(zone, window[0], old)
        return [time for time in (*old, *window) if (zone, time) not in self._done]

    def _forget(self, zone: int, first: int, kept: Sequence[int]) -> None:
        known = [key for key in (*self._looks, *self._done) if key[0] == zone and key[1] < first]
        for past in [key for key in known if key[1] not in kept]:
            self._looks.pop(past, None)
            self._done.discard(past)

    def _step(self, zone: int) -> int:
        return min((one.period for one in self._devices(zone)), default=0)

    def _is_posted(self, zone: int, time: int) -> bool:
        """Asked again until it has stood for a while, as the chain may take it back."""
        if (zone, time) in self._done:
            return True
        posted = self._readings.posted_at(zone, time, 0)
        if posted and self._clock() - posted >= self._patience.takeover:
            self._done.add((zone, time))
        return posted != 0

    def _close(self) -> None:
        """Marks batches whose transactions ended, and those that another posted."""
        for batch, transaction in self._outbox.batches.ended():
            posted = transaction.state is State.CONFIRMED or self._is_posted(batch.zone, batch.time)
            if transaction.state is State.CONFIRMED or (batch.zone, batch.time) in self._done:
                self._outbox.batches.close(batch, self._fate(batch))
            elif not posted and not 0 <= self._clock() - self._reopened.get(batch.id, -_PAUSE) < _PAUSE:
                self._reopened[batch.id] = self._clock()
                self._reopen(batch, transaction, transaction.note)
        for batch in self._outbox.batches.in_state(BatchState.SIGNING):
            if (batch.zone, batch.time) in self._done:
                self._outbox.batches.close(batch, self._fate(batch))

    def _take_back(self, threshold: int) -> None:
        """Has batches signed anew that wait to be sent with too few signatures, or with one that counts no more."""
        membership = self._vouching.market.membership
        counts = cache(lambda who: membership.is_active(who, Role.ATTESTER))
        for batch, transaction in self._outbox.batches.unsent():
            stored = self._outbox.batches.signatures(batch.id)
            signers = [who for who, signed in stored.items() if b"".join(short_form(signed)) in transaction.call.data]
            if len(signers) < threshold or not all(counts(who) for who in signers):
                self._reopen(batch, transaction, "its signers are not those that count now")

    def _reopen(self, batch: Batch, transaction: Transaction, why: str) -> None:
        self._outbox.batches.reopen(batch, transaction, why)
        self._looks.pop((batch.zone, batch.time), None)
        _log.warning("reopened", zone=batch.zone, time=batch.time, why=why)

    def _fate(self, batch: Batch) -> BatchState:
        """Whether the root on the chain is the batch's own."""
        leaves = self._outbox.batches.leaves(batch.id)
        tree = tree_over(leaves)
        root = root_of(batch.zone, batch.time, batch.version, tree)
        first = on_chain(leaves[0])
        try:
            self._readings.covers(root, first.device, first.content_hash, 0, tree.proof(0))
        except reverts.UnknownRoot:
            return BatchState.OVERRULED
        return BatchState.POSTED
