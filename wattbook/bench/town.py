"""A town that grows: what each new member costs, and what it costs to meter and settle a slot of all there are.

Everybody has one consumer's meter. Who is admitted, what is used and when, is fixed, so gas is the same to the unit.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from frontend_api.database.database import Database
from frontend_api.index.following import Follower, Step
from wattbook.bench import api
from wattbook.bench.load import ask
from wattbook.bench.processes import Spent, memory, own_time, spent
from wattbook.chain import Chain
from wattbook.contracts.structs import Carrier, Direction, Facts, Purse
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.settlement.imbalance import Metered, Terms, settle
from wattbook.trial.blocks import OPTIONS, Message, Mined, message
from wattbook.trial.park import SLOT_SECONDS, Park
from wattbook.trial.rounds import Register, Rounds

_ZONE = 1
_TERMS = Terms(pool_in=300, pool_out=600, loss_bps=300, band_bps=300, penalty_bps=1_000)
_AT_ONCE = 50
# Calls in a block.
_BLOCK = 50
_WH = 250
_HOUR = 3_600
_ASKED, _ASKED_A_SECOND = 20, 5


@dataclass(frozen=True)
class Members:
    """Gas of each who came last, and what the index and the API make of all.

    - join: admitted, his money minted, approved and deposited, his modules chosen
    - device: registered and certified
    - events, kilobytes: of the index's file
    - index_time: microseconds for an event; list_time, one_time: to answer, in the middle
    """

    members: int
    admit: int
    join: int
    device: int
    events: int
    kilobytes: int
    index_time: int
    list_time: int
    one_time: int
    node_memory: int


@dataclass(frozen=True)
class Meters:
    """A slot in which all meters of a zone count something, in the mean of an hour. Gas of the root; of a reading
    counted and of an account settled, by 50; and of the whole slot.

    - dispute: a wrong reading doubted, put right, and judged
    - count_bytes: the largest transaction that counts fifty
    - block_bytes: of all blocks of a slot, for each meter
    - tree_time, engine_time, node_time: microseconds for each meter
    """

    meters: int
    root: int
    count: int
    settle: int
    slot: int
    dispute: int
    count_bytes: int
    block_bytes: int
    tree_time: int
    engine_time: int
    node_time: int
    node_memory: int


def measure(sizes: Sequence[int], progress: Callable[[str], None] = lambda said: None) -> list[tuple[Members, Meters]]:
    """A town at each of these sizes, the smaller first."""
    anvil = Anvil(*OPTIONS)
    with anvil as chain, tempfile.TemporaryDirectory() as folder:
        town = _Town(chain, anvil.number, Path(folder))
        return list(town.grow(sorted(sizes), progress))


class _Town:
    def __init__(self, chain: Chain, node: int, folder: Path) -> None:
        self.park, self._node, self._folder = Park(chain), node, folder
        deployment = self.park.market.deployment
        deployment.path = folder / "deployment.json"
        deployment.write()
        self._rounds = Rounds(self.park)
        self._registers: list[Register] = []
        self._indexed = 0
        self._decide()

    def grow(self, sizes: list[int], progress: Callable[[str], None]) -> Iterator[tuple[Members, Meters]]:
        for size in sizes:
            progress(f"{size:,} members with a meter each")
            yield self._members(size), self._meters()

    def _decide(self) -> None:
        """Facts for all slots that are measured."""
        market, blocks = self.park.market, self.park.blocks
        grid = purse_account(Purse.GRID)
        shares = (1_800, 100, 900)
        prices = (_TERMS.loss_bps, _TERMS.band_bps, _TERMS.penalty_bps, _TERMS.pool_in, _TERMS.pool_out)
        facts = Facts(*prices, *shares, 0, 0, 0, grid, purse_account(Purse.NETWORK))
        since = (blocks.now + market.zones.notice()) // SLOT_SECONDS * SLOT_SECONDS + 2 * SLOT_SECONDS
        setting = (_ZONE, Carrier.ELECTRICITY, since, facts)
        blocks.mine([message(market.zones, "setFacts", market.authority.address, *setting)])
        blocks.mine([], since)

    # -------------------------------------------------------------------------------------------------------- members

    def _members(self, size: int) -> Members:
        market, blocks = self.park.market, self.park.blocks
        before, new = dict(blocks.spent), size - len(self._registers)
        self.park.have_traders(size)
        joining = {market.membership, market.power_token, market.vault}
        admit = self._since(before, market.membership.address) // new
        join = sum(self._since(before, one.address) for one in joining) // new
        meters = [(trader, {"direction": Direction.WITHDRAWAL}) for trader in self.park.traders[-new:]]
        self._registers += [Register(device) for device in self.park.new_devices(meters)]
        device = self._since(before, market.meters.address) // new
        events, index_time = self._index()
        self._indexed += events
        kilobytes = (self._folder / "index.db").stat().st_size // 1_000
        known = memory(self._node)
        lists, ones = self._ask(size)
        return Members(size, admit, join, device, self._indexed, kilobytes, index_time, lists, ones, known)

    def _since(self, before: dict[tuple[str, str], int], contract: str) -> int:
        spent = self.park.blocks.spent
        return sum(gas - before.get(key, 0) for key, gas in spent.items() if key[0] == contract)

    def _index(self) -> tuple[int, int]:
        """How many events came, and microseconds for each."""
        database, events = Database(str(self._folder / "index.db")), 0

        def count(step: Step) -> None:
            nonlocal events
            events += step.events

        follower = Follower(self.park.market, database, count)
        begun = own_time()
        follower.catch_up()
        used = own_time() - begun
        database.close()
        return events, used // max(events, 1)

    def _ask(self, size: int) -> tuple[int, int]:
        """Microseconds for a page of members, and for one of them."""
        asked = [("list", "/api/v1/members?role=producer"), ("one", f"/api/v1/members/{size}")] * (_ASKED // 2)
        with api.served(self.park.market.chain, self._folder) as (port, _):
            ask(port, asked[:10], _ASKED_A_SECOND)
            found = ask(port, asked, _ASKED_A_SECOND)
        if any(one.errors for one in found.values()):
            raise api.LoadError(f"the server did not answer: {found}")
        return int(median(found["list"].microseconds)), int(median(found["one"].microseconds))

    # --------------------------------------------------------------------------------------------------------- meters

    def _meters(self) -> Meters:
        """An hour of slots, after one that was counted too: in the first one of a device its places are made, and once
        an hour there is one more."""
        size, web3 = len(self._registers), self.park.market.chain.web3
        start = (self.park.blocks.now // _HOUR + 2) * _HOUR
        for time in (start - SLOT_SECONDS, start):
            self._read(time)
            self._count()
        first, slots = web3.eth.block_number, _HOUR // SLOT_SECONDS
        attested, counted, settled = Spent(), Spent(), Spent()
        roots, counts, settles, largest = 0, 0, 0, 0
        for since in range(start, start + _HOUR, SLOT_SECONDS):
            with spent(self._node, attested):
                roots += sum(one.gas for one in self._read(since + SLOT_SECONDS))
            with spent(self._node, counted):
                mined, largest = self._count()
                counts += sum(one.gas for one in mined)
            with spent(self._node, settled):
                settles += sum(one.gas for one in self._settle(since))
            self._check(since)
        written = sum(int(web3.eth.get_block(number)["size"]) for number in range(first + 1, web3.eth.block_number + 1))
        each = size * slots
        # Before what is still to be done for the dispute.
        held = memory(self._node)
        return Meters(
            meters=size,
            root=roots // slots,
            count=counts // each,
            settle=settles // each,
            slot=(roots + counts + settles) // slots,
            dispute=self._dispute(start + _HOUR + SLOT_SECONDS),
            count_bytes=largest,
            block_bytes=written // each,
            tree_time=attested.own // each,
            engine_time=_engine_time(size),
            node_time=(attested.node + counted.node + settled.node) // each,
            node_memory=held,
        )

    def _dispute(self, time: int) -> int:
        """Gas of all that one lie comes to."""
        device, doubter = self._registers[0].device, self.park.traders[0]
        calls = self._rounds.read(time, self._registers, {device: 1}, doubter)
        _, *others = self.park.blocks.mine(calls, time + 1)
        self._count()
        return sum(one.gas for one in others)

    def _read(self, time: int) -> list[Mined]:
        """A quarter of a kWh later."""
        for register in self._registers:
            register.shows += _WH
        return self.park.blocks.mine(self._rounds.read(time, self._registers, {}, ""), time + 1)

    def _count(self) -> tuple[list[Mined], int]:
        """When all is final."""
        self.park.blocks.mine([], self.park.blocks.now + self.park.market.readings.window() + 1)
        calls = self._rounds.count(len(self._rounds.queue))
        return self._mine(calls), max(_bytes(call) for call in calls)

    def _settle(self, start: int) -> list[Mined]:
        listed = sorted(self.park.traders, key=lambda one: int(one, 16))
        parts = [listed[first : first + _AT_ONCE] for first in range(0, len(listed), _AT_ONCE)]
        relayer, imbalance = known_account("grid").address, self.park.market.imbalance
        slot = (_ZONE, Carrier.ELECTRICITY, start)
        return self._mine([message(imbalance, "settle", relayer, *slot, part) for part in parts])

    def _check(self, start: int) -> None:
        """What was counted is what was used, or figures are of something else."""
        withdrawn = self.park.market.imbalance.balance_of(_ZONE, Carrier.ELECTRICITY, start)[1]
        if withdrawn != _WH * len(self._registers):
            raise AssertionError(f"{len(self._registers)} meters counted {withdrawn} Wh")

    def _mine(self, calls: list[Message]) -> list[Mined]:
        parts = [calls[first : first + _BLOCK] for first in range(0, len(calls), _BLOCK)]
        return [mined for part in parts for mined in self.park.blocks.mine(part)]


def _bytes(call: Message) -> int:
    return len(call.data) // 2 - 1


def _engine_time(size: int) -> int:
    parties = {str(place): Metered(0, _WH + place, 0, _WH) for place in range(size)}
    begun = own_time()
    settle(parties, _TERMS)
    return (own_time() - begun) // size
