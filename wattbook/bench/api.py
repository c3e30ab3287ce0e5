"""How fast the API answers, with a year's orders in a file of SQLite, while the index follows a chain that goes on."""

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from wattbook.bench.filled import Filled, fill
from wattbook.bench.load import Timed, ask
from wattbook.bench.processes import processor_time
from wattbook.chain import Chain
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.errors import WattbookError
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.park import Park

A_SECOND, ORDERS = 100, 100_000
_WARM_UP = 2
_PATIENCE = 60
# Of the chain, meanwhile: seconds between blocks, and transfers in each.
_BETWEEN, _TRANSFERS = 1, 20
_START = "from wattbook.cli import main; main()"


class LoadError(WattbookError):
    """The server that was to be measured did not serve."""


@dataclass(frozen=True)
class Answered:
    """How long the answers of a route took, in microseconds."""

    route: str
    answers: int
    p50: int
    p95: int
    p99: int
    errors: int


@dataclass(frozen=True)
class Load:
    """- cpu: microseconds of processor time of the whole process for each request, the follower's among them"""

    orders: int
    a_second: int
    seconds: int
    cpu: int
    every: Answered
    routes: tuple[Answered, ...]


def measure(seconds: int, orders: int = ORDERS, a_second: int = A_SECOND) -> Load:
    """The main questions, mixed, so many a second whether answers come or not."""
    with Anvil(*OPTIONS) as chain, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        park = Park(chain)
        park.have_traders(2)
        filled = _prepare(park, folder, orders)
        with served(chain, folder) as (port, process), _traded(park):
            luck = random.Random(1)
            _ask(port, filled, luck, _WARM_UP * a_second // 4, a_second // 4)
            before = processor_time(process)
            found = _ask(port, filled, luck, seconds * a_second, a_second)
            cpu = (processor_time(process) - before) // (seconds * a_second)
    routes = sorted((_answered(name, timed) for name, timed in found.items()), key=lambda one: -one.p95)
    return Load(filled.orders, a_second, seconds, cpu, _answered("all", _together(found)), tuple(routes))


def _prepare(park: Park, folder: Path, orders: int) -> Filled:
    deployment = park.market.deployment
    deployment.path = folder / "deployment.json"
    deployment.write()
    database = Database(str(folder / "index.db"))
    try:
        Follower(park.market, database).catch_up()
        return fill(database, orders)
    finally:
        database.close()


@contextmanager
def served(chain: Chain, folder: Path) -> Iterator[tuple[int, int]]:
    """The real server as a process: its port, and its number."""
    uri = getattr(chain.web3.provider, "endpoint_uri", "")
    config = folder / "api.toml"
    config.write_text(
        f'database = "index.db"\nrpc = "{uri}"\ndeployment = "deployment.json"\nsecret = "api.secret"\n'
        "[limits]\nrequests_per_second = 0\n"
    )
    command = [sys.executable, "-c", _START, "api", str(config), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if "listening" not in line:
                raise LoadError("the server did not start; try `wattbook api`")
            port = int(line.rsplit(":", 1)[1])
            _wait_for(port)
            yield port, process.pid
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if b'"ok"' in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise LoadError(f"the server was not well after {_PATIENCE} s")


@contextmanager
def _traded(park: Park) -> Iterator[None]:
    """The chain goes on, so that the index has something to follow."""
    stop, token, traders = threading.Event(), park.market.power_token, park.traders
    issuer = known_account("issuer").address
    park.blocks.mine([message(token, "mint", issuer, traders[0], 10**12, os.urandom(32))])
    transfers = [message(token, "transfer", traders[0], traders[1], 1)] * _TRANSFERS

    def go_on() -> None:
        while not stop.wait(_BETWEEN):
            park.blocks.mine(transfers)

    thread = threading.Thread(target=go_on, name="traffic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _ask(port: int, filled: Filled, luck: random.Random, number: int, a_second: int) -> dict[str, Timed]:
    questions = list(_questions(filled, luck).items())
    asked = []
    for place in range(number):
        name, path = questions[place % len(questions)]
        asked.append((name, f"/api/v1{path()}"))
    luck.shuffle(asked)
    return ask(port, asked, a_second)


def _questions(filled: Filled, luck: random.Random) -> dict[str, Callable[[], str]]:
    """What people and programs ask most, each time of something else."""

    def book() -> str:
        return luck.choice(filled.books)

    def account() -> str:
        return luck.choice(filled.accounts)

    def zone() -> str:
        return quote(luck.choice(filled.zones))

    return {
        "books": lambda: f"/books?zone={zone()}&carrier=electricity",
        "books of all zones": lambda: "/books",
        "books now": lambda: "/books/now",
        "book": lambda: f"/books/{book()}",
        "orders of a book": lambda: f"/books/{book()}/orders",
        "orders of a trader": lambda: f"/orders?trader={account()}",
        "order": lambda: f"/orders/{book()}/{luck.randrange(300)}",
        "trades": lambda: "/trades",
        "trades of an account": lambda: f"/trades?account={account()}",
        "trade": lambda: f"/trades/{luck.choice(filled.trades)}",
        "trace": lambda: f"/trades/{luck.choice(filled.trades)}/trace",
        "prices": lambda: f"/prices?zone={zone()}&carrier=heating&limit=200",
        "curve": lambda: f"/books/{book()}/curve",
        "result": lambda: f"/books/{book()}/result",
        "members": lambda: "/members?role=producer",
        "devices": lambda: f"/devices?zone={zone()}",
        "certificates": lambda: "/certificates",
        "certificate": lambda: f"/certificates/{luck.choice(filled.certificates)}",
        "events": lambda: "/events?order=desc",
        "events of an account": lambda: f"/events?kind=account&subject={account()}",
    }


def _answered(name: str, timed: Timed) -> Answered:
    p50, p95, p99 = (timed.within(percent) for percent in (50, 95, 99))
    return Answered(name, len(timed.microseconds), p50, p95, p99, timed.errors.total())


def _together(found: dict[str, Timed]) -> Timed:
    every = Timed()
    for one in found.values():
        every.microseconds += one.microseconds
        every.errors += one.errors
    return every
