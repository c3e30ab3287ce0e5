"""Keeps the chain's blocks on disk as they come: a node that is killed is given again what it had not written down."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hexbytes import HexBytes
from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.deployment.direct import direct
from wattbook.errors import ChainError
from wattbook.park.chain import ask
from wattbook.park.settings import Folder

_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (number INTEGER PRIMARY KEY, hash BLOB, time INTEGER);
CREATE TABLE IF NOT EXISTS transactions (block INTEGER, place INTEGER, raw BLOB, PRIMARY KEY (block, place));
"""
# Blocks that are written down at once when there is something to catch up with.
_AT_ONCE = 100


@dataclass(frozen=True)
class Block:
    """What makes a block the same when it is sealed again."""

    number: int
    hash: bytes
    time: int
    transactions: tuple[bytes, ...]


class BlocksFile:
    """The blocks since the one that the node has on disk, which is the first here and has no transactions."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def begin(self, first: Block) -> None:
        """Goes on from a block that the node has on disk, with those after it if it is one of ours."""
        if self.hash_of(first.number) == first.hash:
            self._delete("< ?", first.number)
        else:
            self.replace(0, [first])

    def newest(self) -> int:
        [(found,)] = self._db.execute("SELECT MAX(number) FROM blocks").fetchall()
        return -1 if found is None else int(found)

    def hash_of(self, number: int) -> bytes | None:
        row = self._db.execute("SELECT hash FROM blocks WHERE number = ?", [number]).fetchone()
        return row[0] if row else None

    def after(self, number: int) -> Iterator[Block]:
        """All blocks after one, in their sequence."""
        for found, hash_, time in self._db.execute(
            "SELECT number, hash, time FROM blocks WHERE number > ? ORDER BY number", [number]
        ):
            raw = self._db.execute("SELECT raw FROM transactions WHERE block = ? ORDER BY place", [found])
            yield Block(found, hash_, time, tuple(row[0] for row in raw))

    def replace(self, since: int, blocks: Sequence[Block]) -> None:
        """Writes blocks down in place of all that were there from a number on."""
        with self._writing():
            self._delete(">= ?", since)
            for one in blocks:
                self._db.execute("INSERT INTO blocks VALUES (?, ?, ?)", (one.number, one.hash, one.time))
                rows = [(one.number, place, raw) for place, raw in enumerate(one.transactions)]
                self._db.executemany("INSERT INTO transactions VALUES (?, ?, ?)", rows)

    def _delete(self, where: str, number: int) -> None:
        self._db.execute(f"DELETE FROM blocks WHERE number {where}", [number])
        self._db.execute(f"DELETE FROM transactions WHERE block {where}", [number])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


class Recorder:
    """Follows the node, and goes back as far as blocks are others than they were."""

    def __init__(self, folder: Folder) -> None:
        self._chain = direct(folder.settings().rpc)
        self._file = BlocksFile(folder.blocks)

    def step(self) -> None:
        """What is due now."""
        head = ask(self._chain, "eth_getBlockByNumber", "latest", False)
        newest, known = int(head["number"], 16), self._file.newest()
        if newest == known and self._file.hash_of(known) == _hash(head):
            return
        same = min(newest, known)
        while same >= 0 and self._file.hash_of(same) != _hash(self._header(same)):
            same -= 1
        if self._file.hash_of(same) is None:
            raise ChainError("the node has none of the blocks that it had")
        until = min(newest, same + _AT_ONCE)
        self._file.replace(same + 1, [self._block(number) for number in range(same + 1, until + 1)])

    def _header(self, number: int) -> Any:
        return ask(self._chain, "eth_getBlockByNumber", hex(number), False)

    def _block(self, number: int) -> Block:
        return block_of(self._chain, self._header(number))


def block_of(chain: Chain, header: Any) -> Block:
    """A block with its transactions as they were sent; asked for by their hashes, none can be of another block."""
    calls = [(RPCEndpoint("eth_getRawTransactionByHash"), [one]) for one in header["transactions"]]
    raw = [HexBytes(one.get("result") or b"") for one in chain.ask_each(calls)]
    if not all(raw):
        raise ChainError(f"block {header['number']} went while it was read")
    return Block(int(header["number"], 16), _hash(header), int(header["timestamp"], 16), tuple(map(bytes, raw)))


def play(chain: Chain, blocks: Iterator[Block]) -> None:
    """Has a node that seals no block by itself seal blocks again, as they were."""
    for one in blocks:
        for raw in one.transactions:
            ask(chain, "eth_sendRawTransaction", HexBytes(raw).to_0x_hex())
        ask(chain, "evm_setNextBlockTimestamp", one.time)
        ask(chain, "evm_mine")


def _hash(header: Any) -> bytes:
    return bytes(HexBytes(header["hash"])) if header else b""
