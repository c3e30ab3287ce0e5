"""Which tests there are, what they rest on, and how they are run."""

import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from eth_utils.crypto import keccak
from solidity import ROOT

_PROBING = ("probes.py", "hits.py", "stand.py", "left_out.json")
_BENEATH_ALL = ("contracts", "wattbook", "frontend_api", "tests", *(f"scripts/_assurance/{name}" for name in _PROBING))
# How tests of mutants end when what they found cannot be trusted any longer, and all is to begin anew.
ANEW = 40
_ONE_FILE = re.compile(r"test_\w+\.py")


@cache
def test_folders() -> dict[str, list[str]]:
    """Folders that have tests, and the files of each. What is in a folder shares the time that its fixtures take."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        file = path.relative_to(ROOT)
        found[file.parent.as_posix()].append(file.as_posix())
    return dict(found)


def chosen(asked: list[str], known: Iterable[str]) -> list[str]:
    """What is asked for, or all that there is."""
    every = list(known)
    if unknown := [name for name in asked if name not in every]:
        sys.exit(f"there is no {', '.join(unknown)}; there are {', '.join(every)}")
    return asked or every


def shard(names: list[str], part: str) -> list[str]:
    """The i-th of n parts, `part` being i/n and i counted from 1."""
    index, count = map(int, part.split("/"))
    if not 1 <= index <= count:
        raise ValueError(f"{part} is no part: 1/2 and 2/2 are the parts of two")
    return names[index - 1 :: count]


def beneath_all() -> bytes:
    """A hash of all that is tracked and that every test rests on: sources, but not the test files themselves."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *_BENEATH_ALL]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return hash_of(ROOT / name for name in sorted(listed) if not _ONE_FILE.fullmatch(Path(name).name))


def hash_of(files: Iterable[Path]) -> bytes:
    return keccak(
        b"".join(
            keccak(text=file.relative_to(ROOT).as_posix()) + keccak(file.read_bytes())
            for file in files
            if file.is_file()
        )
    )


class Ran(NamedTuple):
    """How a command ended, None when it had to be stopped, and what it said."""

    status: int | None
    said: str


def run(command: Sequence[str | Path], folder: Path, variables: Mapping[str, str], seconds: float) -> Ran:
    """Runs a command; one that takes too long is stopped with all that it has started, nodes too."""
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        status: int | None = None
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if status is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        return Ran(status, said.read())
