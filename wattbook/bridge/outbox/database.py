"""The outbox's database: who may send with a key."""

from contextlib import AbstractContextManager

from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.outbox.tables import schema
from wattbook.database import database
from wattbook.database.database import Lock as Lock
from wattbook.database.purpose import Purpose

_OUTBOX = Purpose(
    article="an",
    name="outbox",
    secrets="what meters showed",
    right="the right to send",
    error=OutboxError,
    tables=(schema,),
    steps="wattbook.bridge.outbox:migrations",
    version_table="outbox_version",
)


class Database(database.Database):
    """An open outbox with today's tables, in a file or at a PostgreSQL URL."""

    def __init__(self, where: str) -> None:
        super().__init__(where, _OUTBOX)

    def sole(self, sender: str) -> AbstractContextManager[Lock]:
        """Holds the right to send with a key; refused while another process has it."""
        refusal = f"{sender} sends from {self.name} in another process; one at a time can"
        return self._backend.sole(sender.lower(), refusal)
