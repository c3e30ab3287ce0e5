"""The program, run in this process, which spares starting Python each time."""

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from wattbook import cli


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str


def run_here(*arguments: str, folder: Path | None = None) -> Result:
    """What `wattbook` with these arguments says, and how it ends, in a folder or where the test is."""
    with said() as out, said() as err, redirect_stdout(out), redirect_stderr(err), own_signals():
        with chdir(folder or Path.cwd()), patch.object(sys, "argv", ["wattbook", *arguments]):
            status = ended()
        return Result(status, text_of(out), text_of(err))


def ended() -> int:
    try:
        cli.main()
    except SystemExit as end:
        # As Python ends a program: a text goes to stderr, and the status is 1.
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    return 0


@contextmanager
def said() -> Iterator[io.TextIOWrapper]:
    with io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") as text:
        yield text


def text_of(said: io.TextIOWrapper) -> str:
    said.flush()
    assert isinstance(said.buffer, io.BytesIO)
    return said.buffer.getvalue().decode()


@contextmanager
def own_signals() -> Iterator[None]:
    """What a program does at a signal ends with it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
