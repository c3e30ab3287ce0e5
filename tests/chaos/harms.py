"""What happens to a park that runs: each of these leaves it to mend itself."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import HTTPProvider
from web3.types import RPCEndpoint

from tests.chaos.clocks import Clocks
from tests.park.running import Up

KILLED = ("bridge-1", "bridge-2", "meters", "desk", "keeper", "settler", "recorder", "api", "broker")
_COMES_BACK_WITHIN = 120
_DEEPEST = 6
_HAS_ARRIVED = 0.3
_HANGS, _FULL, _OFF = (4, 10), (5, 9), (8, 14)
_METERS_OFF, _BRIDGE_OFF, _NODE_OFF = 150, 150, 6


@dataclass
class Ground:
    """What harms are done to, and with."""

    park: Up
    folder: Path
    clocks: Clocks
    luck: random.Random

    def ask(self, method: str, *parameters: Any) -> Any:
        """A request to the node."""
        answer = self.answer(method, *parameters)
        assert "error" not in answer, answer
        return answer["result"]

    def answer(self, method: str, *parameters: Any) -> Mapping[str, Any]:
        """What the node says to a request, be it a refusal."""
        node = HTTPProvider(self.park.began["node"], exception_retry_configuration=None)
        return node.make_request(RPCEndpoint(method), list(parameters))


Harm = Callable[[Ground], str]


def harms(ground: Ground) -> list[tuple[str, Harm]]:
    """All of them, those of a broker only where there is one."""
    names = [name for name in KILLED if name in ground.park.pids]
    done: list[tuple[str, Harm]] = [(f"{name} is killed", _killing(name)) for name in names]
    return [
        *done,
        ("the node ends in order", _node_ends),
        ("the node is killed", _killing("chain")),
        ("the node hangs", _node_hangs),
        ("a reorganisation", _reorganisation),
        ("the disk is full", _disk_is_full),
        ("the node ends while the disk is full", _node_ends_on_a_full_disk),
        ("the meters' clock is ahead", _skewing("meters", _METERS_OFF)),
        ("the meters' clock is behind", _skewing("meters", -_METERS_OFF)),
        ("a bridge's clock is ahead", _skewing("bridge-1", _BRIDGE_OFF)),
        ("a bridge's clock is behind", _skewing("bridge-2", -_BRIDGE_OFF)),
        ("the node's clock is ahead", _skewing("chain", _NODE_OFF)),
    ]


def _killing(name: str) -> Harm:
    def harm(ground: Ground) -> str:
        pid = ground.park.pids[name]
        os.kill(pid, signal.SIGKILL)
        return _back(ground, name, pid)

    return harm


def _node_ends(ground: Ground) -> str:
    pid = ground.park.pids["chain"]
    os.kill(pid, signal.SIGTERM)
    return _back(ground, "chain", pid)


def _back(ground: Ground, name: str, pid: int) -> str:
    """Waits until a process is there again."""
    began = time.monotonic()
    while ground.park.pids[name] == pid:
        ground.park.check()
        assert time.monotonic() - began < _COMES_BACK_WITHIN, f"{name} does not come back"
        time.sleep(0.05)
    return f"back after {time.monotonic() - began:.1f} s"


def _node_hangs(ground: Ground) -> str:
    pid, seconds = ground.park.pids["chain"], ground.luck.uniform(*_HANGS)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    return f"for {seconds:.1f} s"


def _reorganisation(ground: Ground) -> str:
    """The last blocks are empty now, and what was in them is nowhere. One that has just begun again does not know how
    things stood before, and is given time for as many blocks."""
    depth = ground.luck.randint(2, _DEEPEST)
    while not _is_taken_back(ground, depth):
        time.sleep(depth)
    return f"of {depth} blocks"


def _is_taken_back(ground: Ground, depth: int) -> bool:
    """No block is sealed meanwhile: anvil loses blocks then. Who has them sealed stands still, and what he had asked
    for before is done when another block is."""
    os.kill(ground.park.process.pid, signal.SIGSTOP)
    try:
        time.sleep(_HAS_ARRIVED)
        ground.ask("evm_mine")
        return "error" not in ground.answer("anvil_reorg", depth, [])
    finally:
        os.kill(ground.park.process.pid, signal.SIGCONT)


def _disk_is_full(ground: Ground) -> str:
    """Nothing more can be written into the park's folder, which is a disk of its own."""
    seconds = ground.luck.uniform(*_FULL)
    with full(ground.folder):
        time.sleep(seconds)
    return f"for {seconds:.1f} s"


def _node_ends_on_a_full_disk(ground: Ground) -> str:
    """It cannot write its state down, nor begin again before there is room."""
    pid, seconds = ground.park.pids["chain"], ground.luck.uniform(*_FULL)
    with full(ground.folder):
        os.kill(pid, signal.SIGTERM)
        time.sleep(seconds)
    return f"for {seconds:.1f} s, {_back(ground, 'chain', pid)}"


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Meanwhile a disk is as large as what is on it."""
    found = os.statvfs(disk)
    # Somebody may write more before it is so.
    while not _is_resized(disk, _used(disk)):
        pass
    try:
        yield
    finally:
        assert _is_resized(disk, found.f_blocks * found.f_frsize)


def _used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _is_resized(disk: Path, size: int) -> bool:
    command = ["mount", "-o", f"remount,size={size}", disk]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def _skewing(name: str, seconds: int) -> Harm:
    def harm(ground: Ground) -> str:
        lasts = ground.luck.uniform(*_OFF)
        ground.clocks.set(ground.park.pids[name], seconds)
        time.sleep(lasts)
        ground.clocks.right()
        return f"by {abs(seconds)} s, for {lasts:.1f} s"

    return harm
