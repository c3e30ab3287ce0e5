"""Stands between a node and who reads what it prints: keeps the numbers of probes, each once, and passes on the rest.

    anvil | python hits.py FOLDER

A node's file ends in `.part` for as long as the node runs, and in `.hits` after that.
"""

import os
import re
import sys
from pathlib import Path
from typing import BinaryIO

_PROBE = re.compile(rb"1\d{30}\n")


def main() -> None:
    part = Path(sys.argv[1]) / f"{os.getpid()}.part"
    with part.open("wb") as file:
        sieve(sys.stdin.buffer, sys.stdout.buffer, file)
    part.rename(part.with_suffix(".hits"))


def sieve(lines: BinaryIO, rest: BinaryIO, file: BinaryIO) -> None:
    """Puts every probe's number into `file`, once, and all other lines into `rest`."""
    seen = set()
    reading = True
    for line in lines:
        if _PROBE.fullmatch(line):
            if line not in seen:
                seen.add(line)
                file.write(line)
        elif reading:
            reading = _passed_on(line, rest)


def _passed_on(line: bytes, rest: BinaryIO) -> bool:
    """Whether somebody still reads: a test may have stopped and left its node running."""
    try:
        rest.write(line)
        rest.flush()
    except BrokenPipeError:
        return False
    return True


if __name__ == "__main__":
    main()
