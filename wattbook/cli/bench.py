import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from wattbook.bench import api, bridge, growth, index, market, scale, sizes, snapshot, three_years
from wattbook.bench.anchors import (
    ANCHORS,
    CERTIFICATE_ANCHORS,
    FINANCE_ANCHORS,
    GOVERNANCE_ANCHORS,
    MARKET_ANCHORS,
    METERING_ANCHORS,
    PACKAGE_ANCHORS,
    SETTLEMENT_ANCHORS,
    TENDER_ANCHORS,
    MarketAnchor,
)
from wattbook.bench.bridge import Load
from wattbook.bench.growth import Growth
from wattbook.bench.index import Indexed
from wattbook.bench.snapshot import SnapshotError
from wattbook.bench.walls import Measured, walls
from wattbook.cli.output import as_json, show, table
from wattbook.deployment.anvil import Anvil
from wattbook.errors import WattbookError
from wattbook.trial import pledged
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.days import Days, Report
from wattbook.trial.park import Park

# Sizes of book whose clearing in Python is timed.
_TIMED = (10_000, 100_000)
_MEMBERS, _SLOTS_A_DAY = 30, 96
# More orders in the books that are indexed make it no faster, and no slower.
_INDEXED = 600


class ConservationError(WattbookError):
    """Something was lost or came from nowhere."""


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
@click.option(
    "--seconds",
    type=click.IntRange(1, 3_600),
    default=5,
    show_default=True,
    help="How long the bridge gets all readings that it can take.",
)
@click.option(
    "--days",
    type=click.IntRange(0, 365),
    default=0,
    show_default=True,
    help="How many days a park of thirty lives, to see whether all of it adds up.",
)
@click.option(
    "--api-seconds",
    type=click.IntRange(0, 600),
    default=2,
    show_default=True,
    help=f"How long the API is asked, {api.A_SECOND} times a second; 0 leaves it out.",
)
@click.option(
    "--api-orders",
    type=click.IntRange(1_000, 1_000_000),
    default=5_000,
    show_default=True,
    help="Orders in the database that it answers from.",
)
@click.option(
    "--slots",
    multiple=True,
    type=click.IntRange(8, 100_000),
    help="Measure growth: of meters and members as many as --orders says, and after this many slots; may be given"
    " several times.",
)
@click.option("--month", is_flag=True, help="With --slots: replay the month of a village too, which takes a while.")
@click.option(
    "--docs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write the pages that are made of what is measured into this folder.",
)
def bench(
    as_json: bool,
    check: Path | None,
    save: Path | None,
    orders: tuple[int, ...],
    seconds: int,
    days: int,
    api_seconds: int,
    api_orders: int,
    slots: tuple[int, ...],
    month: bool,
    docs: Path | None,
) -> None:
    """Measure gas, code size and speed, beside the systems to beat."""
    before = snapshot.read(check) if check else None
    books = market.measure(orders)
    lives = [life for life, _ in books]
    clearing = {size: market.clearing_time(size) for size in _TIMED}
    load = bridge.measure(seconds)
    indexed = index.measure(min(max(orders), _INDEXED))
    asked = api.measure(api_seconds, api_orders) if api_seconds else None
    figures = snapshot.measure()
    lived = _days(days) if days else None
    grown = growth.measure(books, slots, month, lambda said: click.echo(said, err=True)) if slots else None
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
    if docs:
        three_years.write(docs / "finance", pledged.three_years())
        if grown:
            scale.write(docs, grown)
    value: dict[str, Any] = {
        **figures,
        "anchors": anchors,
        "lives": [life.figures() for life in lives],
        "clearingMilliseconds": {str(size): round(time * 1000) for size, time in clearing.items()},
        "bridge": {**asdict(load), "perSecond": load.per_second},
        "index": {**asdict(indexed), "perSecond": indexed.per_second},
    }
    if asked:
        value["api"] = asdict(asked)
    if grown:
        value["growth"] = grown
    if lived:
        value["days"] = asdict(lived)
    changed: list[str] = []
    if before is not None:
        value["changed"] = changed = snapshot.differences(before, figures)
    show(
        as_json,
        value,
        lambda: [
            *_lines(figures, anchors),
            *_market(lives, clearing),
            *_metering(figures),
            *_settlement(figures),
            *_certificates(figures),
            *_packages(figures),
            *_tenders(figures),
            *_finance(figures),
            *_governance(figures),
            *_bridge(load),
            *_index(indexed),
            *(_api(asked) if asked else []),
            *(_walls(grown) if grown else []),
            *(_conservation(lived) if lived else []),
            *_changes(changed),
        ],
    )
    if lived and (broken := [one.what for one in lived.lines if not one.holds]):
        raise ConservationError(f"does not hold: {'; '.join(broken)}")
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


def _metering(figures: snapshot.Figures) -> list[str]:
    return ["", "Metering", *_beside("gas of a reading", figures["metering"], METERING_ANCHORS)]


def _settlement(figures: snapshot.Figures) -> list[str]:
    return ["", "Settlement", *_beside("gas of a position", figures["settlement"], SETTLEMENT_ANCHORS)]


def _certificates(figures: snapshot.Figures) -> list[str]:
    return ["", "Certificates", *_beside("gas of a certificate", figures["certificates"], CERTIFICATE_ANCHORS)]


def _packages(figures: snapshot.Figures) -> list[str]:
    return ["", "Packages", *_beside("gas of a subscription", figures["packages"], PACKAGE_ANCHORS)]


def _tenders(figures: snapshot.Figures) -> list[str]:
    return ["", "Tenders", *_beside("gas of a tender", figures["tenders"], TENDER_ANCHORS)]


def _finance(figures: snapshot.Figures) -> list[str]:
    return ["", "Finance", *_beside("gas of a pool", figures["finance"], FINANCE_ANCHORS)]


def _governance(figures: snapshot.Figures) -> list[str]:
    return ["", "Governance", *_beside("gas of governing", figures["governance"], GOVERNANCE_ANCHORS)]


def _beside(title: str, figures: dict[str, int], anchors: tuple[MarketAnchor, ...]) -> list[str]:
    rows = [
        (
            anchor.step,
            f"{figures[anchor.figure]:>9,}",
            f"at most {anchor.budget:,}" if anchor.budget else "",
            anchor.others,
        )
        for anchor in anchors
    ]
    return table([(title, "gas", "budget", "others"), *rows])


def _api(asked: api.Load) -> list[str]:
    def milliseconds(microseconds: int) -> str:
        return f"{microseconds // 1000:>6,}.{microseconds % 1000 // 100}"

    rows = [
        (one.route, *(milliseconds(part) for part in (one.p50, one.p95, one.p99)), str(one.errors or ""))
        for one in (asked.every, *asked.routes)
    ]
    title = f"API, {asked.orders:,} orders, {asked.a_second} requests a second for {asked.seconds} s, index following"
    cpu = f"processor time for a request, the index's with it: {milliseconds(asked.cpu).strip()} ms"
    return ["", title, *table([("ms", "   p50", "   p95", "   p99", "errors"), *rows]), cpu]


def _walls(grown: Growth) -> list[str]:
    rows = [(kind, f"{first.at:>12,}", first.limit) for kind, (first, *_) in walls(Measured(grown)).items()]
    return ["", "First walls; docs/scale.md has the others, and what to do there", *table(rows)]


def _index(indexed: Indexed) -> list[str]:
    rows = [
        ("events indexed a second", f"{indexed.per_second:>9,}", "at least 2,000"),
        ("events", f"{indexed.events:>9,}", f"in {indexed.blocks} blocks, from a node into a file"),
    ]
    return ["", "Index", *table(rows)]


def _days(number: int) -> Report:
    """A park of thirty for so many days."""
    slots = number * _SLOTS_A_DAY
    steps = click.progressbar(range(slots), label="Slots of a park", file=sys.stderr)
    with Anvil(*OPTIONS) as chain, steps as bar:
        return Days(Park(chain), _MEMBERS).run(slots, lambda slot: bar.update(1))


def _conservation(report: Report) -> list[str]:
    happened = [(name, f"{value:>15,}") for name, value in vars(report).items() if name != "lines"]
    rows = [
        (one.what, f"{one.left:>25,}", f"{one.right:>25,}", "holds" if one.holds else "BROKEN") for one in report.lines
    ]
    return ["", "Days of a park", *table(happened), "", "What must be equal", *table(rows)]


def _bridge(load: Load) -> list[str]:
    rows = [
        ("readings a second, checked, stored and in roots", f"{load.per_second:,}", "at least 1,000"),
        ("what checking signatures alone would allow", f"{load.checks_per_second:,}", ""),
        ("roots, of 2,000 readings each", f"{load.roots:,}", ""),
        ("memory soon after the start, and at the end", f"{load.memory_early:,} kB, {load.memory_late:,} kB", "flat"),
    ]
    return ["", f"Bridge, {load.readings:,} readings of 2,000 meters in {load.seconds:.0f} s", *table(rows)]


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
