"""A sender is killed at five points while the chain reorganises and the network loses what it can:
every call is on the chain exactly once, and none is lost."""

import random
import subprocess
import sys
import time
from signal import SIGKILL

from tests.bridge.sender.child import POINTS, TERMS
from tests.depth import depth
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import State

TIMES = depth(1, 4)
CALLS_EACH = 2
DEEPEST_REORG = TERMS.confirmations - 1


def test_killed(where, once, tmp_path):
    outbox = Outbox(where)
    points = [point for point in POINTS for _ in range(TIMES)]
    random.shuffle(points)
    keys = list(range(1, CALLS_EACH * len(points) + 1))
    for place, point in enumerate(points):
        for key in keys[CALLS_EACH * place : CALLS_EACH * (place + 1)]:
            outbox.transactions.queue(f"key {key}", once.call(key), 0)
        killed(where, once, tmp_path, point)
        once.reorg(random.randint(1, DEEPEST_REORG))

    child = start(where, once, tmp_path, "never")
    deadline = time.monotonic() + 300
    while outbox.transactions.counts()[State.CONFIRMED] < len(keys):
        assert child.poll() is None and time.monotonic() < deadline, outbox.transactions.counts()
        for _ in range(random.randint(1, 12)):
            once.mine()
            time.sleep(0.1)
        once.reorg(random.randint(1, DEEPEST_REORG))
    child.kill()
    child.wait()

    assert sorted(once.taken()) == keys
    found = [outbox.transactions.find(f"key {key}") for key in keys]
    assert all(one.inclusion.succeeded for one in found), "none was sent twice, not even in vain"
    assert sorted(one.nonce for one in found) == list(range(len(keys)))
    assert once.chain.nonce_of(once.sender) == len(keys)
    outbox.close()


def killed(where, once, folder, point):
    """Runs a sender until it comes to a point and is killed there."""
    child = start(where, once, folder, point)
    deadline = time.monotonic() + 180
    while child.poll() is None:
        assert time.monotonic() < deadline, f"it never came to {point}"
        # A fee is raised only while there are no blocks.
        if point != "after_bump":
            once.mine()
        time.sleep(0.1)
    assert child.returncode == -SIGKILL, (folder / "said").read_text()


def start(where, once, folder, point):
    """Into a file: a pipe that nobody reads would hold it up when it is full."""
    command = [sys.executable, "-m", "tests.bridge.sender.child", where, once.rpc, once.address, point]
    with (folder / "said").open("w") as said:
        return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
