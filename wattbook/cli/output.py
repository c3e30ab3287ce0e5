"""What commands print: JSON for programs, lines for people."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

_WIDTH = 30

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


def figures(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with aligned columns, all but the first to the right, as figures are read."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    aligned = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
    return ["  ".join(cells).rstrip() for cells in aligned]


class Bar:
    """A bar on stderr when that is a terminal, nothing when it is not."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._shown = ""

    def show(self, what: str, done: int, of: int) -> None:
        if not self._shows:
            return
        full = _WIDTH * min(done, of) // of if of else 0
        said = f"{what:<10} [{'#' * full:<{_WIDTH}}] {done}/{of}" if of else f"{what:<10} {done or '...'}"
        if said != self._shown:
            click.echo(f"\r{said:<60}", err=True, nl=False)
            self._shown = said

    def end(self) -> None:
        if self._shown:
            click.echo("\r" + " " * 60 + "\r", err=True, nl=False)
            self._shown = ""
