"""Logs as the node has them, and as the events that they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from frontend_api.index.decoding import Args, Kind, kinds_of
from frontend_api.index.errors import IndexingError
from frontend_api.index.subjects import Finder, Subject, finders_of

_WORD = 32


@dataclass(frozen=True, slots=True)
class Log:
    """One log. `topics` are one after another."""

    block: int
    block_hash: str
    place: int
    transaction: str
    address: str
    topics: bytes
    data: bytes

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Log":
        """From a node's answer."""
        return cls(
            block=int(answer["blockNumber"], 16),
            block_hash=answer["blockHash"].lower(),
            place=int(answer["logIndex"], 16),
            transaction=answer["transactionHash"].lower(),
            address=answer["address"].lower(),
            topics=bytes.fromhex("".join(topic[2:] for topic in answer["topics"])),
            data=bytes.fromhex(answer["data"][2:]),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """What a contract told: where, and what."""

    block: int
    log: int
    transaction: str
    contract: str
    name: str
    args: Args

    def __str__(self) -> str:
        return f"block {self.block}, log {self.log}, {self.contract}.{self.name}"


@dataclass(frozen=True, slots=True)
class Told:
    """An event, its log, and what it is about."""

    event: Event
    log: Log
    subjects: set[Subject]


class Telling:
    """Knows the market's contracts by their addresses."""

    def __init__(self, contracts: Mapping[str, str]) -> None:
        """`contracts` are addresses by name."""
        self.addresses = {address.lower(): name for name, address in contracts.items()}
        self._kinds: dict[tuple[str, bytes, int], tuple[Kind, tuple[tuple[str, Finder], ...]]] = {
            (address, *key): (kind, finders_of(kind))
            for address, name in self.addresses.items()
            for key, kind in kinds_of(name).items()
        }

    def read(self, logs: Iterable[Log]) -> list[Told]:
        """The events among logs; what is of nobody's contracts, or unknown to its contract, is left out."""
        return [told for log in logs if (told := self._read(log))]

    def _read(self, log: Log) -> Told | None:
        topics = [log.topics[at : at + _WORD] for at in range(0, len(log.topics), _WORD)]
        found = self._kinds.get((log.address, topics[0], len(topics))) if topics else None
        if not found:
            return None
        kind, finders = found
        try:
            args = kind.decode(topics, log.data)
        except IndexingError as error:
            where = f"block {log.block}, log {log.place}, {kind.contract}.{kind.name}"
            raise IndexingError(f"{where} cannot be decoded: {error}") from None
        event = Event(log.block, log.place, log.transaction, kind.contract, kind.name, args)
        return Told(event, log, self.subjects(finders, args))

    def subjects(self, finders: Iterable[tuple[str, Finder]], args: Args) -> set[Subject]:
        """What an event is about, without the market's own contracts."""
        found: set[Subject] = set()
        for name, find in finders:
            find(args[name], found)
        own = [subject for subject in found if subject[0] == "account" and subject[1] in self.addresses]
        found.difference_update(own)
        return found
