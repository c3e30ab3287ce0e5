"""Orders with their salts, and every transaction sent for them, durable on disk before anything leaves the process.

One SQLite file, readable by its owner only. It belongs to one account in one market. Several processes can read it and
put orders in; one at a time, holding `sole`, sends.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from wattbook.errors import WattbookError
from wattbook.locks import held
from wattbook.market.words import seal
from wattbook.trader.records import FINAL, Entry, Fate, Owner, Purpose, Sent, State


class JournalError(WattbookError):
    """The journal cannot be read or written, is another market's, or is in use."""


_VERSION = 1
_SCHEMA = """
CREATE TABLE owner (chain_id INTEGER, genesis TEXT, auction TEXT, trader TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, carrier INTEGER, zone BLOB, zone_number INTEGER,
    slot_start INTEGER, sell INTEGER, wh INTEGER, price INTEGER, device INTEGER, size_class INTEGER, salt BLOB,
    seal BLOB UNIQUE, block INTEGER, state TEXT, number INTEGER, signature BLOB, reveals_at INTEGER,
    clears_at INTEGER, filled_wh INTEGER, amount INTEGER, fee INTEGER, margin INTEGER
);
CREATE TABLE transactions (
    hash BLOB PRIMARY KEY, raw BLOB, nonce INTEGER, purpose TEXT, entry INTEGER REFERENCES orders, fate TEXT
);
"""
_COLUMNS = tuple(field.name for field in fields(Entry))


class Journal:
    """An open journal. With `create` it may be a new one."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._prepare(create)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            # Extra: the end of a transaction is on disk too, not only what it wrote.
            self._db.execute("PRAGMA synchronous = EXTRA")
            [(verdict,)] = self._db.execute("PRAGMA quick_check(1)").fetchall()
            [(version,)] = self._db.execute("PRAGMA user_version").fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from None
        if verdict != "ok":
            raise self._unreadable(verdict)
        if version not in (0, _VERSION):
            raise JournalError(f"{path} is a journal of version {version}, this program's is {_VERSION}")
        if version == 0:
            self._lay_out()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def sole(self) -> Iterator[None]:
        """Holds the right to send; refused while another process has it. It ends with the process."""
        with ExitStack() as stack:
            try:
                stack.enter_context(held(Path(f"{self.path}.lock")))
            except BlockingIOError:
                raise JournalError(f"{self.path} is in use by another trader; one at a time can send") from None
            except OSError as error:
                raise JournalError(f"{self.path} cannot be locked: {error.strerror}") from None
            yield

    def belong(self, owner: Owner) -> None:
        """Makes a new journal this owner's; refuses one that is another's, or whose orders were altered."""
        with self._writing() as db:
            found = self.owner()
            if found is None:
                values = (owner.chain_id, owner.genesis, owner.auction, owner.trader)
                db.execute("INSERT INTO owner VALUES (?, ?, ?, ?)", values)
            elif found != owner:
                raise JournalError(
                    f"{self.path} is of {found.trader} on chain {found.chain_id} (first block"
                    f" {found.genesis[:10]}, auction {found.auction}); this is {owner.trader} on chain"
                    f" {owner.chain_id} ({owner.genesis[:10]}, {owner.auction})"
                )
        for entry in self.entries():
            quote = entry.quote(owner.trader)
            if seal(owner.chain_id, owner.auction, entry.book, quote, entry.salt) != entry.seal:
                raise self._unreadable(f"order {entry.id} is not what was sealed")

    def owner(self) -> Owner | None:
        """Whose it is; None when it is new."""
        try:
            row = self._db.execute("SELECT chain_id, genesis, auction, trader FROM owner").fetchone()
        except sqlite3.Error as error:
            raise self._unreadable(error) from None
        return Owner(*row) if row else None

    def add(self, entry: Entry) -> Entry:
        """Writes an order down, under an id of its own, and returns when it is on disk."""
        columns = [name for name in _COLUMNS if name != "id"]
        values = [getattr(entry, name) for name in columns]
        places = ", ".join("?" * len(columns))
        with self._writing() as db:
            if entry.name is not None and db.execute("SELECT 1 FROM orders WHERE name = ?", [entry.name]).fetchone():
                raise JournalError(f"an order called {entry.name} was placed already")
            cursor = db.execute(f"INSERT INTO orders ({', '.join(columns)}) VALUES ({places})", values)
            number = cursor.lastrowid
        return self.entry(number or 0)

    def entry(self, number: int) -> Entry:
        return next(entry for entry in self.entries() if entry.id == number)

    def entries(self) -> list[Entry]:
        """All orders, in the sequence in which they were placed."""
        try:
            rows = self._db.execute(f"SELECT {', '.join(_COLUMNS)} FROM orders ORDER BY id").fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from None
        found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        return [Entry(**{**values, "state": State(values["state"]), "sell": bool(values["sell"])}) for values in found]

    def unfinished(self) -> list[Entry]:
        return [entry for entry in self.entries() if entry.state not in FINAL]

    def update(self, entry: Entry, **changes: Any) -> Entry:
        """Changes an order's columns and returns it as it is then."""
        with self._writing() as db:
            _change(db, entry.id, changes)
        return self.entry(entry.id)

    def record(self, sent: Sent, **changes: Any) -> None:
        """Writes down a transaction, and in the same step what it means for its order."""
        with self._writing() as db:
            values = (sent.hash, sent.raw, sent.nonce, sent.purpose, sent.entry)
            db.execute("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, NULL)", values)
            _change(db, sent.entry, changes)

    def under_way(self) -> list[Sent]:
        """The transactions whose fate is not known, by nonce."""
        query = "SELECT hash, raw, nonce, purpose, entry FROM transactions WHERE fate IS NULL ORDER BY nonce"
        try:
            rows = self._db.execute(query).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from None
        return [Sent(hash, raw, nonce, Purpose(purpose), entry) for hash, raw, nonce, purpose, entry in rows]

    def fated(self, sent: Sent, fate: Fate) -> None:
        with self._writing() as db:
            db.execute("UPDATE transactions SET fate = ? WHERE hash = ?", (fate, sent.hash))

    def transactions_of(self, entry: Entry, purpose: Purpose) -> list[tuple[bytes, Fate | None]]:
        """Hash and fate of all that was sent for an order and a purpose."""
        query = "SELECT hash, fate FROM transactions WHERE entry = ? AND purpose = ? ORDER BY rowid"
        rows = self._db.execute(query, (entry.id, purpose)).fetchall()
        return [(hash, Fate(fate) if fate else None) for hash, fate in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise JournalError(f"{self.path} cannot be written: {error}") from None

    def _prepare(self, create: bool) -> None:
        """A file for SQLite to open that nobody else can read, whatever the umask."""
        try:
            if create and not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
                folder = os.open(self.path.parent, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            raise JournalError(f"there is no journal {self.path}") from None
        except OSError as error:
            raise JournalError(f"{self.path} cannot be used: {error.strerror}") from None
        if stat.S_IMODE(mode) & 0o077:
            raise JournalError(f"{self.path} holds salts and others can read it; make it your own: chmod 600")

    def _lay_out(self) -> None:
        with self._writing() as db:
            # Another process may have been faster.
            if db.execute("PRAGMA user_version").fetchone() == (0,):
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {_VERSION}")

    def _unreadable(self, why: object) -> JournalError:
        return JournalError(f"{self.path} is damaged or no journal ({why}); nothing is sent; restore it from a copy")


def _change(db: sqlite3.Connection, entry: int, changes: dict[str, Any]) -> None:
    if changes:
        assignments = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE orders SET {assignments} WHERE id = ?", (*changes.values(), entry))
