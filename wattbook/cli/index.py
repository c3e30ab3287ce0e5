import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import click
from sqlalchemy import func, select

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import events, progress
from frontend_api.index.audit import audit
from frontend_api.index.following import Follower, Step
from frontend_api.index.rebuilding import rebuild
from wattbook.cli.logs import console_or_json, log_to_stderr
from wattbook.cli.output import as_json, show, table
from wattbook.connection import Market
from wattbook.deployment.networks import network
from wattbook.deployment.record import find_deployment

_BAR = 30
_LINE_EVERY = 5.0
_SHOWN = 50

Command = Callable[..., None]

database_option = click.option(
    "--database",
    default="index.db",
    show_default=True,
    envvar="WATTBOOK_INDEX",
    help="A file, or the URL of a PostgreSQL server; the variable WATTBOOK_INDEX can say it, where nobody sees it.",
)


def of_market(command: Command) -> Command:
    """The options of a command that needs the chain."""
    command = click.option("--deployment", help="The deployment file, if it is not where it is kept.")(command)
    return click.option(
        "--network",
        "--rpc",
        "network_name",
        default="local",
        show_default=True,
        help="A name from networks.toml, or the address of a node.",
    )(command)


@click.group()
def index() -> None:
    """Keep what the chain tells in a database, for the API and the pages."""


@index.command("run")
@of_market
@database_option
@click.option("--until-head", is_flag=True, help="Stop when the newest block is reached.")
@click.option("--every", type=click.FloatRange(0.05, 60), default=1.0, show_default=True, help="Seconds between looks.")
@as_json
def run_index(
    network_name: str, deployment: str | None, database: str, until_head: bool, every: float, as_json: bool
) -> None:
    """Follow the chain until SIGTERM or Ctrl-C. What was done is shown on stderr."""
    stop = Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stop.set())
    log_to_stderr(console_or_json(as_json))
    shown = _Shown(as_json)
    with closing(Database(database)) as opened:
        follower = Follower(_market(network_name, deployment), opened, shown)
        if not until_head:
            follower.run(stop, every)
            shown.end()
            return
        step = follower.catch_up(stop)
        shown.end()
        value = _status(opened)
    show(as_json, value, lambda: [f"block {step.block} of {step.head}, {value['events']} events"])


@index.command("status")
@database_option
@as_json
def show_status(database: str, as_json: bool) -> None:
    """How far the index has come, and what went wrong. Needs no node."""
    with closing(_opened(database)) as opened:
        value = _status(opened)
    show(as_json, value, lambda: _status_lines(value))


@index.command("audit")
@of_market
@database_option
@as_json
def audit_index(network_name: str, deployment: str | None, database: str, as_json: bool) -> None:
    """Compare counts, balances and states with what the contracts say; exit status 1 where they part."""
    shown = _Counted("compared")
    with closing(_opened(database)) as opened:
        found = audit(_market(network_name, deployment), opened, shown)
    shown.end()
    value = {
        "block": found.block,
        "compared": found.compared,
        "differences": [
            {"what": one.what, "index": one.index, "contracts": one.contracts} for one in found.differences
        ],
    }

    def lines() -> list[str]:
        told = [str(one) for one in found.differences[:_SHOWN]]
        if more := len(found.differences) - len(told):
            told.append(f"and {more} more")
        said = "all agree" if found.agrees else f"{len(found.differences)} differ"
        return [*told, f"block {found.block}: {found.compared} compared, {said}"]

    show(as_json, value, lines)
    if not found.agrees:
        sys.exit(1)


@index.command("rebuild")
@of_market
@database_option
@as_json
def rebuild_index(network_name: str, deployment: str | None, database: str, as_json: bool) -> None:
    """Make all that follows from the events anew, from those in the database."""
    shown = _Counted("events")
    with closing(_opened(database)) as opened:
        market = _market(network_name, deployment)
        contracts = {name: one.address for name, one in market.deployment.contracts.items()}
        count = rebuild(opened, contracts, lambda done, _: shown(done))
    shown.end()
    show(as_json, {"events": count}, lambda: [f"{count} events"])


def _market(network_name: str, deployment: str | None) -> Market:
    chain = network(network_name).connect()
    return Market(chain, find_deployment(chain, deployment))


def _opened(where: str) -> Database:
    if "://" not in where and not Path(where).exists():
        raise DatabaseError(f"there is no index at {where} yet; `wattbook index run` makes it")
    return Database(where)


def _status(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        row = connection.execute(select(progress)).mappings().first()
        if row is None:
            raise DatabaseError(f"{database.name} is of no market yet; `wattbook index run` fills it")
        count = connection.execute(select(func.count()).select_from(events)).scalar_one()
    names = {
        "chainId": "chain_id",
        "market": "market",
        "firstBlock": "first_block",
        "block": "indexed",
        "blockHash": "indexed_hash",
        "blockTime": "indexed_time",
        "head": "head",
        "heardAt": "heard_at",
        "trouble": "trouble",
        "reorganisations": "reorganisations",
        "deepest": "deepest",
    }
    return {name: row[column] for name, column in names.items()} | {"events": count}


def _status_lines(value: dict[str, Any]) -> list[str]:
    head = "unknown" if value["head"] is None else str(value["head"])
    rows = [
        ("market", f"{value['market']} on chain {value['chainId']}"),
        ("block", f"{value['block']} of {head}"),
        ("events", str(value["events"])),
        ("heard", "never" if value["heardAt"] is None else _time(value["heardAt"])),
        ("undone", f"{value['reorganisations']} times, at most {value['deepest']} blocks"),
    ]
    return table([*rows, ("trouble", value["trouble"])] if value["trouble"] else rows)


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


class _Shown:
    """Steps as a bar for people, as lines for logs."""

    def __init__(self, as_json: bool) -> None:
        self._as_json, self._bar = as_json, sys.stderr.isatty() and not as_json
        self._first: int | None = None
        self._events, self._begun, self._said = 0, time.monotonic(), 0.0

    def __call__(self, step: Step) -> None:
        self._first = step.block if self._first is None else self._first
        self._events += step.events
        now = time.monotonic()
        if not step.is_there and now - self._said < (0.1 if self._bar else _LINE_EVERY):
            return
        self._said = now
        if self._bar:
            click.echo("\r" + self._drawn(step, now), err=True, nl=False)
        elif self._as_json:
            said = {"block": step.block, "head": step.head, "events": self._events, "undone": step.undone}
            click.echo(json.dumps(said), err=True)
        else:
            click.echo(f"block {step.block} of {step.head}, {self._events} events", err=True)

    def end(self) -> None:
        if self._bar and self._first is not None:
            click.echo("", err=True)

    def _drawn(self, step: Step, now: float) -> str:  # shown only
        done = step.block - (self._first or 0)
        all_ = max(1, step.head - (self._first or 0))
        full = min(_BAR, _BAR * done // all_)
        rate = int(self._events / max(now - self._begun, 0.001))
        return f"[{'#' * full}{'-' * (_BAR - full)}] block {step.block} of {step.head}, {rate} events a second  "


class _Counted:
    """A number that grows, for people."""

    def __init__(self, what: str) -> None:
        self._what, self._shown = what, False

    def __call__(self, count: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{count} {self._what}", err=True, nl=False)
            self._shown = True

    def end(self) -> None:
        if self._shown:
            click.echo("", err=True)
