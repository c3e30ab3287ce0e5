"""A sender in a process of its own, over a network that loses requests and answers; it can be killed at a point.

python -m tests.bridge.sender.child DATABASE NODE CONTRACT POINT
"""

import os
import random
import signal
import sys
import time
from collections.abc import Mapping

from web3 import HTTPProvider, Web3

from tests.bridge.sender.once import Once
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.transactions import Transactions
from wattbook.bridge.sender.sender import Sender, Terms
from wattbook.chain import Chain
from wattbook.errors import ChainError

# The method at whose next call the process is killed, and whether just before it.
POINTS = {
    "before_commit": (Transactions, "begin", True),
    "after_commit": (Transactions, "begin", False),
    "after_send": (Sender, "_broadcast", False),
    "after_bump": (Transactions, "add_attempt", False),
    "after_mined": (Transactions, "include", False),
}
TERMS = Terms(confirmations=6, max_fee=10**13, bump_after=10)
_LOSS = 0.1
# The child's seconds, so that nobody waits long.
_FASTER = 10


class Lossy(HTTPProvider):
    """One request in ten does not arrive, and one answer in ten."""

    def make_request(self, method, params):
        if random.random() < _LOSS:
            raise ConnectionError("the request is lost")
        answer = super().make_request(method, params)
        if random.random() < _LOSS:
            raise ConnectionError("the answer is lost")
        return answer


def die_at(point: str, points: Mapping[str, tuple[type, str, bool]]) -> None:
    """The process is killed at one of these points, or never."""
    if point == "never":
        return
    kind, name, before = points[point]
    method = getattr(kind, name)

    def run(*arguments, **named):
        if not before:
            method(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, name, run)


def fast_clock() -> int:
    return int(time.time() * _FASTER)


def main(where: str, node: str, contract: str, point: str) -> None:
    chain = Chain(Web3(Lossy(node, request_kwargs={"timeout": 10})))
    once = Once(chain, contract)
    die_at(point, POINTS)
    outbox = Outbox(where)
    with outbox.sole(once.sender.address) as lock:
        sender = Sender(chain, once.sender, outbox.transactions, lock, once.is_done, TERMS, fast_clock)
        while True:
            try:
                sender.step()
            except ChainError as error:
                print(error)
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
