import os
import signal
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import Any

import click

from wattbook.bridge.config import BridgeConfig, read_config
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Batch, BatchState, OutboxError
from wattbook.bridge.replay import Replayed, replay
from wattbook.bridge.service import Bridge
from wattbook.bridge.verify.directory import Directory, OnChain
from wattbook.chain import Chain
from wattbook.cli.logs import console_or_json, log_to_stderr
from wattbook.cli.output import as_json, show, table
from wattbook.connection import Market
from wattbook.deployment.record import find_deployment

_SHOWN = 20

config_argument = click.argument("config", type=click.Path(path_type=Path), default=Path("bridge.toml"))


@click.group()
def bridge() -> None:
    """Bring readings from meters to the chain."""


@bridge.command("run")
@config_argument
@as_json
def run_bridge(config: Path, as_json: bool) -> None:
    """Take readings, attest them with the others, and post them, until SIGTERM or Ctrl-C."""
    settings, stop = read_config(config), Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stop.set())
    log_to_stderr(console_or_json(as_json))
    with ExitStack() as stack:
        running = Bridge(settings, os.environ, stack)
        click.echo(f"listening on http://{settings.http.host}:{running.server.port}")
        running.run(stop)


@bridge.command("status")
@config_argument
@as_json
def show_status(config: Path, as_json: bool) -> None:
    """What the outbox holds: batches, transactions, refusals, disagreements. Needs neither node nor key."""
    with _outbox(read_config(config)) as outbox:
        value = _status(outbox)
    show(as_json, value, lambda: _status_lines(value))


@bridge.command("replay")
@config_argument
@click.option("--since", type=int, default=0, help="Unix seconds.")
@click.option("--until", type=int, default=2**40, help="Unix seconds; this time is not in it.")
@as_json
def replay_batches(config: Path, since: int, until: int, as_json: bool) -> None:
    """Check again, from the stored records to the roots on the chain, what was posted."""
    settings = read_config(config)
    with _outbox(settings) as outbox:
        chain = Chain.at(settings.chain.rpc)
        market = Market(chain, find_deployment(chain, settings.chain.deployment))
        directory = Directory(OnChain(market, settings.meters).devices())
        found = list(replay(market, outbox, directory, since, until))
    value = [
        {
            "zone": one.batch.zone,
            "time": one.batch.time,
            "version": one.batch.version,
            "readings": one.readings,
            "differences": list(one.differences),
        }
        for one in found
    ]
    show(as_json, value, lambda: [line for one in found for line in _replay_lines(one)] or ["nothing was posted then"])
    if any(one.differences for one in found):
        sys.exit(1)


def _outbox(settings: BridgeConfig) -> closing[Outbox]:
    where = settings.outbox.where(os.environ)
    if "://" not in where and not Path(where).exists():
        raise OutboxError(f"there is no outbox at {where} yet; `wattbook bridge run` makes it")
    return closing(Outbox(where))


def _status(outbox: Outbox) -> dict[str, Any]:
    return {
        "batches": {state.value: len(outbox.batches.in_state(state)) for state in BatchState},
        "waiting": [_batch(batch) for batch in outbox.batches.in_state(BatchState.SIGNING)[:_SHOWN]],
        "transactions": {state.value: number for state, number in outbox.transactions.counts().items()},
        "failed": [{"key": one.key, "note": one.note} for one in outbox.transactions.failed(_SHOWN)],
        "refused": [
            {"source": one.source, "meter": one.meter, "reason": one.reason, "count": one.count, "lastAt": one.last_at}
            for one in outbox.refusals.counts()
        ],
        "lastRefusals": [
            {"source": one.source, "meter": one.meter, "reason": one.reason, "detail": one.detail, "at": one.at}
            for one in outbox.refusals.kept(limit=_SHOWN)
        ],
        "disagreements": [
            {"batch": one.batch, "attester": one.attester, "said": one.said, "times": one.times, "at": one.at}
            for one in outbox.batches.disagreements(limit=_SHOWN)
        ],
    }


def _batch(batch: Batch) -> dict[str, Any]:
    return {"zone": batch.zone, "time": batch.time, "version": batch.version, "readings": batch.count}


def _status_lines(value: dict[str, Any]) -> list[str]:
    rows = [("batches", _counts(value["batches"])), ("transactions", _counts(value["transactions"]))]
    rows += [("refused", f"{one['count']} of {one['meter']}, {one['reason']}") for one in value["refused"][:_SHOWN]]
    rows += [("refusal", f"{one['meter']}: {one['detail']}") for one in value["lastRefusals"]]
    rows += [("disagrees", f"{one['attester']}: {one['said']}") for one in value["disagreements"]]
    rows += [("failed", f"{one['key']}: {one['note']}") for one in value["failed"]]
    return table(rows)


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items() if number) or "none"


def _replay_lines(one: Replayed) -> list[str]:
    batch = one.batch
    verdict = "differs" if one.differences else "agrees"
    head = f"zone {batch.zone} at {batch.time}, version {batch.version}: {one.readings} readings, {verdict}"
    return [head, *(f"  {said}" for said in one.differences)]
