"""The command line as its users meet it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.program import Result, run_here
from tests.scenario.small import listed as listed
from wattbook.chain import Chain
from wattbook.deployment.anvil import Anvil

PROGRAM = Path(sys.executable).parent / "wattbook"


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the test's own, and no variable that points elsewhere."""
    for name in [name for name in os.environ if name.startswith("WATTBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def node() -> Iterator[Chain]:
    with Anvil() as chain:
        yield chain


@pytest.fixture
def rpc(node: Chain) -> str:
    return str(node.web3.provider.endpoint_uri)


@pytest.fixture
def program() -> Callable[..., Result]:
    """Runs the installed program in a process of its own."""

    def run(*arguments: str) -> Result:
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def command() -> Callable[..., Result]:
    """Runs the program's entry point in this process."""
    return run_here
