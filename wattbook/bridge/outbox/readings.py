"""Readings: each device's register at each time, once, whoever brings it how often."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, tuple_

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.database import Database
from wattbook.bridge.outbox.records import Conflict, NativeReading, Refusal, Taken
from wattbook.bridge.outbox.refusals import add_refusals
from wattbook.bridge.outbox.statements import insert_into, portions, rows_of
from wattbook.bridge.outbox.tables import readings

CONFLICT = "conflict"
_COLUMNS = tuple(one.name for one in readings.c)
# Beside those that are looked through for its time.
_OTHER = readings.alias("other")

_Key = tuple[int, int]


class Readings:
    """The readings in an outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, found: Sequence[NativeReading]) -> Taken:
        """Stores readings. A source may be told that they arrived when this returns, and not before.

        What is there already is not stored twice. Where a register showed something else at the same time, what was
        first stays; the other is a conflict, which is written down as a refusal too.
        """
        # Always in the same sequence, so that two that store at once do not wait for one another.
        ordered = sorted(found, key=_key)
        with self._database.writing() as connection:
            inserted = _insert(connection, ordered)
            new = []
            rest = []
            for reading in ordered:
                if _key(reading) in inserted:
                    inserted.remove(_key(reading))
                    new.append(reading)
                else:
                    rest.append(reading)
            stored = _stored(connection, [_key(reading) for reading in rest])
            conflicts = [Conflict(one, stored[_key(one)]) for one in rest if one.wh != stored[_key(one)]]
            add_refusals(connection, [_refusal(conflict) for conflict in conflicts])
        return Taken(tuple(new), len(rest) - len(conflicts), tuple(conflicts))

    def at_or_before(self, devices: Iterable[int], time: int) -> dict[int, NativeReading]:
        """Each device's last reading that is not after a time; devices that have none are left out."""
        return self._nearest(devices, func.max(readings.c.time), readings.c.time <= time)

    def at_or_after(self, devices: Iterable[int], time: int) -> dict[int, NativeReading]:
        """Each device's first reading that is not before a time; devices that have none are left out."""
        return self._nearest(devices, func.min(readings.c.time), readings.c.time >= time)

    def between(self, device: int, first: int, last: int) -> list[NativeReading]:
        """A device's readings from a time to another, both included."""
        query = select(readings).where(readings.c.device == device, readings.c.time.between(first, last))
        with self._database.reading() as connection:
            return [_reading(row) for row in connection.execute(query.order_by(readings.c.time))]

    def _nearest(
        self, devices: Iterable[int], extreme: ColumnElement[int], allowed: ColumnElement[bool]
    ) -> dict[int, NativeReading]:
        with self._database.reading() as connection:
            wanted = rows_of(connection, sorted(set(devices)))
            time = select(extreme).where(readings.c.device == wanted, allowed).scalar_subquery()
            query = select(_OTHER).where(_OTHER.c.device == wanted, _OTHER.c.time == time)
            return {row.device: _reading(row) for row in connection.execute(query)}


def _insert(connection: Connection, ordered: list[NativeReading]) -> set[_Key]:
    """Stores what is not there yet, and says what that was."""
    if not ordered:
        return set()
    insertion = insert_into(connection, readings).on_conflict_do_nothing()
    rows = [{name: getattr(reading, name) for name in _COLUMNS} for reading in ordered]
    returned = connection.execute(insertion.returning(readings.c.device, readings.c.time), rows)
    return {(row.device, row.time) for row in returned}


def _stored(connection: Connection, keys: list[_Key]) -> dict[_Key, int]:
    """What registers showed, as it is stored."""
    found = {}
    for some in portions(keys):
        where = tuple_(readings.c.device, readings.c.time).in_(some)
        rows = connection.execute(select(readings.c.device, readings.c.time, readings.c.wh).where(where))
        found.update({(row.device, row.time): row.wh for row in rows})
    return found


def _refusal(conflict: Conflict) -> Refusal:
    one = conflict.reading
    detail = f"at {one.time} it shows {one.wh} Wh, and {conflict.stored_wh} Wh as it was read first"
    return Refusal(one.source, str(one.device), CONFLICT, detail, one.raw, one.received_at)


def _reading(row: Row[Any]) -> NativeReading:
    return NativeReading(**{**row._mapping, "trust": Trust(row.trust)})


def _key(reading: NativeReading) -> _Key:
    return reading.device, reading.time
