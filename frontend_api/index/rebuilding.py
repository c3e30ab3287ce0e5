"""Makes all that follows from events anew, from the events that the index has; the node is not asked."""

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection, delete, func, select

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import blocks, events, facts, headers, progress, subjects
from frontend_api.index.events import Log, Telling, Told
from frontend_api.index.following import apply
from frontend_api.index.known import Known
from frontend_api.index.writing import Writing

_AT_ONCE = 2_000
_TOLD = (blocks, headers, events)


def rebuild(
    database: Database, contracts: Mapping[str, str], shown: Callable[[int, int], None] = lambda done, all: None
) -> int:
    """In one transaction: others see the old rows, then the new. How many events there are."""
    telling = Telling(contracts)
    with database.sole() as lock, database.writing() as connection:
        row = connection.execute(select(progress.c.chain_id, progress.c.market)).first()
        if row is None or telling.addresses.get(row.market) != "Authority":
            raise DatabaseError(f"{database.name} is not the index of this deployment")
        for table in reversed(facts.sorted_tables):
            if table not in _TOLD:
                connection.execute(delete(table))
        count = int(connection.execute(select(func.count()).select_from(events)).scalar_one())
        known, done = Known(of_nothing=True), 0
        for some in _stored(connection, telling):
            writing = Writing(connection, known, row.chain_id, telling.addresses)
            writing.insert(subjects, [about for one in some for about in writing.about(one.event, one.subjects)])
            apply(writing, some)
            done += len(some)
            shown(done, count)
        lock.check()
    return count


def _stored(connection: Connection, telling: Telling) -> Iterator[list[Told]]:
    """The events in their sequence, decoded anew."""
    addresses = {name: address for address, name in telling.addresses.items()}
    place = (-1, -1)
    while True:
        after = (events.c.block > place[0]) | ((events.c.block == place[0]) & (events.c.log > place[1]))
        chosen = select(events).where(after).order_by(events.c.block, events.c.log).limit(_AT_ONCE)
        rows = connection.execute(chosen).all()
        if not rows:
            return
        place = rows[-1].block, rows[-1].log
        yield telling.read(
            Log(row.block, "", row.log, row.transaction, addresses[row.contract], row.topics, row.data) for row in rows
        )
