"""Proposals of the council in every state, and delegates of whom some are suspected."""

from collections.abc import Callable, Sequence
from typing import Any

from coincurve import PrivateKey
from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import pass_time
from tests.node import ask
from tests.watch_chain.bench import two_seals
from wattbook import Market
from wattbook.contracts.structs import SealedHeader
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.deployer import encode_call
from wattbook.deployment.plan import Call
from wattbook.governance.committee import LEAST_TURNS
from wattbook.governance.council import VOTE_SECONDS

REASON = "another zone"
EVIDENCE = keccak(text="what shows it")
Batch = tuple[list[str], list[bytes]]


class Deciding:
    """One proposal under vote, one that passed, one that the authority has. A week would be too long for what else is
    under way, so those that passed are made a week older."""

    def __init__(self, market: Market, voters: Sequence[LocalAccount]) -> None:
        self.market, self.council, by = market, market.council, voters[0]
        payload = encode_call(market.chain, Call("Zones", "addZone", (b"suburb".ljust(32, b"\0"),)))
        self.batch: Batch = [market.deployment.address("Zones")], [payload]
        self.passed, self.queued, self.voting = (self._propose(by) for _ in range(3))
        for proposal in (self.passed, self.queued):
            for voter in voters:
                self.council.vote(proposal, True, sender=voter)
            self._age(proposal)
        self.council.queue(self.queued, *self.batch, sender=by)
        pass_time(market.authority.get_min_delay())

    def _propose(self, by: LocalAccount) -> int:
        self.council.propose(*self.batch, REASON, sender=by)
        return self.council.proposal_count()

    def _age(self, proposal: int) -> None:
        slot = keccak(encode(["uint32", "uint256"], [proposal, storage_slot("Council", "_proposals")]))
        kept = self.council.proposal_of(proposal)
        word = int(kept.by, 16) | kept.since - VOTE_SECONDS << 160 | kept.members << 200
        ask("anvil_setStorageAt", self.council.address, "0x" + slot.hex(), f"0x{word:064x}")


class Watching:
    """Delegates: the first accuses, the second missed its blocks, the third is under vote."""

    def __init__(self, market: Market, delegates: Sequence[LocalAccount]) -> None:
        watch, self.delegates = market.watch, delegates
        for one in delegates:
            ask("anvil_setBalance", one.address, hex(10**18))
        ask("anvil_setCoinbase", delegates[0].address)
        for _ in range(LEAST_TURNS * len(delegates)):
            market.delegates.poke(sender=delegates[0])
        ask("anvil_setCoinbase", "0x" + "00" * 20)
        watch.suspect_attestation(delegates[2].address, EVIDENCE, sender=delegates[1])
        self.epoch = market.delegates.current_epoch()
        self.missing, self.suspected = delegates[1].address, delegates[2].address

    def proof(self) -> tuple[SealedHeader, SealedHeader]:
        return two_seals(PrivateKey(bytes(self.delegates[3].key)))


Scene = Callable[[Any, Any], tuple[Any, ...]]

WATCH: dict[tuple[str, str, str], Scene] = {
    ("Watch", "suspectMissed", ""): lambda world, _: (world.watching.missing, world.watching.epoch),
    ("Watch", "suspectAttestation", ""): lambda world, _: (world.watching.missing, EVIDENCE),
    ("Watch", "vote", ""): lambda world, _: (world.watching.suspected, True),
    ("Watch", "proveEquivocation", ""): lambda world, _: world.watching.proof(),
}
COUNCIL: dict[tuple[str, str, str], Scene] = {
    ("Council", "propose", ""): lambda world, _: (*world.deciding.batch, REASON),
    ("Council", "vote", ""): lambda world, _: (world.deciding.voting, True),
    ("Council", "queue", ""): lambda world, _: (world.deciding.passed, *world.deciding.batch),
    ("Council", "execute", ""): lambda world, _: (world.deciding.queued, *world.deciding.batch),
}
