"""A reader who types what a page says, in its order: what is marked `sh` into a shell, `python` into a Python.

A block marked `text` shows what the one before it said; `...` in it stands for anything. Blocks marked otherwise are
not typed.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Any

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATIENCE = 100


@dataclass(frozen=True)
class Block:
    """What stands between two fences, and in which line it begins."""

    language: str
    text: str
    line: int


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page that are fenced."""
    text = page.read_text()
    return [Block(found[1], found[2], text.count("\n", 0, found.start()) + 2) for found in _FENCE.finditer(text)]


class Reader:
    """Reads a page in a folder of his own; all programs that he starts end with him.

    `python_in` is the folder below it in which the page has him start Python. The ports that a page names may be taken
    on this machine: `ports` says what he types in their place. `variables` are what his shell knows before.
    """

    def __init__(
        self,
        page: Path,
        folder: Path,
        *,
        ports: Mapping[int, int],
        python_in: str = ".",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.names: dict[str, Any] = {}
        self._page = page
        self._folder = folder
        self._python_in = folder / python_in
        self._ports = {str(named): str(port) for named, port in ports.items()}
        self._variables = variables or {}
        self._log = folder / "shell.log"
        self._shell: subprocess.Popen[str] | None = None
        self._typed = 0

    def __enter__(self) -> "Reader":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        with self._log.open("w") as log:
            self._shell = subprocess.Popen(
                ["bash", "-e", "-o", "pipefail"],
                cwd=self._folder,
                env={**environment, **self._variables},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._shell
        # The shell and what it started are one group, which nobody else is in.
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGTERM)
        self._shell.wait(30)
        assert self._shell.stdin
        self._shell.stdin.close()

    def read(self) -> int:
        """Types all of the page; says how many blocks that were."""
        typed, said = 0, ""
        for block in blocks_of(self._page):
            where = f"{self._page.name}, line {block.line}"
            if block.language == "sh":
                said = self._type(self._with_ports(block.text), where)
            elif block.language == "python":
                said = self._run(self._with_ports(block.text), block.line)
            elif block.language == "text":
                assert _pattern(self._with_ports(block.text)).fullmatch(said), f"{where}: what was said is\n{said}"
                continue
            else:
                continue
            typed += 1
        return typed

    def _with_ports(self, text: str) -> str:
        return re.sub(r"\b\d+\b", lambda found: self._ports.get(found[0], found[0]), text)

    def _type(self, text: str, where: str) -> str:
        assert self._shell and self._shell.stdin
        self._typed += 1
        before, mark = len(self._log.read_text()), f"--- block {self._typed} is done"
        self._shell.stdin.write(f"{text}\necho '{mark}'\n")
        self._shell.stdin.flush()
        deadline = time.monotonic() + _PATIENCE
        while True:
            said = self._log.read_text()[before:]
            if mark in said:
                return said.partition(mark)[0]
            assert self._shell.poll() is None and time.monotonic() < deadline, f"{where} failed:\n{said}"
            time.sleep(0.02)

    def _run(self, text: str, line: int) -> str:
        """Lines are counted as in the page, so that a traceback names them."""
        said = StringIO()
        with chdir(self._python_in), redirect_stdout(said), _patient():
            exec(compile("\n" * (line - 1) + text, str(self._page), "exec"), self.names)
        return said.getvalue()


@contextmanager
def _patient() -> Iterator[None]:
    """A page may wait for something in a loop; who reads it gives up when it does not come."""

    def give_up(*_: object) -> None:
        raise TimeoutError("what the page waits for does not come")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _pattern(shown: str) -> re.Pattern[str]:
    """Spaces at ends of lines do not count."""
    parts = [re.escape(part) for part in shown.strip().split("...")]
    return re.compile(r"\s*" + ".*?".join(parts) + r"\s*", re.DOTALL)
