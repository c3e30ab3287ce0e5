"""Where each thing that grows meets a limit first, reckoned from what was measured."""

from collections.abc import Callable
from dataclasses import dataclass

from wattbook.bench.growth import Growth
from wattbook.bridge.attesting import wire
from wattbook.bridge.attesting.peers import PATIENCE
from wattbook.bridge.config import MOST_DEVICES
from wattbook.deployment.settings import local_settings
from wattbook.governance.genesis import Network
from wattbook.trader.keeper import CLEARED_AT_ONCE
from wattbook.trial.park import SLOT_SECONDS

# What nodes take into their pools of transactions, in bytes.
POOLED = 128 * 2**10
NETWORK = Network(chain_id=1)
GAS_A_SECOND = NETWORK.gas_limit // NETWORK.block_seconds
GAS_A_SLOT = GAS_A_SECOND * SLOT_SECONDS
# Rulebook.MAX_ORDERS, Tranche.MOST_HOLDERS.
BOOK, HOLDERS = 10_000, 10_000
# Of a machine, in kB, for one node that keeps all states in memory, as anvil does; and a disk, in bytes.
MEMORY, DISK = 16 * 10**6, 10**12
_MICRO = 10**6


@dataclass(frozen=True)
class Wall:
    """A limit, the size at which it is met, how that follows from what was measured, and what an operator does."""

    limit: str
    at: int
    follows: str
    remedy: str


class Measured:
    """Figures by what grows and its size; those of the largest size say how it goes on."""

    def __init__(self, found: Growth) -> None:
        self._found = found

    def sizes(self, kind: str) -> list[int]:
        """At which it was measured."""
        return sorted(int(size) for size in self._found["gas"][kind])

    def gas(self, kind: str, name: str, size: int = 0) -> int:
        """What is the same on any machine."""
        return self._of("gas", kind, name, size)

    def machine(self, kind: str, name: str, size: int = 0) -> int:
        """What was measured on one machine."""
        return self._of("machine", kind, name, size)

    def more(self, read: Callable[[str, str, int], int], kind: str, name: str) -> int:
        """Thousandths by which a figure grows with each one more, over the last step of sizes."""
        before, last = self.sizes(kind)[-2:]
        return (read(kind, name, last) - read(kind, name, before)) * 1_000 // (last - before)

    @property
    def signature(self) -> int:
        """Microseconds to find one signer."""
        return self._found["machine"]["signature"]["secp256k1"]["time"]

    @property
    def month(self) -> dict[str, int]:
        """Of the month of a village; empty if it was not run."""
        parts = (self._found[part].get("month", {}) for part in ("gas", "machine"))
        return {name: figure for part in parts for one in part.values() for name, figure in one.items()}

    def _of(self, part: str, kind: str, name: str, size: int) -> int:
        return self._found[part][kind][str(size or self.sizes(kind)[-1])][name]


def walls(its: Measured) -> dict[str, list[Wall]]:
    """By what grows, the nearest first."""
    found = {"orders": _orders(its), "meters": _meters(its), "members": _members(its), "slots": _slots(its)}
    return {kind: sorted(some, key=lambda one: one.at) for kind, some in found.items()}


def _orders(its: Measured) -> list[Wall]:
    each = its.more(its.gas, "orders", "clear_bytes")
    # Besides its orders a transaction names a proposal.
    fixed = its.gas("orders", "clear_bytes") - its.sizes("orders")[-1] * each // 1_000
    reveal, life = its.gas("orders", "reveal_batch"), its.gas("orders", "life_relayed")
    seconds, node = local_settings().schedule.reveal_seconds, its.machine("orders", "node_time")
    return [
        Wall(
            "bytes of a transaction that nodes take into their pools",
            (POOLED - fixed) * 1_000 // each,
            f"{POOLED:,} bytes, {each // 1_000} an order to clear a book at once",
            f"nothing: the keeper clears in parts of {CLEARED_AT_ONCE:,}, each going on where the last one ended",
        ),
        Wall(
            "orders of a book",
            BOOK,
            "set in `Rulebook`",
            "another zone, or shorter slots",
        ),
        Wall(
            "gas of a chain, in a slot",
            GAS_A_SLOT // life,
            f"{GAS_A_SLOT:,} gas in {SLOT_SECONDS} s, {life:,} for an order from its commitment to its settlement",
            "zones on chains of their own",
        ),
        Wall(
            "processor of the node, in a slot",
            SLOT_SECONDS * _MICRO // node,
            f"{SLOT_SECONDS} s, {node} us of anvil for an order",
            "a faster consortium client; zones on chains of their own",
        ),
        Wall(
            "length of the reveal phase",
            seconds * GAS_A_SECOND // reveal,
            f"{seconds} s of full blocks, {reveal:,} gas for an order revealed by 200",
            "a longer `reveal_seconds`",
        ),
    ]


def _meters(its: Measured) -> list[Wall]:
    size = its.sizes("meters")[-1]
    gas, node = its.gas("meters", "slot") // size, its.machine("meters", "node_time")
    message, read = its.gas("bridges", "message_bytes"), its.machine("bridges", "message_time")
    bridge = sum(its.machine("bridges", name) for name in ("take_time", "root_time", "message_time"))
    return [
        Wall(
            "bytes of a message between bridges, which has all readings of a root",
            wire.MOST // message,
            f"{wire.MOST:,} bytes, {message} a reading",
            "more zones: a root is a zone's",
        ),
        Wall(
            "patience of a bridge for another's answer",
            PATIENCE * _MICRO // read,
            f"{PATIENCE} s, {read} us for a reading to be written and read, before anything is compared",
            "more zones, each with bridges of its own",
        ),
        Wall(
            "processor of a bridge, in a slot",
            SLOT_SECONDS * _MICRO // bridge,
            f"{SLOT_SECONDS} s, {bridge} us for a reading, signature and root together, on one core",
            "several bridges, each for zones of its own",
        ),
        Wall(
            "gas of a chain, in a slot",
            GAS_A_SLOT // gas,
            f"{GAS_A_SLOT:,} gas in {SLOT_SECONDS} s, {gas:,} for a meter that is counted and settled",
            "zones on chains of their own; longer slots",
        ),
        Wall(
            "processor of the node, in a slot",
            SLOT_SECONDS * _MICRO // node,
            f"{SLOT_SECONDS} s, {node} us of anvil for a meter",
            "a faster consortium client; zones on chains of their own",
        ),
        Wall("devices of a market", MOST_DEVICES, "21 bits of an order's word", "another market beside it"),
    ]


def _members(its: Measured) -> list[Wall]:
    kilobytes = its.more(its.machine, "members", "node_memory")
    each = its.gas("members", "join") + its.gas("members", "device")
    index = its.more(its.machine, "members", "kilobytes")
    return [
        Wall(
            "holders of a tranche of a pool",
            HOLDERS,
            "set in `Tranche`: votes and pay-outs go through all of them; the market itself has no list of members",
            "another tranche, or funds that hold for many",
        ),
        Wall(
            "gas of a chain, in a day of admissions",
            86_400 * GAS_A_SECOND // each,
            f"{86_400 * GAS_A_SECOND:,} gas a day, {each:,} for a member who joins with money and a meter",
            "admit over some days",
        ),
        Wall(
            "memory of the node",
            MEMORY * 1_000 // max(1, kilobytes),
            f"{MEMORY // 10**6} GB, {_thousandths(kilobytes)} kB of anvil for a member with a meter",
            "a consortium client, which has its states on disk",
        ),
        Wall(
            "disk of the index",
            DISK // max(1, index),
            f"{DISK // 10**12} TB, {_thousandths(index)} kB of SQLite for a member who joins",
            "PostgreSQL on a machine of its own",
        ),
    ]


def _slots(its: Measured) -> list[Wall]:
    index, blocks = its.machine("slots", "index_bytes"), its.gas("slots", "block_bytes")
    kilobytes = its.more(its.machine, "slots", "node_memory")
    return [
        Wall(
            "memory of the node",
            MEMORY * 1_000 // max(1, kilobytes),
            f"{MEMORY // 10**6} GB, {_thousandths(kilobytes)} kB of anvil a slot",
            "a consortium client, which has its states on disk",
        ),
        Wall(
            "disk of the index",
            DISK // index,
            f"{DISK // 10**12} TB, {index:,} bytes of SQLite a slot",
            "PostgreSQL on a machine of its own; an index for each zone",
        ),
        Wall(
            "disk of a node that keeps all blocks",
            DISK // blocks,
            f"{DISK // 10**12} TB, {blocks:,} bytes of blocks a slot",
            "nodes that keep a year of blocks, and one that keeps all",
        ),
    ]


def _thousandths(value: int) -> str:
    return f"{value // 1_000:,}.{value % 1_000 // 100}"
