"""What commands print: JSON for programs, lines for people."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
network_option = click.option(
    "--network",
    default="local",
    show_default=True,
    help="A name from networks.toml, or the address of a node.",
)


def show(as_json: bool, value: Any, lines: Callable[[], list[str]]) -> None:
    """Prints `value` as JSON, or the lines."""
    if as_json:
        click.echo(json.dumps(value, indent=2))
    else:
        click.echo("\n".join(lines()))


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with aligned columns; the last column is left ragged."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
