"""How far the index has come: which blocks it has, and how some of them are undone."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import GROUPS, blocks, events, facts, headers, progress, subjects
from frontend_api.index.node import Header

# So many of the last blocks are kept, with or without events.
KEPT = 256
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Owner:
    """Which market an index is of: a contract on a chain. Its first block is the first that can have events."""

    chain_id: int
    genesis: str
    market: str
    first_block: int


@dataclass(frozen=True, slots=True)
class Place:
    """A block that was reached; without a hash where nothing was read yet."""

    number: int
    hash: str | None
    time: int | None


class Store:
    """The blocks of an index, and the row that says how far it has come."""

    def __init__(self, database: Database, owner: Owner) -> None:
        self.owner = owner
        self._database = database

    def belong(self) -> None:
        """Makes a new index this market's; refuses one that is another's."""
        with self._database.writing() as connection:
            row = connection.execute(select(*(progress.c[name] for name in asdict(self.owner)))).first()
            if row is None:
                connection.execute(insert(progress).values(**self._fresh()))
                return
        found = Owner(*row)
        if found != self.owner:
            raise DatabaseError(
                f"{self._database.name} is the index of {found.market} on chain {found.chain_id} (first block"
                f" {found.genesis[:10]}); this is {self.owner.market} on chain {self.owner.chain_id}"
                f" ({self.owner.genesis[:10]})"
            )

    def _fresh(self) -> dict[str, Any]:
        counts = {"indexed": self.owner.first_block - 1, "reorganisations": 0, "deepest": 0}
        return {"place": 0, **asdict(self.owner), **counts}

    @property
    def beginning(self) -> Place:
        return Place(self.owner.first_block - 1, None, None)

    # ---------------------------------------------------------------------------------------------------------- asking

    def place(self) -> Place:
        """The last block that was written."""
        chosen = select(progress.c.indexed, progress.c.indexed_hash, progress.c.indexed_time)
        with self._database.reading() as connection:
            row = connection.execute(chosen).first()
        return Place(*row) if row else self.beginning

    def hash_of(self, number: int) -> str | None:
        """Of a block that is kept, or has events."""
        with self._database.reading() as connection:
            for table in (headers, blocks):
                chosen = select(table.c.hash).where(table.c.number == number)
                if hash := connection.execute(chosen).scalar_one_or_none():
                    return str(hash)
        return None

    def last_block_at(self, number: int) -> Place | None:
        """The last block with events up to a number."""
        columns = blocks.c.number, blocks.c.hash, blocks.c.time
        chosen = select(*columns).where(blocks.c.number <= number).order_by(blocks.c.number.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(chosen).first()
        return Place(*row) if row else None

    def known_blocks(self, newest: int) -> Iterator[list[Place]]:
        """What is known of blocks up to a number, newest first: all that are kept, then those with events."""
        for table in (headers, blocks):
            below = newest + 1
            while True:
                columns = table.c.number, table.c.hash, table.c.time
                chosen = select(*columns).where(table.c.number < below).order_by(table.c.number.desc())
                with self._database.reading() as connection:
                    found = [Place(*row) for row in connection.execute(chosen.limit(_AT_ONCE))]
                if not found:
                    break
                yield found
                below = found[-1].number

    def missing_headers(self, ancestor: Place) -> list[int]:
        """Numbers of the blocks that are to be kept when the index goes back to a block, and are not."""
        if ancestor.hash is None:
            return []
        wanted = range(max(self.owner.first_block, ancestor.number - KEPT + 1), ancestor.number + 1)
        chosen = select(headers.c.number).where(headers.c.number.between(wanted.start, ancestor.number))
        with self._database.reading() as connection:
            there = set(connection.execute(chosen).scalars())
        return [number for number in wanted if number not in there]

    def goes_before(self, header: Header, ancestor: Place) -> bool:
        """Whether a block is the one before the next that is kept, or the ancestor itself."""
        if header.number == ancestor.number:
            return header.hash == ancestor.hash
        chosen = select(headers.c.parent).where(headers.c.number == header.number + 1)
        with self._database.reading() as connection:
            return connection.execute(chosen).scalar_one_or_none() == header.hash

    # --------------------------------------------------------------------------------------------------------- writing

    @contextmanager
    def going_on(self, place: Place, reached: Place, head: int) -> Iterator[Connection]:
        """One transaction that comes from one block to another; refused where another process was faster."""
        with self._database.writing() as connection:
            self._move(connection, place, reached, head=head, heard_at=int(time.time()), trouble=None)
            yield connection

    def add_blocks(
        self, connection: Connection, with_events: Sequence[Header], kept: Sequence[Header], reached: Place
    ) -> None:
        """Those that are kept are one after another up to the last, or none are."""
        for table, some in ((blocks, with_events), (headers, kept)):
            if some:
                connection.execute(insert(table), [_row(one) for one in some])
        old = headers.c.number <= (reached.number - KEPT if kept else reached.number)
        connection.execute(delete(headers).where(old))

    def undo(self, place: Place, ancestor: Place, more: Sequence[Header], head: int) -> None:
        """Goes back to a block: rows of later ones are deleted, groups that they filled are emptied."""
        depth = place.number - ancestor.number
        with self._database.writing() as connection:
            deepest = connection.execute(select(progress.c.deepest)).scalar_one()
            counted = {"reorganisations": progress.c.reorganisations + 1, "deepest": max(deepest, depth)}
            self._move(connection, place, ancestor, head=head, heard_at=int(time.time()), trouble=None, **counted)
            go_back(connection, ancestor.number)
            if more:
                connection.execute(insert(headers), [_row(one) for one in more])

    def hear(self, head: int, now: int) -> None:
        """That the node answers, and what its newest block is."""
        with self._database.writing() as connection:
            connection.execute(update(progress).values(head=head, heard_at=now, trouble=None))

    def note(self, trouble: str) -> None:
        """What goes wrong."""
        with self._database.writing() as connection:
            connection.execute(update(progress).values(trouble=trouble))

    def _move(self, connection: Connection, place: Place, reached: Place, **more: Any) -> None:
        same = progress.c.indexed_hash.is_(None) if place.hash is None else progress.c.indexed_hash == place.hash
        values = {"indexed": reached.number, "indexed_hash": reached.hash, "indexed_time": reached.time, **more}
        statement = update(progress).where(and_(progress.c.indexed == place.number, same)).values(**values)
        if connection.execute(statement).rowcount != 1:
            raise DatabaseError(f"another process wrote to {self._database.name} meanwhile; one at a time can")


def go_back(connection: Connection, number: int) -> None:
    """Deletes what later blocks brought, and empties what they filled."""
    for name, groups in GROUPS.items():
        table = facts.tables[name]
        connection.execute(delete(table).where(table.c.block > number))
        for leader, columns in groups.items():
            emptied = update(table).where(table.c[leader] > number)
            connection.execute(emptied.values(dict.fromkeys(columns, None)))
    for table in (events, subjects):
        connection.execute(delete(table).where(table.c.block > number))
    for table in (blocks, headers):
        connection.execute(delete(table).where(table.c.number > number))


def _row(header: Header) -> dict[str, Any]:
    return {"number": header.number, "hash": header.hash, "parent": header.parent, "time": header.time}
