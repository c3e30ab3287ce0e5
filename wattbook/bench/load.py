"""Asks a server at a steady rate, whether it keeps up or not, and tells how long answers took."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

_PATIENCE = 10
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass
class Timed:
    """How long each answer took, in microseconds from when it was to be asked; and what was no answer."""

    microseconds: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def within(self, percent: int) -> int:
        """Microseconds within which so many of a hundred answers came."""
        found = sorted(self.microseconds)
        return found[min(len(found) - 1, len(found) * percent // 100)] if found else 0


def ask(port: int, asked: Sequence[tuple[str, str]], a_second: int) -> dict[str, Timed]:
    """Asks for paths, each under a name, so many a second; what came of it by name."""
    return asyncio.run(_Load(port).run(asked, a_second))


class _Load:
    """Open loop: who waits for a slow server does not measure how slow it is. Connections are used again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._found: dict[str, Timed] = defaultdict(Timed)

    async def run(self, asked: Sequence[tuple[str, str]], a_second: int) -> dict[str, Timed]:
        begun, tasks = time.perf_counter(), []
        for number, (name, path) in enumerate(asked):
            due = begun + number / a_second
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(self._ask(name, path, due)))
        await asyncio.gather(*tasks)
        for _, writer in self._free:
            writer.close()
        return dict(self._found)

    async def _ask(self, name: str, path: str, due: float) -> None:
        found = self._found[name]
        try:
            status = await asyncio.wait_for(self._get(path), _PATIENCE)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            found.errors[type(error).__name__] += 1
            return
        if status != 200:
            found.errors[str(status)] += 1
        found.microseconds.append(int((time.perf_counter() - due) * 10**6))

    async def _get(self, path: str) -> int:
        """A server closes connections that were idle, and may do so as one is used: then another is taken."""
        while self._free:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._get_by(*self._free.pop(), path)
        return await self._get_by(*await asyncio.open_connection("127.0.0.1", self._port), path)

    async def _get_by(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode())
        head = (await reader.readuntil(_END)).lower()
        length = int(head.split(_LENGTH, 1)[1].split(b"\r\n", 1)[0]) if _LENGTH in head else 0
        await reader.readexactly(length)
        self._free.append((reader, writer))
        return int(head.split(b" ", 2)[1])
