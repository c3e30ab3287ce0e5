"""An outbox: one database with all that the bridge must not forget."""

from contextlib import AbstractContextManager

from sqlalchemy import select

from wattbook.bridge.outbox.batches import Batches
from wattbook.bridge.outbox.database import Database, Lock
from wattbook.bridge.outbox.readings import Readings
from wattbook.bridge.outbox.records import OutboxError, Owner
from wattbook.bridge.outbox.refusals import Refusals
from wattbook.bridge.outbox.statements import insert_into
from wattbook.bridge.outbox.tables import owner
from wattbook.bridge.outbox.transactions import Transactions


class Outbox:
    """An open outbox, in a file or at a PostgreSQL URL. Each method of its parts is one transaction of the database;
    threads may share it."""

    def __init__(self, where: str) -> None:
        self._database = Database(where)
        self.name = self._database.name
        self.readings = Readings(self._database)
        self.refusals = Refusals(self._database)
        self.batches = Batches(self._database)
        self.transactions = Transactions(self._database)

    def close(self) -> None:
        self._database.close()

    def belong(self, to: Owner) -> None:
        """Makes a new outbox this market's; refuses one that is another's."""
        with self._database.writing() as connection:
            row = {name: getattr(to, name) for name in Owner.__slots__}
            connection.execute(insert_into(connection, owner).on_conflict_do_nothing().values(place=1, **row))
            found = Owner(*connection.execute(select(*(owner.c[name] for name in row))).one())
        if found != to:
            raise OutboxError(
                f"{self.name} is for {found.contract} on chain {found.chain_id} (first block {found.genesis[:10]});"
                f" this is {to.contract} on chain {to.chain_id} ({to.genesis[:10]})"
            )

    def sole(self, sender: str) -> AbstractContextManager[Lock]:
        """Holds the right to send with a key; refused while another process has it."""
        return self._database.sole(sender)
