"""Transactions: queued once under a key, signed and written down before they are sent, followed to their end.

Each change says from where it starts. When another process was there in between it is refused and changes nothing.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from wattbook.bridge.outbox.database import Database
from wattbook.bridge.outbox.records import Attempt, Call, Inclusion, OutboxError, State, Transaction
from wattbook.bridge.outbox.statements import insert_into, portions
from wattbook.bridge.outbox.tables import attempts, transactions

_NOT_IN_A_BLOCK = {"attempt": None, "block": None, "block_hash": None, "succeeded": None}
_NO_NONCE = {**_NOT_IN_A_BLOCK, "sender": None, "nonce": None}
# Stands between the key and the number of a transaction that was given up.
_SET_ASIDE = " #"


class Transactions:
    """The transactions in an outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------------------------------------------- changing

    def queue(self, key: str, call: Call, at: int) -> None:
        """Queues a call under a key. Done again it changes nothing; with another call it is refused."""
        with self._database.writing() as connection:
            queue(connection, key, call, at)

    def begin(self, transaction: Transaction, sender: str, attempt: Attempt) -> None:
        """Writes a queued call's first signed attempt down, and takes its nonce."""
        self._move(transaction, State.SENT, {"sender": sender, "nonce": attempt.nonce, "note": ""}, attempt)

    def add_attempt(self, transaction: Transaction, attempt: Attempt) -> None:
        """Writes another signed attempt with the same nonce down."""
        self._move(transaction, State.SENT, {}, attempt)

    def include(self, transaction: Transaction, inclusion: Inclusion) -> None:
        """One of its attempts is in a block."""
        values = {name: getattr(inclusion, name) for name in Inclusion.__slots__}
        self._move(transaction, State.MINED, values)

    def lose(self, transaction: Transaction) -> None:
        """The block that it was in is not on the chain any more."""
        self._move(transaction, State.SENT, _NOT_IN_A_BLOCK)

    def release(self, transaction: Transaction, note: str) -> None:
        """Its nonce was used up by something else: it is to be signed anew, with another one."""
        self._move(transaction, State.QUEUED, {"note": note, **_NO_NONCE})

    def end(self, transaction: Transaction, state: State, note: str) -> None:
        """Its fate is known, for good."""
        self._move(transaction, state, {"note": note})

    def again(self, key: str) -> None:
        """Queues a failed transaction once more, unless it was set aside for another that does its work."""
        transaction = self.find(key)
        if transaction is None or transaction.state is not State.FAILED:
            raise OutboxError(f"no transaction {key} has failed in {self._database.name}")
        if _SET_ASIDE in key:
            raise OutboxError(
                f"{key} was set aside: another transaction does its work, under the key without the number"
            )
        self._move(transaction, State.QUEUED, {"note": "", **_NO_NONCE})

    def _move(
        self, transaction: Transaction, to: State, values: dict[str, Any], attempt: Attempt | None = None
    ) -> None:
        columns = transactions.c
        known = (columns.id == transaction.id) & (columns.state == transaction.state)
        # That it has no nonce is said otherwise than which one it has.
        known &= columns.nonce.is_(None) if transaction.nonce is None else columns.nonce == transaction.nonce
        with self._database.writing() as connection:
            changed = connection.execute(update(transactions).where(known).values(state=to, **values))
            if changed.rowcount != 1:
                raise OutboxError(f"{transaction.key} is not {transaction.state} any more; another process changed it")
            if attempt is not None:
                # An attempt is its sender's, who is the transaction's from then on.
                sender = select(columns.sender).where(columns.id == transaction.id).scalar_subquery()
                row = {name: getattr(attempt, name) for name in Attempt.__slots__}
                connection.execute(attempts.insert().values(transaction_id=transaction.id, sender=sender, **row))

    # -------------------------------------------------------------------------------------------------- reading

    def find(self, key: str) -> Transaction | None:
        """The transaction under a key."""
        found = self._where(transactions.c.key == key)
        return found[0] if found else None

    def queued(self, *, after: int = 0, limit: int = 100) -> list[Transaction]:
        """Those that have no nonce yet, by their ids, beginning after one."""
        return self._where((transactions.c.state == State.QUEUED) & (transactions.c.id > after), limit=limit)

    def still_queued(self, ids: Iterable[int]) -> set[int]:
        """Which of these have no nonce yet."""
        columns = transactions.c
        found: set[int] = set()
        with self._database.reading() as connection:
            for some in portions(list(ids)):
                query = select(columns.id).where(columns.state == State.QUEUED, columns.id.in_(some))
                found.update(connection.execute(query).scalars())
        return found

    def under_way(self, sender: str) -> list[Transaction]:
        """Those of a sender that are sent or in a block, by their nonces."""
        states = transactions.c.state.in_((State.SENT, State.MINED))
        found = self._where(states & (transactions.c.sender == sender))
        return sorted(found, key=lambda transaction: transaction.nonce or 0)

    def failed(self, limit: int = 100) -> list[Transaction]:
        """Those that were in vain, the oldest first."""
        return self._where(transactions.c.state == State.FAILED, limit=limit)

    def highest_nonce(self, sender: str) -> int | None:
        """The highest that ever stood in an attempt of a sender."""
        query = select(func.max(attempts.c.nonce)).where(attempts.c.sender == sender)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def attempts_between(self, sender: str, first: int, end: int) -> list[Attempt]:
        """The newest attempt of a sender at each nonce from one to before another, whatever became of it."""
        columns = attempts.c
        newest = select(func.max(columns.id)).where(columns.sender == sender, columns.nonce >= first)
        newest = newest.where(columns.nonce < end).group_by(columns.nonce)
        with self._database.reading() as connection:
            rows = connection.execute(select(attempts).where(columns.id.in_(newest)).order_by(columns.nonce))
            return [_attempt(row) for row in rows]

    def counts(self) -> dict[State, int]:
        """How many there are in each state."""
        query = select(transactions.c.state, func.count()).group_by(transactions.c.state)
        with self._database.reading() as connection:
            found = {State(state): count for state, count in connection.execute(query)}
        return {state: found.get(state, 0) for state in State}

    def of_other_senders(self, sender: str) -> int:
        """How many are sent or in a block that another key signed; only that key can bring them to their end."""
        columns = transactions.c
        query = select(func.count()).where(columns.state.in_((State.SENT, State.MINED)), columns.sender != sender)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def _where(self, condition: ColumnElement[bool], limit: int | None = None) -> list[Transaction]:
        with self._database.reading() as connection:
            rows = connection.execute(select(transactions).where(condition).order_by(transactions.c.id).limit(limit))
            return _with_attempts(connection, rows.all())


def queue(connection: Connection, key: str, call: Call, at: int) -> int:
    """Queues a call under a key, in a transaction of which this is a part, and returns its id."""
    columns = transactions.c
    row = {"key": key, "recipient": call.to, "data": call.data, "gas": call.gas}
    insertion = insert_into(connection, transactions).on_conflict_do_nothing(index_elements=["key"])
    connection.execute(insertion.values(state=State.QUEUED, note="", queued_at=at, **row))
    query = select(columns.id, columns.recipient, columns.data, columns.gas).where(columns.key == key)
    number, *found = connection.execute(query).one()
    if Call(*found) != call:
        raise OutboxError(f"{key} is queued already, with another content")
    return int(number)


def set_aside(connection: Connection, transaction: Transaction, note: str) -> None:
    """Gives up one that failed or was never sent, in a transaction of which this is a part; its key is free again."""
    columns = transactions.c
    known = (columns.id == transaction.id) & (columns.state == transaction.state) & (columns.key == transaction.key)
    values = {"state": State.FAILED, "key": f"{transaction.key}{_SET_ASIDE}{transaction.id}", "note": note}
    if connection.execute(update(transactions).where(known).values(**values)).rowcount != 1:
        raise OutboxError(f"{transaction.key} is not {transaction.state} any more; another process changed it")


def transactions_of(connection: Connection, ids: Iterable[int]) -> dict[int, Transaction]:
    """Transactions by their ids, in a transaction of which this is a part."""
    rows = connection.execute(select(transactions).where(transactions.c.id.in_(list(ids)))).all()
    return {transaction.id: transaction for transaction in _with_attempts(connection, rows)}


def _with_attempts(connection: Connection, rows: Iterable[Row[Any]]) -> list[Transaction]:
    columns = attempts.c
    found = []
    for row in rows:
        query = select(attempts).where(columns.transaction_id == row.id, columns.nonce == row.nonce)
        tries = connection.execute(query.order_by(columns.id)).all() if row.nonce is not None else []
        found.append(_transaction(row, tuple(_attempt(one) for one in tries)))
    return found


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(**{name: getattr(row, name) for name in Attempt.__slots__})


def _transaction(row: Row[Any], tries: tuple[Attempt, ...]) -> Transaction:
    inclusion = None
    if row.block is not None:
        inclusion = Inclusion(row.attempt, row.block, row.block_hash, row.succeeded)
    return Transaction(
        id=row.id,
        key=row.key,
        call=Call(row.recipient, row.data, row.gas),
        state=State(row.state),
        nonce=row.nonce,
        inclusion=inclusion,
        note=row.note,
        attempts=tries,
    )
