"""The desk's orders with what opens them, on disk before anything of them is sent."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from wattbook.contracts.structs import Carrier
from wattbook.market.words import Book, Quote
from wattbook.park.settings import ZONE, ZONE_NUMBER
from wattbook.trader.journal import JournalError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    seal BLOB PRIMARY KEY, carrier INTEGER, slot_start INTEGER, member INTEGER, trader TEXT, number INTEGER,
    sell INTEGER, wh INTEGER, price INTEGER, device INTEGER, name TEXT, salt BLOB
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_slot ON orders (slot_start);
CREATE TABLE IF NOT EXISTS prices (
    carrier INTEGER, slot_start INTEGER, price INTEGER, PRIMARY KEY (carrier, slot_start)
);
"""


@dataclass(frozen=True)
class Placed:
    """An order of a member. `name` is the device that it is for, empty when it is for all that he uses."""

    seal: bytes
    carrier: int
    slot_start: int
    member: int
    trader: str
    number: int
    sell: bool
    wh: int
    price: int
    device: int
    name: str
    salt: bytes

    @property
    def book(self) -> Book:
        return Book(Carrier(self.carrier), ZONE, ZONE_NUMBER, self.slot_start)

    @property
    def quote(self) -> Quote:
        return Quote(self.trader, bool(self.sell), self.wh, self.price, self.device, self.number)


_COLUMNS = ", ".join(one.name for one in fields(Placed))


class DeskJournal:
    """One file for all members of the park. Others may read it while the desk writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA journal_mode = WAL")
            # What is committed is worth bonds: it has to outlast the machine's power.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{path} cannot be used: {error}") from None

    def close(self) -> None:
        self._db.close()

    def add(self, orders: Sequence[Placed]) -> None:
        """Returns when all are on disk."""
        places = ", ".join("?" * len(fields(Placed)))
        with self._writing():
            self._db.executemany(f"INSERT INTO orders VALUES ({places})", [astuple(one) for one in orders])

    def of_slot(self, slot_start: int) -> list[Placed]:
        """All orders for a slot, those of a member by their numbers."""
        query = f"SELECT {_COLUMNS} FROM orders WHERE slot_start = ? ORDER BY carrier, member, number"
        try:
            return [Placed(*row) for row in self._db.execute(query, [slot_start])]
        except sqlite3.Error as error:
            raise JournalError(f"{self._path} cannot be read: {error}") from None

    def newest_slot(self) -> int:
        """The last slot that there are orders for, 0 if there are none."""
        try:
            [(found,)] = self._db.execute("SELECT MAX(slot_start) FROM orders").fetchall()
        except sqlite3.Error as error:
            raise JournalError(f"{self._path} cannot be read: {error}") from None
        return found or 0

    def paid(self, carrier: Carrier, slot_start: int, price: int) -> None:
        """Writes down what a book's price was."""
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO prices VALUES (?, ?, ?)", (int(carrier), slot_start, price))

    def prices(self, carrier: Carrier, before: int, most: int) -> list[int]:
        """The prices of the books before a slot in which something was traded, the newest last."""
        query = (
            "SELECT price FROM prices WHERE carrier = ? AND slot_start < ? AND price > 0"
            " ORDER BY slot_start DESC LIMIT ?"
        )
        return [price for (price,) in self._db.execute(query, (int(carrier), before, most))][::-1]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise JournalError(f"{self._path} cannot be written: {error}") from None
