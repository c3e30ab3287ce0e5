"""How many events a second the index takes from a node into a file: of members who join, trade and are settled."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.books import run
from wattbook.trial.clearing import given_by
from wattbook.trial.park import Park

_ORDERS = 600
_BOOKS = 3


@dataclass(frozen=True)
class Indexed:
    """What was indexed, and in what time."""

    blocks: int
    events: int
    seconds: float

    @property
    def per_second(self) -> int:
        return int(self.events / self.seconds)


def measure(orders: int = _ORDERS, books: int = _BOOKS) -> Indexed:
    """The chain is made first; what is timed is all from the node's answers to the last commit."""
    with Anvil(*OPTIONS) as chain, tempfile.TemporaryDirectory() as folder:
        park = Park(chain)
        listed = [
            {"id": place, "side": "BS"[place % 2], "qty": 1_000 + place, "price": 500 - place % 2 * 100}
            for place in range(orders)
        ]
        given = given_by(park, {"rule": "uniform", "orders": listed, "kBps": 5_000})
        for _ in range(books):
            run(park, given, relayed=True)
        database = Database(str(Path(folder) / "index.db"))
        events = 0

        def count(step: object) -> None:
            nonlocal events
            events += getattr(step, "events", 0)

        follower = Follower(park.market, database, count)
        begun = perf_counter()
        step = follower.catch_up()
        seconds = perf_counter() - begun
        database.close()
        return Indexed(step.block, events, seconds)
