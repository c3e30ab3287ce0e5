"""What an order costs from being placed to being settled, in books of many orders, each by a member of its own."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

from wattbook.bench.processes import Spent, memory, spent
from wattbook.contracts.structs import Terms
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.market import proposals, uniform
from wattbook.market.orders import Order, Side
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.books import Given, Run, run
from wattbook.trial.park import Park

# Orders of one transaction that clears a part of a book, where a node takes no more.
PART = 3_000


@dataclass(frozen=True)
class Life:
    """Gas of one order, in the middle or on average, in a book of `orders`; `clear_whole` is one transaction's."""

    orders: int
    commit: int
    commit_relayed: int
    reveal_bid: int
    reveal_ask: int
    reveal_batch: int
    clear: int
    clear_whole: int
    clear_in_parts: int
    settle: int

    @property
    def placed_singly(self) -> int:
        return self.commit + self.reveal_batch + self.clear + self.settle

    @property
    def relayed(self) -> int:
        return self.commit_relayed + self.reveal_batch + self.clear + self.settle

    def figures(self) -> dict[str, int]:
        """Every figure by its name."""
        return {**asdict(self), "life_placed_singly": self.placed_singly, "life_relayed": self.relayed}


@dataclass(frozen=True)
class Effort:
    """What a book asks of machines.

    - clear_bytes: of the transaction that clears it at once
    - engine_time, node_time: microseconds for each order, of the engine and of a node from commitment to settlement
    """

    orders: int
    clear_bytes: int
    engine_time: int
    node_time: int
    node_memory: int


def measure(sizes: Sequence[int]) -> list[tuple[Life, Effort]]:
    """Runs random books of these sizes, each three times: one by one, relayed, and relayed and cleared in parts."""
    anvil = Anvil(*OPTIONS)
    with anvil as chain:
        park = Park(chain)
        return [_measured(park, anvil.number, size) for size in sizes]


def clearing_time(size: int) -> float:
    """Seconds that the engine takes for a random book under the default rule."""
    orders = random_orders(size)
    start = perf_counter()
    uniform.clear(orders)
    return perf_counter() - start


def random_orders(size: int) -> list[Order]:
    """Half bids, half asks, of household size."""
    luck = random.Random(size)
    sides = (Side.BUY, Side.SELL)
    return [Order(i, sides[i % 2], luck.randrange(500, 9_000), luck.randrange(200, 900)) for i in range(size)]


def _measured(park: Park, node: int, size: int) -> tuple[Life, Effort]:
    given, used = _given(park, size), Spent()
    # One by one is the same at any size; of a large book a part will do.
    single = run(park, _given(park, min(size, 1_000)), alone=True)
    park.have_traders(size)
    park.have_devices(park.traders[1:size:2])
    with spent(node, used):
        relayed = run(park, given, relayed=True)
    held = memory(node)
    parts = run(park, given, relayed=True, cleared_at_once=max(32, min(PART, size // 2)))
    if relayed.fills != parts.fills:
        raise AssertionError("a book cleared whole and in parts came out differently")
    effort = Effort(
        orders=size,
        clear_bytes=_clear_bytes(park, relayed),
        engine_time=int(clearing_time(size) * 10**6) // size,
        node_time=used.node // size,
        node_memory=held,
    )
    return _life(size, given, (single, relayed, parts)), effort


def _life(size: int, given: Given, runs: tuple[Run, Run, Run]) -> Life:
    single, relayed, parts = runs
    bids, asks = (_reveals(single, given, side) for side in (Side.BUY, Side.SELL))
    return Life(
        orders=size,
        commit=int(median(single.commit_gas)),
        commit_relayed=sum(relayed.commit_gas) // size,
        reveal_bid=int(median(bids)),
        reveal_ask=int(median(asks)),
        reveal_batch=sum(relayed.reveal_gas) // size,
        clear=relayed.clear_gas // size,
        clear_whole=relayed.clear_gas,
        clear_in_parts=parts.clear_gas,
        settle=relayed.settle_gas // size,
    )


def _clear_bytes(park: Park, done: Run) -> int:
    call = (done.book.key, done.proposal, done.words)
    return len(message(park.market.clearing, "clear", known_account("grid").address, *call).data) // 2 - 1


def _given(park: Park, size: int) -> Given:
    def propose(orders: list[Order], _: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
        return proposals.for_uniform(uniform.clear(orders)), []

    rule = park.market.deployment.address("Uniform")
    terms = Terms(rule, uniform.MIDPOINT_BPS, 20, 0, 20, False, False, False)
    return Given(random_orders(size), terms, propose)


def _reveals(single: Run, given: Given, side: Side) -> list[int]:
    return [gas for gas, order in zip(single.reveal_gas, given.orders, strict=False) if order.side is side]
