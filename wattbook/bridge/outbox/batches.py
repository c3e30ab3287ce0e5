"""Batches: the registers of a zone at a time, their root, and who signed it or said otherwise."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from web3 import Web3

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.database import Database
from wattbook.bridge.outbox.records import (
    Batch,
    BatchState,
    Call,
    Disagreement,
    Leaf,
    OutboxError,
    State,
    Transaction,
)
from wattbook.bridge.outbox.statements import insert_into, portions
from wattbook.bridge.outbox.tables import batches, disagreements, leaves, signatures, transactions
from wattbook.bridge.outbox.transactions import queue, set_aside, transactions_of

_LONGEST_WORD = 4_000


class Batches:
    """The batches in an outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -------------------------------------------------------------------------------------------------- making

    def add(
        self, zone: int, time: int, version: int, root: bytes, data_hash: bytes, found: Sequence[Leaf], at: int
    ) -> Batch:
        """Stores a batch with its leaves. Done again it changes nothing; with another root it is refused."""
        key = {"zone": zone, "time": time, "version": version}
        values = {"root": root, "count": len(found), "data_hash": data_hash}
        with self._database.writing() as connection:
            insertion = insert_into(connection, batches).on_conflict_do_nothing(index_elements=list(key))
            returning = insertion.values(**key, **values, state=BatchState.SIGNING, created_at=at)
            number = connection.execute(returning.returning(batches.c.id)).scalar()
            if number is not None and found:
                rows = [{name: getattr(leaf, name) for name in Leaf.__slots__} for leaf in found]
                connection.execute(leaves.insert(), [{"batch_id": number, **row} for row in rows])
            row = connection.execute(select(batches).filter_by(**key)).one()
        batch = _batch(row)
        if (batch.root, batch.data_hash) != (root, data_hash):
            raise OutboxError(
                f"the registers of zone {zone} at {time}, version {version}, are batched already, with the root"
                f" 0x{batch.root.hex()} and not 0x{root.hex()}"
            )
        return batch

    def overrule(self, batch: Batch, root: bytes, data_hash: bytes, found: Sequence[Leaf]) -> None:
        """Puts other leaves in the place of those of a batch that is being signed; its signatures go with them."""
        values = {"root": root, "count": len(found), "data_hash": data_hash}
        rows = [{"batch_id": batch.id} | {name: getattr(leaf, name) for name in Leaf.__slots__} for leaf in found]
        with self._database.writing() as connection:
            self._change_signing(connection, batch, values)
            connection.execute(delete(leaves).where(leaves.c.batch_id == batch.id))
            connection.execute(delete(signatures).where(signatures.c.batch_id == batch.id))
            connection.execute(leaves.insert(), rows)

    def sign(self, batch: Batch, attester: str, signature: bytes) -> None:
        """Keeps an attester's signature of a batch's root, unless another root stands there meanwhile; his first one
        stays."""
        row = {"batch_id": batch.id, "attester": Web3.to_checksum_address(attester), "signature": signature}
        with self._database.writing() as connection:
            stands = select(batches.c.id).filter_by(id=batch.id, root=batch.root).with_for_update(read=True)
            if connection.execute(stands).one_or_none():
                connection.execute(insert_into(connection, signatures).on_conflict_do_nothing().values(**row))

    def disagree(self, batch: int, attester: str, said: str, at: int) -> None:
        """Writes down what an attester says against a batch: his newest word, and how many there were."""
        key = {"batch_id": batch, "attester": Web3.to_checksum_address(attester)}
        word = {"said": said[:_LONGEST_WORD].encode(errors="backslashreplace").decode().replace("\0", "\\0"), "at": at}
        with self._database.writing() as connection:
            insertion = insert_into(connection, disagreements).values(**key, **word, times=1)
            connection.execute(
                insertion.on_conflict_do_update(
                    index_elements=list(key), set_={**word, "times": disagreements.c.times + 1}
                )
            )

    def post(self, batch: Batch, call: Call, at: int) -> None:
        """Queues the transaction that posts a batch, and marks the batch as queued, in one step."""
        with self._database.writing() as connection:
            number = queue(connection, f"readings {batch.zone}/{batch.time}/{batch.version}", call, at)
            self._change_signing(connection, batch, {"state": BatchState.QUEUED, "transaction_id": number})

    def reopen(self, batch: Batch, transaction: Transaction, note: str) -> None:
        """Takes a batch back whose transaction failed, or cannot be sent: it is to be signed anew. What was tried stays
        written down under a key of its own."""
        with self._database.writing() as connection:
            set_aside(connection, transaction, note)
            queued = (batches.c.transaction_id == transaction.id) & (batches.c.state == BatchState.QUEUED)
            values = {"state": BatchState.SIGNING, "transaction_id": None}
            if connection.execute(update(batches).where(queued).values(**values)).rowcount != 1:
                raise OutboxError(f"batch {batch.id} is not {BatchState.QUEUED} any more")

    def close(self, batch: Batch, state: BatchState) -> None:
        """What stands on the chain for the batch's zone, time and version is known for good."""
        with self._database.writing() as connection:
            connection.execute(update(batches).where(batches.c.id == batch.id).values(state=state))

    def _change_signing(self, connection: Connection, batch: Batch, values: dict[str, Any]) -> None:
        known = (batches.c.id == batch.id) & (batches.c.root == batch.root) & (batches.c.state == BatchState.SIGNING)
        if connection.execute(update(batches).where(known).values(**values)).rowcount != 1:
            raise OutboxError(f"batch {batch.id} with this root is not {BatchState.SIGNING} any more")

    # -------------------------------------------------------------------------------------------------- reading

    def find(self, zone: int, time: int, version: int) -> Batch | None:
        """The batch of a zone, a time and a version."""
        query = select(batches).filter_by(zone=zone, time=time, version=version)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return _batch(row) if row else None

    def latest(self, zone: int) -> Batch | None:
        """A zone's batch of the latest time, in its last version."""
        query = select(batches).where(batches.c.zone == zone)
        query = query.order_by(batches.c.time.desc(), batches.c.version.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return _batch(row) if row else None

    def in_state(self, state: BatchState) -> list[Batch]:
        """The batches in a state, the oldest first."""
        query = select(batches).where(batches.c.state == state).order_by(batches.c.id)
        with self._database.reading() as connection:
            return [_batch(row) for row in connection.execute(query)]

    def ended(self) -> list[tuple[Batch, Transaction]]:
        """The queued batches whose transactions have come to an end, confirmed or failed, to be closed."""
        return self._queued(State.CONFIRMED, State.FAILED)

    def unsent(self) -> list[tuple[Batch, Transaction]]:
        """The queued batches whose transactions have no nonce yet."""
        return self._queued(State.QUEUED)

    def _queued(self, *states: State) -> list[tuple[Batch, Transaction]]:
        query = select(batches).join(transactions).where(batches.c.state == BatchState.QUEUED)
        query = query.where(transactions.c.state.in_(states)).order_by(batches.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            found = transactions_of(connection, [row.transaction_id for row in rows])
        return [(_batch(row), found[row.transaction_id]) for row in rows]

    def leaves(self, batch: int) -> list[Leaf]:
        """A batch's leaves, by device."""
        query = select(leaves).where(leaves.c.batch_id == batch).order_by(leaves.c.device)
        with self._database.reading() as connection:
            return [_leaf(row) for row in connection.execute(query)]

    def leaf(self, batch: int, device: int) -> Leaf | None:
        """A device's leaf in a batch."""
        query = select(leaves).filter_by(batch_id=batch, device=device)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return _leaf(row) if row else None

    def sequences(self, devices: Iterable[int], time: int) -> dict[int, int]:
        """The greatest sequence that each device was given before a time, in what is or may come on the chain."""
        query = select(leaves.c.device, func.max(leaves.c.sequence)).join(batches).where(batches.c.time < time)
        query = query.where(batches.c.state != BatchState.OVERRULED).group_by(leaves.c.device)
        found = {}
        with self._database.reading() as connection:
            for some in portions(list(devices)):
                rows = connection.execute(query.where(leaves.c.device.in_(some)))
                found.update({device: sequence for device, sequence in rows})
        return found

    def signatures(self, batch: int) -> dict[str, bytes]:
        """Who signed a batch, by ascending address."""
        query = select(signatures).where(signatures.c.batch_id == batch)
        with self._database.reading() as connection:
            found = {row.attester: row.signature for row in connection.execute(query)}
        return dict(sorted(found.items(), key=lambda item: int(item[0], 16)))

    def disagreements(self, batch: int | None = None, limit: int = 100) -> list[Disagreement]:
        """What attesters said against a batch, or against any, the newest first."""
        query = select(disagreements).order_by(disagreements.c.at.desc()).limit(limit)
        if batch is not None:
            query = query.where(disagreements.c.batch_id == batch)
        with self._database.reading() as connection:
            return [Disagreement(*row) for row in connection.execute(query)]


def _batch(row: Row[Any]) -> Batch:
    return Batch(**{**{name: getattr(row, name) for name in Batch.__slots__}, "state": BatchState(row.state)})


def _leaf(row: Row[Any]) -> Leaf:
    values = {name: getattr(row, name) for name in Leaf.__slots__}
    return Leaf(**{**values, "trust": Trust(row.trust)})
