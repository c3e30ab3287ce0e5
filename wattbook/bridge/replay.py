"""Goes through what the bridge stored once more: records against keys, registers against records, roots against the
chain."""

from collections.abc import Iterator
from dataclasses import dataclass

from wattbook.bridge.attesting.registers import Metered, on_grid
from wattbook.bridge.attesting.vouching import on_chain, root_over, tree_over
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Batch, BatchState
from wattbook.bridge.verify.directory import Directory
from wattbook.connection import Market
from wattbook.contracts import reverts


@dataclass(frozen=True)
class Replayed:
    """What one batch's repetition found; nothing when all agrees."""

    batch: Batch
    readings: int
    differences: tuple[str, ...]


def replay(market: Market, outbox: Outbox, directory: Directory, since: int, until: int) -> Iterator[Replayed]:
    """Every batch of the time that stands on the chain by this bridge's knowledge."""
    for batch in outbox.batches.in_state(BatchState.POSTED):
        if since <= batch.time < until:
            leaves = outbox.batches.leaves(batch.id)
            found = [*_registers(outbox, directory, batch), *_root(market, outbox, batch)]
            yield Replayed(batch, len(leaves), tuple(found))


def _registers(outbox: Outbox, directory: Directory, batch: Batch) -> Iterator[str]:
    leaves = outbox.batches.leaves(batch.id)
    devices = [one for leaf in leaves if (one := directory.device(leaf.device))]
    metered = [Metered(one.device, one.period, one.modulus) for one in devices]
    own = on_grid(outbox.readings, metered, batch.time)
    for leaf in leaves:
        found = own.get(leaf.device)
        if found is None:
            yield f"device {leaf.device}: there are no records here from which its register follows"
        elif not found.allows(leaf.register):
            yield f"device {leaf.device}: {leaf.register} Wh, by the records {found.low} to {found.high}"


def _root(market: Market, outbox: Outbox, batch: Batch) -> Iterator[str]:
    leaves = outbox.batches.leaves(batch.id)
    tree, root = tree_over(leaves), root_over(batch.zone, batch.time, batch.version, leaves)
    if (root.root, root.data_hash) != (batch.root, batch.data_hash):
        yield "the leaves do not make the root that was stored"
    first = on_chain(leaves[0])
    try:
        market.readings.covers(root, first.device, first.content_hash, 0, tree.proof(0))
    except reverts.UnknownRoot:
        yield "the chain has another root, or none"
