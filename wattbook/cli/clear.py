import json
import sys
from pathlib import Path
from typing import Any

import click

from wattbook.cli.output import as_json
from wattbook.market.bounds import MarketError
from wattbook.market.clearing import DEFAULT_RULE
from wattbook.market.clearing import clear as cleared


@click.command()
@click.argument("file")
@as_json
def clear(file: str, as_json: bool) -> None:
    """Clear one book: a case as vector files have it, from FILE or, with -, from stdin."""
    case = _read(file)
    result = cleared(case)
    if "rule" not in case:
        click.echo(f"wattbook: the case names no rule; {DEFAULT_RULE} was taken", err=True)
    click.echo(json.dumps(result, separators=(",", ":")) if as_json else json.dumps(result, indent=2))


def _read(file: str) -> Any:
    name = "stdin" if file == "-" else file
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return json.loads(text)
    except OSError as error:
        raise MarketError(f"{name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise MarketError(f"{name} is not JSON: {error}") from None
