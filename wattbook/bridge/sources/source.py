"""What sources hand over, and what they are told about it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from wattbook.bridge.outbox.records import OutboxError

_LONGEST_WAIT = 10


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes as they came.

    - source: name of the source
    - data: one record, or a file of them, of any format
    - received: when, in Unix seconds
    - meter: whom the transport says that it is from, or None when it does not
    - authenticated: whether the transport proved that
    """

    source: str
    data: bytes
    received: int
    meter: str | None = None
    authenticated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A record, or a reading in one, that was not taken."""

    meter: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an arrival: how many readings are new, how many were there already, and what was refused."""

    new: int
    repeated: int
    refused: tuple[Refused, ...]

    @property
    def is_refused(self) -> bool:
        """Whether nothing in it could be used."""
        return bool(self.refused) and not self.new and not self.repeated


# Returns when all is committed to the outbox, with an answer for each; raises OutboxError when it could not be.
Take = Callable[[Sequence[Arrival]], Sequence[Answer]]


class Source(ABC):
    """A source runs in a thread of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.trouble = ""
        """Why nothing comes at the moment, in one sentence; nothing when all is well."""
        self.held_up = ""
        """Why what came cannot be stored at the moment; nothing when all is well."""

    @abstractmethod
    def run(self, take: Take, stop: Event) -> None:
        """Hands over what comes until `stop` is set."""

    def insist(self, take: Take, arrivals: Sequence[Arrival], stop: Event) -> Sequence[Answer] | None:
        """Hands over for as long as it takes the outbox to come back; None when told to stop before."""
        wait = 1
        while not stop.is_set():
            try:
                answers = take(arrivals)
            except OutboxError as error:
                self.held_up = str(error)
                stop.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
                continue
            self.held_up = ""
            return answers
        return None
