"""The same slot again and again: whether the thousandth costs what the first did, and what is kept of all of them.

A few members sell to one another, are metered and settled, every slot with the same amounts.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from frontend_api.database.database import Database
from frontend_api.index.following import Follower, Step
from wattbook.bench.processes import Spent, memory, own_time, spent
from wattbook.chain import Chain
from wattbook.contracts.structs import Carrier, Direction, Facts, Purse, Sale
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.eip712 import sign
from wattbook.trial.blocks import OPTIONS, Message, message
from wattbook.trial.park import FAR, SLOT_SECONDS, Park
from wattbook.trial.rounds import Register, Rounds

_ZONE = 1
MEMBERS = 8
_WH, _PRICE = 1_000, 450
# An hour, as each device has one more place made for it once in so many.
_MEAN_OF = 4


@dataclass(frozen=True)
class Slots:
    """After so many slots. Gas of a slot in the mean of the last hour.

    - block_bytes: of all blocks, for each slot
    - events, index_bytes: for each slot; index_time: microseconds for an event, since the size before
    - node_time: microseconds for each slot, since the size before
    """

    slots: int
    gas: int
    block_bytes: int
    events: int
    index_bytes: int
    index_time: int
    node_time: int
    node_memory: int


def measure(sizes: Sequence[int], progress: Callable[[str], None] = lambda said: None) -> list[Slots]:
    """A park after each of these numbers of slots, the fewer first."""
    anvil = Anvil(*OPTIONS)
    with anvil as chain, tempfile.TemporaryDirectory() as folder:
        return list(_Lasting(chain, anvil.number, Path(folder) / "index.db").go_on(sorted(sizes), progress))


class _Lasting:
    def __init__(self, chain: Chain, node: int, index: Path) -> None:
        self.park, self._node, self._index = Park(chain), node, index
        self.park.have_traders(MEMBERS)
        self._rounds = Rounds(self.park)
        self._salts = count()
        owners = self.park.traders
        plants, meters = (
            self.park.new_devices([(owner, {"direction": direction}) for owner in owners])
            for direction in (Direction.INJECTION, Direction.WITHDRAWAL)
        )
        self._plants, self._registers = plants, [Register(device) for device in (*plants, *meters)]
        self._bytes = self._events = 0
        self._start()
        self._follow()
        self._began = self._index.stat().st_size
        self._events = 0

    def go_on(self, sizes: list[int], progress: Callable[[str], None]) -> Iterator[Slots]:
        """Up to each of the numbers."""
        done, gas = 0, []
        for size in sizes:
            progress(f"{size:,} slots")
            used, new = Spent(), size - done
            with spent(self._node, used):
                while done < size:
                    gas.append(self._slot())
                    done += 1
            index_time = self._follow()
            yield Slots(
                slots=size,
                gas=sum(gas[-_MEAN_OF:]) // len(gas[-_MEAN_OF:]),
                block_bytes=self._bytes // size,
                events=self._events // size,
                index_bytes=(self._index.stat().st_size - self._began) // size,
                index_time=index_time,
                node_time=used.node // new,
                node_memory=memory(self._node),
            )

    def _start(self) -> None:
        """Goes to where facts that are decided now begin to hold, and two slots on: each finds what it needs."""
        market, blocks = self.park.market, self.park.blocks
        grid = purse_account(Purse.GRID)
        facts = Facts(300, 300, 1_000, 300, 600, 1_800, 100, 900, 0, 0, 0, grid, purse_account(Purse.NETWORK))
        self._time = (blocks.now + market.zones.notice()) // SLOT_SECONDS * SLOT_SECONDS + 2 * SLOT_SECONDS
        setting = (_ZONE, Carrier.ELECTRICITY, self._time, facts)
        blocks.mine([message(market.zones, "setFacts", market.authority.address, *setting)])
        blocks.mine(self._sales(self._time))
        for _ in range(2):
            blocks.mine([*self._read(), *self._sales(self._time + SLOT_SECONDS)], self._time + 1)
            self._time += SLOT_SECONDS
        blocks.mine(self._rounds.count(1))

    def _slot(self) -> int:
        """Gas of all that is done in a slot: the one before it is counted and settled, it is read, the next is sold."""
        before = self._time - 2 * SLOT_SECONDS
        listed = sorted(self.park.traders, key=lambda one: int(one, 16))
        slot = (_ZONE, Carrier.ELECTRICITY, before, listed)
        settle = message(self.park.market.imbalance, "settle", known_account("grid").address, *slot)
        calls = [*self._rounds.count(1), settle, *self._read(), *self._sales(self._time + SLOT_SECONDS)]
        mined = self.park.blocks.mine(calls, self._time + 1)
        self._time += SLOT_SECONDS
        self._bytes += int(self.park.market.chain.web3.eth.get_block("latest")["size"])
        return sum(one.gas for one in mined)

    def _read(self) -> list[Message]:
        for register in self._registers:
            register.shows += _WH
        return self._rounds.read(self._time, self._registers, {}, "")

    def _sales(self, start: int) -> list[Message]:
        """Each of the first half to one of the other."""
        park, half = self.park, MEMBERS // 2
        direct, sales = park.market.direct_sale, []
        for place in range(half):
            seller, buyer = park.traders[place], park.traders[place + half]
            terms = (Carrier.ELECTRICITY, _ZONE, self._plants[place], start, _WH, _PRICE, next(self._salts), FAR)
            sale = Sale(seller, buyer, *terms)
            said = {{"slot_start": "slotStart"}.get(name, name): value for name, value in sale._asdict().items()}
            said["carrier"] = int(Carrier.ELECTRICITY)
            signatures = [sign(direct, "Sale", park.keys[one], said) for one in (seller, buyer)]
            sales.append(message(direct, "sell", known_account("grid").address, sale, *signatures))
        return sales

    def _follow(self) -> int:
        """Microseconds for each event that is new, in the middle of all steps."""
        database, times, last = Database(str(self._index)), [], own_time()

        def told(step: Step) -> None:
            nonlocal last
            now = own_time()
            if step.events:
                times.append((now - last) // step.events)
                self._events += step.events
            last = now

        Follower(self.park.market, database, told).catch_up()
        database.close()
        return int(median(times)) if times else 0
