"""What was refused: every case is counted, the newest of each meter are kept. A flood fills no disk."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from wattbook.bridge.outbox.database import Database
from wattbook.bridge.outbox.records import Refusal, RefusalCount
from wattbook.bridge.outbox.statements import insert_into, portions
from wattbook.bridge.outbox.tables import refusal_counts, refusals

KEPT_PER_METER = 20
# A sender of nonsense can invent names of meters: those beyond are counted together, under no name.
MOST_COUNTS = 10_000
_LONGEST_RAW = 2_048
_LONGEST_DETAIL = 400
_LONGEST_NAME = 64

_Key = tuple[str, str, str]


class Refusals:
    """The refusals in an outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, refused: Sequence[Refusal]) -> None:
        """Counts refusals and keeps the newest of each meter."""
        with self._database.writing() as connection:
            add_refusals(connection, refused)

    def kept(self, *, meter: str | None = None, limit: int = 100) -> list[Refusal]:
        """Those that are kept, of one meter or of all, the newest first."""
        query = select(refusals).order_by(refusals.c.id.desc()).limit(limit)
        if meter is not None:
            query = query.where(refusals.c.meter == meter)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [Refusal(row.source, row.meter, row.reason, row.detail, row.raw, row.at) for row in rows]

    def counts(self) -> list[RefusalCount]:
        """How often what was refused, by source, meter and reason."""
        columns = refusal_counts.c
        query = select(refusal_counts).order_by(columns.source, columns.meter, columns.reason)
        with self._database.reading() as connection:
            return [RefusalCount(*row) for row in connection.execute(query)]


def add_refusals(connection: Connection, refused: Sequence[Refusal]) -> None:
    """Counts refusals and keeps the newest of each meter, in a transaction of which they are a part."""
    if not refused:
        return
    found = _named(connection, [_cut(refusal) for refusal in refused])
    _count(connection, found)
    newest: dict[tuple[str, str], list[Refusal]] = defaultdict(list)
    for refusal in found:
        newest[refusal.source, refusal.meter].append(refusal)
    rows = [row for of_meter in newest.values() for row in of_meter[-KEPT_PER_METER:]]
    columns = [column.name for column in refusals.c if column.name != "id"]
    connection.execute(refusals.insert(), [{name: getattr(row, name) for name in columns} for row in rows])
    for source, meter in sorted(newest):
        of_meter = (refusals.c.source == source) & (refusals.c.meter == meter)
        connection.execute(delete(refusals).where(of_meter, refusals.c.id <= _oldest_kept(of_meter)))


def _oldest_kept(of_meter: ColumnElement[bool]) -> ColumnElement[int]:
    ids = select(refusals.c.id).where(of_meter).order_by(refusals.c.id.desc())
    return ids.offset(KEPT_PER_METER).limit(1).scalar_subquery()


def _named(connection: Connection, refused: list[Refusal]) -> list[Refusal]:
    """The same with no name for meters for which there is no room any more."""
    columns = refusal_counts.c
    keys = {_key(refusal) for refusal in refused}
    known = set()
    for some in portions(sorted(keys)):
        query = select(columns.source, columns.meter, columns.reason)
        where = tuple_(columns.source, columns.meter, columns.reason).in_(some)
        known |= {tuple(row) for row in connection.execute(query.where(where))}
    unknown = sorted(keys - known)
    if not unknown:
        return refused
    room = MOST_COUNTS - connection.execute(select(func.count()).select_from(refusal_counts)).scalar_one()
    nameless = set(unknown[max(room, 0) :])
    return [
        Refusal(one.source, "", one.reason, one.detail, one.raw, one.at) if _key(one) in nameless else one
        for one in refused
    ]


def _count(connection: Connection, refused: list[Refusal]) -> None:
    times = Counter(map(_key, refused))
    first = {_key(refusal): refusal.at for refusal in reversed(refused)}
    last = {_key(refusal): refusal.at for refusal in refused}
    insertion = insert_into(connection, refusal_counts)
    # Always in the same sequence, so that two that count at once do not wait for one another.
    rows = [RefusalCount(*key, times[key], first[key], last[key]) for key in sorted(times)]
    connection.execute(
        insertion.on_conflict_do_update(
            index_elements=["source", "meter", "reason"],
            set_={
                "count": refusal_counts.c.count + insertion.excluded.count,
                "last_at": insertion.excluded.last_at,
            },
        ),
        [{name: getattr(row, name) for name in RefusalCount.__slots__} for row in rows],
    )


def _key(refusal: Refusal) -> _Key:
    return refusal.source, refusal.meter, refusal.reason


def _cut(refusal: Refusal) -> Refusal:
    return Refusal(
        source=_text(refusal.source, _LONGEST_NAME),
        meter=_text(refusal.meter, _LONGEST_NAME),
        reason=_text(refusal.reason, _LONGEST_NAME),
        detail=_text(refusal.detail, _LONGEST_DETAIL),
        raw=refusal.raw[:_LONGEST_RAW],
        at=refusal.at,
    )


def _text(value: str, longest: int) -> str:
    """What both databases take as text, whatever a meter sent."""
    return value[:longest].encode(errors="backslashreplace").decode().replace("\0", "\\0")
