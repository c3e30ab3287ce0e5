"""The logs of a chain as the index has them, in the way in which wattbook.billing reads a node's."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, func, select

from frontend_api.database.tables import blocks, events, progress, subjects
from wattbook import abi
from wattbook.billing.logs import History, Log, Topics, topic
from wattbook.deployment.record import Deployment

_WORD = 32
# Events that statements need whomever they are about: what holds for all, who took whose place, and what was spent from
# a purse, which is told by its number.
_FOR_ALL = frozenset(
    (
        ("Zones", "ZoneAdded"),
        ("Zones", "CarrierOpened"),
        ("Zones", "FactsSet"),
        ("Auction", "BookOpened"),
        ("Vault", "AccountReplaced"),
        ("Vault", "Spent"),
        ("Membership", "MemberAdmitted"),
        ("Membership", "AccountAdded"),
        ("Membership", "RecoveryCompleted"),
    )
)
_COLUMNS = (
    events.c.block,
    events.c.log,
    events.c.transaction,
    events.c.contract,
    events.c.topics,
    events.c.data,
    blocks.c.time,
)


class IndexedHistory(History):
    """What the index knew when it was asked: one connection, one moment."""

    def __init__(self, connection: Connection, deployment: Deployment) -> None:
        self._connection = connection
        self._names = {one.address.lower(): name for name, one in deployment.contracts.items()}
        self._addresses = {name: int(one.address, 16) for name, one in deployment.contracts.items()}
        # What was told of the accounts that are asked about, by contract and name; None while it is all accounts.
        self._told: dict[tuple[str, str], list[Any]] | None = None
        self._times: dict[int, int] = {}
        self.first = min(one.block for one in deployment.contracts.values())
        row = connection.execute(select(progress.c.indexed, progress.c.indexed_time)).first()
        self.newest: int = row.indexed if row else self.first - 1
        if row and row.indexed_time is not None:
            self._times[row.indexed] = row.indexed_time

    @property
    def is_empty(self) -> bool:
        """Whether the index has not come to the market's first block yet."""
        return self.newest < self.first or self.newest not in self._times

    def about(self, accounts: Iterable[int] | None) -> None:
        """From now on only what is about one of these accounts is read, and what holds for all. None is for all; so are
        the market's own contracts, which nearly all is about."""
        names = [f"0x{account:040x}" for account in accounts or ()]
        if not names or not self._names.keys().isdisjoint(names):
            self._told = None
            return
        places = select(subjects.c.block, subjects.c.log).distinct()
        its = places.where(subjects.c.kind == "account", subjects.c.subject.in_(names)).subquery()
        query = select(*_COLUMNS, events.c.name).join(blocks, blocks.c.number == events.c.block)
        query = query.join(its, (its.c.block == events.c.block) & (its.c.log == events.c.log))
        self._told = defaultdict(list)
        for row in self._connection.execute(query):
            self._told[row.contract, row.name].append(row)

    def time_of(self, block: int) -> int:
        """When a block was made; of one in which nothing was told, when the next was in which something was."""
        if block not in self._times:
            query = select(blocks.c.time).where(blocks.c.number >= block).order_by(blocks.c.number).limit(1)
            found = self._connection.execute(query).scalar()
            self._times[block] = self._times[self.newest] if found is None else found
        return self._times[block]

    def last_before(self, time: int) -> int:
        """The last block before a time in which anything was told; one before the first when there is none."""
        if self._times.get(self.newest, time) < time:
            return self.newest
        query = select(func.max(blocks.c.number)).where(blocks.c.time < time, blocks.c.number >= self.first)
        found = self._connection.execute(query).scalar()
        return self.first - 1 if found is None else int(found)

    def read(self, addresses: Sequence[str], topics: Topics, last: int) -> list[Log]:
        """All logs from the first block to `last`, in their sequence."""
        first, *further = topics
        wanted = {first} if isinstance(first, str) else set(first or ())
        contracts = [self._names[address.lower()] for address in addresses]
        found: list[Row[Any]] = []
        for contract in contracts:
            for name in _events_of(contract):
                if topic(contract, name) in wanted:
                    found += self._rows(contract, name, last)
        found.sort(key=lambda row: (row.block, row.log))
        logs = (self._made(row) for row in found)
        return [log for log in logs if _fits(log, further)]

    def _rows(self, contract: str, name: str, last: int) -> Sequence[Row[Any]]:
        if self._told is not None and (contract, name) not in _FOR_ALL:
            return [row for row in self._told.get((contract, name), ()) if row.block <= last]
        query = select(*_COLUMNS).join(blocks, blocks.c.number == events.c.block)
        query = query.where(events.c.contract == contract, events.c.name == name, events.c.block <= last)
        return list(self._connection.execute(query))

    def _made(self, row: Row[Any]) -> Log:
        return Log(
            block=row.block,
            place=row.log,
            transaction=row.transaction,
            address=self._addresses[row.contract],
            topics=_words(row.topics),
            words=_words(row.data),
            time=row.time,
        )


@cache
def _events_of(contract: str) -> tuple[str, ...]:
    return tuple(entry["name"] for entry in abi.interface(contract).abi if entry["type"] == "event")


def _words(raw: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(raw[at : at + _WORD]) for at in range(0, len(raw), _WORD))


def _fits(log: Log, further: Sequence[str | list[str] | None]) -> bool:
    """Whether the topics after the first are among those asked for; None asks for none."""
    for topic_, wanted in zip(log.topics[1:], further, strict=False):
        choice = [wanted] if isinstance(wanted, str) else wanted
        if choice is not None and topic_ not in {int(one, 16) for one in choice}:
            return False
    return len(further) < len(log.topics)
