"""What an outbox holds."""

from dataclasses import dataclass
from enum import StrEnum

from wattbook.bridge.formats.records import Trust
from wattbook.errors import UnitError, WattbookError


class OutboxError(WattbookError):
    """The outbox cannot be read or written, is not one, is another market's, or contradicts what is asked of it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Which market an outbox is for: one contract on one chain."""

    chain_id: int
    genesis: str
    contract: str


@dataclass(frozen=True, slots=True)
class NativeReading:
    """What a device's register showed at a time, in Unix seconds, with the record that says so."""

    device: int
    time: int
    wh: int
    sequence: int | None
    trust: Trust
    raw_hash: bytes
    raw: bytes
    source: str
    received_at: int

    def __post_init__(self) -> None:
        for name in ("device", "time", "wh", "received_at"):
            stored(name, getattr(self, name))
        if self.sequence is not None:
            stored("sequence", self.sequence)
        hashed("raw_hash", self.raw_hash)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A reading that was not taken, because the device's register showed something else at that time."""

    reading: NativeReading
    stored_wh: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of readings: `new` ones are stored, as many as `repeated` were there already."""

    new: tuple[NativeReading, ...]
    repeated: int
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something from a source that was not taken, and why. `meter` is the device's number where one is known, else
    what the record calls it."""

    source: str
    meter: str
    reason: str
    detail: str
    raw: bytes
    at: int


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How often a source brought something of a meter that was refused for a reason."""

    source: str
    meter: str
    reason: str
    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A device's register on the grid of its zone, as it goes into a root; its quality as the contract numbers it."""

    device: int
    register: int
    sequence: int
    quality: int
    trust: Trust
    raw_hash: bytes
    salt: bytes

    def __post_init__(self) -> None:
        for name in ("device", "register", "sequence", "quality"):
            stored(name, getattr(self, name))
        for name in ("raw_hash", "salt"):
            hashed(name, getattr(self, name))


class BatchState(StrEnum):
    """How far a batch is. Signing: signatures are gathered. Queued: its transaction stands in the outbox. Posted: its
    root is on the chain for good. Overruled: another root is."""

    SIGNING = "signing"
    QUEUED = "queued"
    POSTED = "posted"
    OVERRULED = "overruled"


@dataclass(frozen=True, slots=True)
class Batch:
    """The root over a zone's registers at a time. A correction is a later version of it."""

    id: int
    zone: int
    time: int
    version: int
    root: bytes
    count: int
    data_hash: bytes
    state: BatchState
    created_at: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What an attester last said against a batch, and how often he said something against it."""

    batch: int
    attester: str
    said: str
    times: int
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction does. Without `gas` the node is asked how much it needs, and whether it would be refused."""

    to: str
    data: bytes
    gas: int | None = None


class State(StrEnum):
    """How far a transaction is. Queued: it has no nonce yet. Sent: it is signed and may be in a block at any time.
    Mined: it is in a block. Confirmed and failed are for good; `failed` was in vain, and nobody else did it either."""

    QUEUED = "queued"
    SENT = "sent"
    MINED = "mined"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A signed transaction. All with the same nonce stand for one another: the chain takes one of them. One that
    `cancels` does nothing but use up the nonce."""

    hash: bytes
    raw: bytes
    nonce: int
    gas: int
    tip: int
    cap: int
    cancels: bool
    created_at: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """In which block an attempt is, and whether it succeeded there."""

    attempt: bytes
    block: int
    block_hash: bytes
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """A call on its way to the chain, under a key that is queued once. `attempts` are those of its nonce."""

    id: int
    key: str
    call: Call
    state: State
    nonce: int | None
    inclusion: Inclusion | None
    note: str
    attempts: tuple[Attempt, ...]


def stored(name: str, value: int) -> None:
    """Refuses a number that a database would not hold exactly."""
    if not 0 <= value < 2**63:
        raise UnitError(f"{name} is {value}, not from 0 to 2^63 - 1")


def hashed(name: str, value: bytes) -> None:
    """Refuses what does not fit the word that the chain has for it."""
    if len(value) != 32:
        raise UnitError(f"{name} is {len(value)} bytes long, not 32")
