"""A relay in a process of its own, over a network that loses requests and answers; it can be killed at a point.

python -m tests.frontend.private.child DATABASE OUTBOX NODE DEPLOYMENT POINT
"""

import sys
from pathlib import Path
from threading import Event

from web3 import Web3

from frontend_api.api.node import Node
from frontend_api.database.database import Database
from frontend_api.relay.relay import Relay
from tests.bridge.sender.child import POINTS, Lossy, die_at, fast_clock
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.sender.sender import Terms
from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.deployment.local import known_account
from wattbook.deployment.record import Deployment

TERMS = Terms(confirmations=6, max_fee=10**13, bump_after=10, every=0, spare_gas=50_000)
KEY = known_account(19)


def main(where: str, outbox: str, node: str, deployment: str, point: str) -> None:
    chain = Chain(Web3(Lossy(node, request_kwargs={"timeout": 10})))
    die_at(point, POINTS)
    while True:
        try:
            market = Market(chain, Deployment.read(Path(deployment)))
            break
        except Exception:
            continue
    Relay(Node.of(market), Database(where), Outbox(outbox), KEY, terms=TERMS, clock=fast_clock).run(Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
