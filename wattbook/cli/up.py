import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import click

from wattbook.cli.output import Bar, as_json
from wattbook.park.balance import Balance, balance
from wattbook.park.ledger import SlotRecord
from wattbook.park.live import LivePark
from wattbook.park.settings import MOST_TRADERS, Folder

_TRADERS = 12


class _Stopped(Exception):
    """There is nothing to settle yet."""


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the park here, and go on with the one that is.")
@click.option(
    "--traders", type=click.IntRange(2, MOST_TRADERS), default=_TRADERS, show_default=True, help="Of a new park."
)
@click.option("--minutes", type=click.FloatRange(0.1), help="End by itself after so long, with a summary.")
@as_json
def up(folder: Path | None, traders: int, minutes: float | None, as_json: bool) -> None:
    """Run a whole park on this machine: chain, meters, bridges, traders, settlement, pages, until Ctrl-C or SIGTERM.

    One that is kept settles what was traded before it ends; a second signal ends it at once.
    """
    stop, at_once = Event(), Event()

    def signalled(*_: object) -> None:
        if stop.is_set() or folder is None:
            at_once.set()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signalled)
    with _place(folder) as where:
        try:
            _run(Folder(where), traders, minutes, as_json, stop, at_once)
        except _Stopped:
            click.echo("stopped before it had begun", err=True)


def _run(folder: Folder, traders: int, minutes: float | None, as_json: bool, stop: Event, at_once: Event) -> None:
    bar, begun = Bar(), Event()
    began = time.monotonic()

    def progress(what: str, done: int, of: int) -> None:
        if stop.is_set() and not begun.is_set():
            raise _Stopped
        bar.show(what, done, of)

    with LivePark(folder, traders, progress) as park:
        begun.set()
        bar.end()
        _say(as_json, *_beginning(park, time.monotonic() - began))

        def died(name: str) -> None:
            _say(as_json, {"again": name, "pid": park.supervisor.pids.get(name)}, f"{name} is started again")

        until = None if minutes is None else time.time() + minutes * 60
        for record in park.live(until, stop, died):
            _tell(as_json, record)
        if not at_once.is_set():
            click.echo("settling what was traded; Ctrl-C ends at once", err=True)
        for record in park.drain(at_once, died):
            bar.end()
            _tell(as_json, record)
        bar.end()
        if not at_once.is_set():
            _conclude(as_json, park, balance(park.chain, folder, park.ledger.sums))


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that goes with the park."""
    if folder is not None:
        yield folder
        return
    made = Path(tempfile.mkdtemp(prefix="wattbook-park-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _beginning(park: LivePark, seconds: float) -> tuple[dict[str, Any], str]:
    settings = park.settings
    pids = park.supervisor.pids
    value = {
        "pages": settings.api,
        "api": f"{settings.api}/api/v1",
        "node": settings.rpc,
        "traders": settings.traders,
        "broker": settings.broker,
        "new": park.is_new,
        "seconds": round(seconds, 1),
        "firstSlot": settings.since,
        "processes": pids,
    }
    begun = "begun" if park.is_new else "resumed"
    lines = [
        f"pages  {settings.api}",
        f"API    {settings.api}/api/v1",
        f"node   {settings.rpc}",
        f"{settings.traders} traders, {begun} in {seconds:.0f} s; a slot is 12 s and a quarter of an hour of the park",
        "processes " + ", ".join(f"{name} {pid}" for name, pid in pids.items()),
    ]
    if not settings.broker:
        lines.append("no Mosquitto is on this machine: all meters send by HTTP, none by MQTT")
    return value, "\n".join(lines)


def _tell(as_json: bool, record: SlotRecord) -> None:
    _say(as_json, record.as_json(), record.line())


def _conclude(as_json: bool, park: LivePark, found: Balance) -> None:
    sums = park.ledger.sums
    _say(as_json, {"summary": {**sums.as_json(), **found.as_json()}}, "\n".join([*sums.lines(), *found.lines()]))
    found.require()


def _say(as_json: bool, value: dict[str, Any], text: str) -> None:
    click.echo(json.dumps(value) if as_json else text)
    sys.stdout.flush()
