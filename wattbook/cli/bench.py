from pathlib import Path
from typing import Any

import click

from wattbook.bench import sizes, snapshot
from wattbook.bench.anchors import ANCHORS
from wattbook.bench.snapshot import SnapshotError
from wattbook.cli.output import as_json, show, table


@click.command()
@as_json
@click.option(
    "--check",
    type=click.Path(exists=True, path_type=Path),
    help="Fail when figures differ from this file's.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the figures to this file.")
def bench(as_json: bool, check: Path | None, save: Path | None) -> None:
    """Measure gas and code size, beside the systems to beat."""
    before = snapshot.read(check) if check else None
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
    value: dict[str, Any] = {**figures, "anchors": anchors}
    changed: list[str] = []
    if before is not None:
        value["changed"] = changed = snapshot.differences(before, figures)
    show(as_json, value, lambda: _lines(figures, anchors) + _changes(changed))
    if changed:
        raise SnapshotError(f"{len(changed)} figures differ from {check}; refresh it with --save if they should")


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
