from pathlib import Path
from typing import Any

import click

from wattbook.bench import market, sizes, snapshot
from wattbook.bench.anchors import ANCHORS, MARKET_ANCHORS
from wattbook.bench.snapshot import SnapshotError
from wattbook.cli.output import as_json, show, table

# Sizes of book whose clearing in Python is timed.
_TIMED = (10_000, 100_000)


@click.command()
@as_json
@click.option(
    "--check",
    type=click.Path(exists=True, path_type=Path),
    help="Fail when figures differ from this file's.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the figures to this file.")
@click.option(
    "--orders",
    multiple=True,
    type=click.IntRange(1, 10_000),
    default=(10, 100),
    show_default=True,
    help="Orders of a book to run; may be given several times.",
)
def bench(as_json: bool, check: Path | None, save: Path | None, orders: tuple[int, ...]) -> None:
    """Measure gas, code size and speed, beside the systems to beat."""
    before = snapshot.read(check) if check else None
    lives = market.measure(orders)
    seconds = {size: market.clearing_time(size) for size in _TIMED}
    figures = snapshot.measure()
    anchors = [
        {
            "operation": a.operation,
            "gas": figures["gas"][a.operation],
            "budget": a.budget,
            "anchor": a.gas,
            "of": a.system,
        }
        for a in ANCHORS
    ]
    if save:
        snapshot.write(save, figures)
    value: dict[str, Any] = {
        **figures,
        "anchors": anchors,
        "lives": [life.figures() for life in lives],
        "clearingMilliseconds": {str(size): round(time * 1000) for size, time in seconds.items()},
    }
    changed: list[str] = []
    if before is not None:
        value["changed"] = changed = snapshot.differences(before, figures)
    show(as_json, value, lambda: [*_lines(figures, anchors), *_market(lives, seconds), *_changes(changed)])
    if changed:
        raise SnapshotError(f"{len(changed)} figures differ from {check}; refresh it with --save if they should")


def _market(lives: list[market.Life], seconds: dict[int, float]) -> list[str]:
    rows = [
        (
            anchor.step,
            *(f"{life.figures()[anchor.figure]:>12,}" for life in lives),
            f"at most {anchor.budget:,}" if anchor.budget else "",
            anchor.others,
        )
        for anchor in MARKET_ANCHORS
    ]
    head = ("gas of one order in a book of", *(f"{life.orders:>12,}" for life in lives), "budget", "others")
    times = [(f"{size:,} orders", f"{time * 1000:,.1f} ms") for size, time in seconds.items()]
    return ["", "Market", *table([head, *rows]), "", "Clearing in Python, uniform", *table(times)]


def _changes(changed: list[str]) -> list[str]:
    return ["", "Changed", *changed] if changed else []


def _lines(figures: snapshot.Figures, anchors: list[dict[str, Any]]) -> list[str]:
    operations = [(name, f"{value:>9,}") for name, value in figures["gas"].items()]
    contracts = [(name, f"{value:>6,} of {sizes.LIMIT:,} bytes") for name, value in figures["codeSize"].items()]
    beside = [
        (
            str(a["operation"]),
            f"{a['gas']:>8,}",
            f"at most {a['budget']:,}" if a["budget"] else "",
            f"{a['anchor']:>8,}",
            str(a["of"]),
        )
        for a in anchors
    ]
    head = ("operation", "gas", "budget", "anchor", "of")
    return [
        "Gas",
        *table(operations),
        "",
        "Code",
        *table(contracts),
        "",
        "Beside others",
        *table([head, *beside]),
    ]
