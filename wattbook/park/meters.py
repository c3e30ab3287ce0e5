"""The park's meters: what devices do, slot by slot, counted in registers, signed, and brought to the bridges.

Records come to the bridges by a broker or by HTTP. Each stands on disk until it is taken, so that neither a dead bridge
nor a dead broker loses one.
"""

import json
import sqlite3
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import httpx
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from wattbook.connection import Market
from wattbook.errors import ChainError
from wattbook.market.words import Quote, index_of
from wattbook.metering.readings import Reading
from wattbook.park.books import Books
from wattbook.park.chain import market_of
from wattbook.park.journal import DeskJournal
from wattbook.park.people import MeterKeys, direction_of, read_registers
from wattbook.park.settings import BRIDGES, PARK_SECONDS, SLOT_SECONDS, Folder, Time
from wattbook.scenario.model import Scenario
from wattbook.scenario.profiles import Charging, Device
from wattbook.scenario.strategies import Flow, Outlook, behave

TOKEN = "PARK_METERS_TOKEN"
TOPIC = "park/{}/reading"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS registers (number INTEGER PRIMARY KEY, wh INTEGER, sequence INTEGER, previous BLOB);
CREATE TABLE IF NOT EXISTS held (name TEXT PRIMARY KEY, wh INTEGER);
CREATE TABLE IF NOT EXISTS read (time INTEGER);
CREATE TABLE IF NOT EXISTS unsent (id INTEGER PRIMARY KEY AUTOINCREMENT, way TEXT, meter INTEGER, body BLOB);
"""
_BROKER = "broker"
FIRST_WH = 1_000_000
_AGAIN = 1.0
# Seconds for which what the broker has taken is kept: more than it needs to pass it on, or to write it down.
_KEPT = 6
_AT_ONCE = 500
# Meters that stood still for longer are read once: no more registers than these could be used anyway.
_MOST_BEHIND = 90


@dataclass(frozen=True)
class Counter:
    """What a register stands at, and the number and hash of its last record."""

    wh: int
    sequence: int
    previous: bytes


class MetersFile:
    """Where meters and devices keep what they hold."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    @property
    def read_until(self) -> int:
        """The time of the last reading, 0 before the first."""
        [(found,)] = self._db.execute("SELECT MAX(time) FROM read").fetchall()
        return found or 0

    def counters(self) -> dict[int, Counter]:
        rows = self._db.execute("SELECT number, wh, sequence, previous FROM registers").fetchall()
        return {number: Counter(*values) for number, *values in rows}

    def held(self) -> dict[str, int]:
        """What stores hold, and what piles still need today."""
        return dict(self._db.execute("SELECT name, wh FROM held").fetchall())

    def keep(
        self,
        read_at: int,
        counters: Mapping[int, Counter],
        held: Mapping[str, int],
        unsent: Sequence[tuple[str, int, bytes]],
    ) -> None:
        """Writes down a reading of all meters, with the records that are to be brought to the bridges."""
        with self._writing():
            rows = [(number, one.wh, one.sequence, one.previous) for number, one in counters.items()]
            self._db.executemany("INSERT OR REPLACE INTO registers VALUES (?, ?, ?, ?)", rows)
            self._db.executemany("INSERT OR REPLACE INTO held VALUES (?, ?)", list(held.items()))
            self._db.execute("DELETE FROM read")
            self._db.execute("INSERT INTO read VALUES (?)", [read_at])
            self._db.executemany("INSERT INTO unsent (way, meter, body) VALUES (?, ?, ?)", unsent)

    def unsent(self, way: str, after: int = 0) -> list[tuple[int, int, bytes]]:
        """What is to be brought on a way, the oldest first: its number here, the meter, the record; of those `after` a
        number."""
        query = "SELECT id, meter, body FROM unsent WHERE way = ? AND id > ? ORDER BY id LIMIT ?"
        return self._db.execute(query, (way, after, _AT_ONCE)).fetchall()

    def sent(self, way: str, until: int) -> None:
        with self._writing():
            self._db.execute("DELETE FROM unsent WHERE way = ? AND id <= ?", (way, until))

    def waiting(self) -> int:
        """How many records are on their way."""
        [(found,)] = self._db.execute("SELECT COUNT(*) FROM unsent").fetchall()
        return int(found)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


class Meters:
    """All meters of the park, read at each time of the grid."""

    def __init__(self, folder: Folder) -> None:
        settings = folder.settings()
        self._market = market_of(folder)
        self._scenario = folder.scenario()
        self._time = Time(settings, self._scenario)
        self._first = settings.since
        self._registers = read_registers(folder.registers)
        self._keys = {one.number: MeterKeys(settings.seed, one.number) for one in self._registers}
        self._file = MetersFile(folder.meters)
        self._journal = DeskJournal(folder.journal)
        self._books = Books(self._market)

    def step(self) -> None:
        """Reads all meters for each time that has come."""
        now = int(time.time())
        due = max(self._file.read_until + SLOT_SECONDS, self._first)
        last = now // SLOT_SECONDS * SLOT_SECONDS
        if due > last:
            return
        with suppress(ChainError):
            self._books.follow()
        for read_at in range(max(due, last - _MOST_BEHIND * SLOT_SECONDS), last + 1, SLOT_SECONDS):
            self._read(read_at)

    def _read(self, read_at: int) -> None:
        held, counters = self._file.held(), self._file.counters()
        flows = self._flows(read_at - SLOT_SECONDS, held) if read_at > self._first else {}
        unsent = []
        for one in self._registers:
            counter = counters.get(one.number, Counter(FIRST_WH * one.number, 0, bytes(32)))
            flow = flows.get(one.name, Flow(0, 0, 0))
            wh = counter.wh + (flow.injected if one.injects else flow.withdrawn)
            reading = Reading(
                one.number, one.carrier, direction_of(one), read_at, wh, counter.sequence + 1, 0, counter.previous
            )
            digest = reading.digest(self._market.chain.chain_id, self._market.readings.address)
            record = record_of(self._market, reading, self._keys[one.number].sign(digest))
            counters[one.number] = Counter(wh, reading.sequence, digest)
            unsent += [(way, one.number, record) for way in ((_BROKER,) if one.mqtt else BRIDGES)]
        held |= {name: flow.held for name, flow in flows.items()}
        self._file.keep(read_at, counters, held, unsent)

    def _flows(self, slot: int, held: Mapping[str, int]) -> dict[str, Flow]:
        """What each device did in a slot."""
        sold, bought = self._traded(slot)
        flows = {}
        for member in self._scenario.members:
            for device in member.devices:
                name = device.name
                outlook = self._outlook(device, slot)
                flows[name] = behave(device, outlook, held.get(name, 0), sold[name], bought[name])
        return flows

    def _outlook(self, device: Device, slot: int) -> Outlook:
        prices = self._scenario.trading(device.carrier).prices
        return Outlook(self._scenario.place, device.carrier, self._time.in_park(slot), PARK_SECONDS, prices)

    def _traded(self, slot: int) -> tuple[defaultdict[str, int], defaultdict[str, int]]:
        """Wh that each device sold and bought by orders of its own."""
        names = {(one.carrier, one.trader, one.number): one.name for one in self._journal.of_slot(slot)}
        sold: defaultdict[str, int] = defaultdict(int)
        bought: defaultdict[str, int] = defaultdict(int)
        for book in self._books.of_slot(slot):
            for word in book.words:
                quote = Quote.of_word(word)
                wh, _, _ = book.fills.get(index_of(word), (0, 0, 0))
                name = names.get((int(book.book.carrier), quote.trader, quote.number), "")
                (sold if quote.sell else bought)[name] += wh
        return sold, bought


class Holdings:
    """What the desk knows of stores and piles: what they held when they were last read, and what was ordered since."""

    def __init__(self, folder: Folder, scenario: Scenario, journal: DeskJournal) -> None:
        self._file = MetersFile(folder.meters)
        self._journal = journal
        devices = [device for member in scenario.members for device in member.devices]
        self._piles = {device.name for device in devices if isinstance(device.what, Charging)}

    def foreseen(self, before: int) -> tuple[dict[str, int], dict[str, int]]:
        """What sellers and buyers go by for a slot to come. Who sells counts on nothing that he may still buy, who buys
        on no room that he may still make."""
        selling = self._file.held()
        buying = dict(selling)
        since = max(self._file.read_until, before - _MOST_BEHIND * SLOT_SECONDS)
        for slot in range(since, before, SLOT_SECONDS):
            for one in self._journal.of_slot(slot):
                if one.name not in buying:
                    continue
                if one.sell:
                    selling[one.name] = max(0, selling[one.name] - one.wh)
                elif one.name in self._piles:
                    buying[one.name] = max(0, buying[one.name] - one.wh)
                else:
                    buying[one.name] += one.wh
        return selling, buying


def record_of(market: Market, reading: Reading, signature: bytes) -> bytes:
    """A reading in the format that bridges take, and a contract could check."""
    fields = {
        "meter": reading.device,
        "carrier": reading.carrier,
        "direction": reading.direction,
        "t": reading.time,
        "register": reading.register,
        "seq": reading.sequence,
        "quality": reading.quality,
        "prevHash": f"0x{reading.previous.hex()}",
        "chainId": market.chain.chain_id,
        "contract": market.readings.address,
        "signature": f"0x{signature.hex()}",
    }
    return json.dumps(fields).encode()


def bring(folder: Folder, way: str, token: str, stop: Event) -> None:
    """Brings records to a bridge, or to the broker, until they are taken."""
    file, port = MetersFile(folder.meters), folder.settings().ports[way]
    with _Broker(port) if way == _BROKER else _Bridge(port, token) as carrier:
        while not stop.is_set():
            taken = False
            # Also a file that cannot be written just now is no reason to end.
            with suppress(httpx.HTTPError, ValueError, RuntimeError, sqlite3.Error):
                taken = carrier.bring(file, way)
            stop.wait(0.1 if taken else _AGAIN)


class _Bridge:
    """The way to a bridge by HTTP."""

    def __init__(self, port: int, token: str) -> None:
        self._client = httpx.Client(timeout=10, trust_env=False, headers={"Authorization": f"Bearer {token}"})
        self._client.base_url = f"http://127.0.0.1:{port}"

    def __enter__(self) -> "_Bridge":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def bring(self, file: MetersFile, way: str) -> bool:
        """Whether what waited is taken."""
        found = file.unsent(way)
        taken = posted(self._client, found)
        if found and taken:
            file.sent(way, found[-1][0])
        return taken


class _Broker:
    """The way to the broker. What it has taken is kept for a while, and published again over each new connection: a
    broker that was killed may have lost what it had not passed on."""

    def __init__(self, port: int) -> None:
        self._connections = self._of = self._told = 0
        self._kept: deque[tuple[int, float]] = deque()
        self._client = connected(port, self._on_connect)

    def __enter__(self) -> "_Broker":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def bring(self, file: MetersFile, way: str) -> bool:
        """Whether what waited is taken."""
        if self._of != self._connections:
            self._of, self._told = self._connections, 0
            self._kept.clear()
        found = file.unsent(way, self._told)
        taken = published(self._client, found)
        if found and taken:
            self._told = found[-1][0]
            self._kept.append((self._told, time.monotonic() + _KEPT))
        while self._kept and self._kept[0][1] < time.monotonic() and self._client.is_connected():
            file.sent(way, self._kept[0][0])
            self._kept.popleft()
        return taken

    def _on_connect(self, *_: object) -> None:
        self._connections += 1


def posted(client: httpx.Client, found: Sequence[tuple[int, int, bytes]]) -> bool:
    """A bridge answers 202 when it has what it could use, 422 when that was nothing: neither is to be sent again."""
    if not found:
        return True
    answer = client.post("/sources/gateway", content=b"\n".join(body for _, _, body in found))
    return answer.status_code in (202, 422)


def published(client: Client, found: Sequence[tuple[int, int, bytes]]) -> bool:
    """Whether the broker has them all; it has not while it cannot be reached."""
    sent = [client.publish(TOPIC.format(meter), body, qos=1) for _, meter, body in found]
    try:
        for one in sent:
            one.wait_for_publish(5)
    except (RuntimeError, ValueError):
        return False
    return all(one.is_published() for one in sent)


def connected(port: int, on_connect: Callable[..., None] | None = None) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, "park-meters", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = on_connect
    client.max_inflight_messages_set(_AT_ONCE)
    client.reconnect_delay_set(1, 2)
    client.connect_async("127.0.0.1", port)
    client.loop_start()
    return client


def ways(folder: Folder) -> tuple[str, ...]:
    """On which records are brought."""
    return (*BRIDGES, _BROKER) if folder.settings().broker else BRIDGES


def bringing(folder: Folder, token: str, stop: Event) -> list[Thread]:
    """Starts to bring records, on each way by itself: one that does not answer holds up no other."""
    threads = [Thread(target=bring, args=(folder, way, token, stop), name=way, daemon=True) for way in ways(folder)]
    for thread in threads:
        thread.start()
    return threads
