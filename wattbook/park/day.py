"""A day of the park in minutes: the clock of its chain is set, and all that is not the clock is real (docs/park.md)."""

import re
import secrets
import time as machine
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from wattbook.bridge.clock import CHAIN
from wattbook.chain import Chain
from wattbook.deployment.anvil import Anvil
from wattbook.months import month_at, start_of
from wattbook.park.asking import Asking
from wattbook.park.chain import ask
from wattbook.park.checks import Seen, checks, money_of
from wattbook.park.delivery import Delivery
from wattbook.park.founding import facts_of
from wattbook.park.packages import selling
from wattbook.park.people import MeterKeys, Register, write_registers
from wattbook.park.settings import BRIDGES, Folder, ParkSettings
from wattbook.park.supervisor import ParkError, Supervisor, broker
from wattbook.scenario.accounts import Accounts
from wattbook.scenario.closing import Closing
from wattbook.scenario.file import find, read_scenario
from wattbook.scenario.model import Scenario, Trouble
from wattbook.scenario.result import Told, Value, result_of
from wattbook.scenario.runner import Runner
from wattbook.scenario.village import Village, options
from wattbook.trial.blocks import message
from wattbook.trial.days import Line

_READY = "park-day"
# Old states that the node keeps: bridges look a block back, bills to the end of a month.
_STATES = "512"
_STARTS_WITHIN, _POLL = 180.0, 0.2
_TERM = 1
# A bridge's figure of what it took that was signed.
_TAKEN = re.compile(r'^wattbook_readings_total\{.*trust="A".*\} (\d+)', re.MULTILINE)

# What is done, how much of it, of how much (0: nobody knows).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Day:
    """What a day came to.

    - result: as of a scenario that is replayed (docs/replay.md)
    - seen: what else happened; money: what each member got and paid, and what for
    - wholes: Wh in certificates of 1 MWh
    - lines: what must be equal, by contracts, engine, bridges and API
    """

    result: Value
    seen: Seen
    money: dict[str, dict[str, int]]
    wholes: int
    lines: tuple[Line, ...]

    @property
    def broken(self) -> list[Line]:
        """What is not equal."""
        return [one for one in self.lines if not one.holds]


def park_day() -> Scenario:
    """The ready one. That attesters are told too much needs attesters who do not look; here they do."""
    found = read_scenario(find(_READY))
    return replace(found, faults=tuple(one for one in found.faults if one.trouble is not Trouble.LIE))


def live_day(folder: Folder, scenario: Scenario, progress: Progress) -> Day:
    """Founds a park in a new folder, lets a day of it pass, and brings it to its end."""
    with ExitStack() as stack:
        return _Course(folder, scenario, progress, stack).run()


class _Course:
    """The steps of a day."""

    def __init__(self, folder: Folder, scenario: Scenario, progress: Progress, stack: ExitStack) -> None:
        self._folder, self._scenario, self._progress = folder, scenario, progress
        folder.path.mkdir(parents=True, exist_ok=True)
        self._settings = self._begin(stack)
        self._supervisor = Supervisor(folder, self._settings)
        stack.callback(self._supervisor.stop)
        self._stack = stack

    def run(self) -> Day:
        village = self._found()
        first = village.market.chain.web3.eth.block_number + 1
        listed = _registers(village, self._settings.broker)
        write_registers(self._folder.registers, listed)
        replace(village.market.deployment, path=self._folder.deployment).write()
        self._supervisor.start_services()
        self._wait_for_services()
        asking = Asking(self._settings.api)
        self._stack.callback(asking.close)
        accounts = Accounts(village)
        self._sell_packages(village)
        delivery = Delivery(village, self._folder, listed, self._stack)
        happened = Runner(village, delivery).run(lambda done, of: self._progress("slots", done, of))
        taken = {name: _taken(self._settings, name) for name in BRIDGES}
        self._supervisor.stop(*BRIDGES)
        self._progress("closing", 0, 0)
        closed = Closing(village, happened).run(wholes=True, more=[(self._month_end + 1, lambda: self._draw(village))])
        statements = accounts.statements()
        lines = accounts.lines(happened, closed, statements)
        told = Told(village, happened, closed, statements, lines)
        self._progress("index", 0, 0)
        asking.wait_for(village.market.chain)
        roots, spent = _by_bridges(village, first), _in_blocks(village.market.chain, first)
        after = accounts.free()
        gains = {name: after[who] - accounts.before[who] for name, who in village.accounts.items()}
        seen = Seen(delivery.times, delivery.sent, taken, *roots, spent, gains)
        self._progress("checks", 0, 0)
        result = result_of(told)
        money = {name: money_of(told, name) for name in village.accounts}
        wholes = sum(closed.wholes.values())
        return Day(result, seen, money, wholes, (*lines, *checks(told, result, seen, asking)))

    def _begin(self, stack: ExitStack) -> ParkSettings:
        node = Anvil(*options(self._scenario), _STATES)
        self._chain = stack.enter_context(node)
        settings = self._folder.begin(len(self._scenario.members), broker() is not None)
        ports = {**settings.ports, "chain": urlsplit(node.rpc).port or 0}
        # One of them alone has its turn until the next reading: what both propose at once takes long to agree on.
        grace = self._scenario.slot_seconds // 2
        settings = replace(settings, seed=secrets.token_hex(16), ports=ports, clock=CHAIN, grace=grace)
        self._folder.keep(settings)
        return settings

    def _found(self) -> Village:
        numbers = iter(range(1, 10_000))
        seed = self._settings.seed
        return Village(
            self._chain,
            self._scenario,
            lambda what: self._progress(what, 0, 0),
            lambda _: MeterKeys(seed, next(numbers)),
        )

    def _wait_for_services(self) -> None:
        """Until bridges hear from their sources, and the API answers."""
        urls = [f"http://127.0.0.1:{self._settings.ports[name]}/health" for name in BRIDGES]
        deadline = machine.monotonic() + _STARTS_WITHIN
        for url, is_well in [*((url, "healthy") for url in urls), (f"{self._settings.api}/api/v1/market", "chain_id")]:
            while not _answers(url, is_well):
                if machine.monotonic() > deadline or self._supervisor.watch():
                    raise ParkError(f"{url} does not come")
                self._progress("bridges", 0, 0)
                machine.sleep(_POLL)

    @property
    def _month_end(self) -> int:
        return start_of(month_at(self._scenario.start) + _TERM)

    def _sell_packages(self, village: Village) -> None:
        facts, month = facts_of(self._scenario.tradings[0]), month_at(self._scenario.start)
        who = list(village.accounts.values())
        for step in selling(village.market, self._scenario.slot_seconds, facts, who, month, _TERM):
            village.mine(step)

    def _draw(self, village: Village) -> None:
        """Has the provider paid for the month, once it is over."""
        packages = village.market.energy_packages
        all_of_them = list(range(1, packages.subscription_count() + 1))
        village.mine([message(packages, "draw", village.relayer, all_of_them)])


def _registers(village: Village, by_broker: bool) -> list[Register]:
    """All that are read; half of them send by the broker, if there is one."""
    places = {account: place for place, account in enumerate(village.accounts.values())}
    found = []
    for name, owner, carrier, pair in _pairs(village):
        for one, injects in zip(pair, (True, False), strict=True):
            if one:
                mqtt = by_broker and one.device % 4 < 2
                found.append(Register(one.device, name, places.get(owner, -1), int(carrier), injects, mqtt))
    return sorted(found, key=lambda one: one.number)


def _pairs(village: Village) -> Iterator[tuple[str, str, int, Any]]:
    for meter in village.meters.values():
        yield meter.device.name, meter.account, int(meter.device.carrier), (meter.injection, meter.withdrawal)
    for carrier, pair in village.feeders.items():
        yield f"grid/{carrier.name.lower()}", village.relayer, int(carrier), pair


def _answers(url: str, is_well: str) -> bool:
    try:
        said = httpx.get(url, timeout=5, trust_env=False)
        return said.status_code == httpx.codes.OK and bool(said.json()[is_well])
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def _taken(settings: ParkSettings, bridge: str) -> int:
    """How many readings a bridge took, each signed by its meter."""
    said = httpx.get(f"http://127.0.0.1:{settings.ports[bridge]}/metrics", timeout=30, trust_env=False)
    return sum(map(int, _TAKEN.findall(said.text)))


def _by_bridges(village: Village, first: int) -> tuple[int, int]:
    """How many roots bridges posted from a block on, and what gas that took."""
    chain, topic = village.market.chain, "0x" + village.market.readings.raw.events.RootPosted().topic[2:]
    asked = {"fromBlock": hex(first), "address": village.market.readings.address, "topics": [topic]}
    logs = ask(chain, "eth_getLogs", asked)
    receipts = [ask(chain, "eth_getTransactionReceipt", log["transactionHash"]) for log in logs]
    return len(logs), sum(int(one["gasUsed"], 16) for one in receipts)


def _in_blocks(chain: Chain, first: int) -> int:
    """The gas of all blocks from one on."""
    last = chain.web3.eth.block_number
    blocks = (ask(chain, "eth_getBlockByNumber", hex(number), False) for number in range(first, last + 1))
    return sum(int(one["gasUsed"], 16) for one in blocks)
