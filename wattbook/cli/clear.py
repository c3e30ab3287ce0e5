import json
import sys
from pathlib import Path
from typing import Any

import click

from wattbook.cli.output import as_json
from wattbook.deployment.anvil import Anvil
from wattbook.market.bounds import MarketError
from wattbook.market.clearing import DEFAULT_RULE
from wattbook.market.clearing import clear as cleared
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.clearing import cleared_on_chain
from wattbook.trial.park import Park


@click.command()
@click.argument("file")
@click.option("--on-chain", is_flag=True, help="Run it through the contracts of a fresh local chain, and tell the gas.")
@as_json
def clear(file: str, on_chain: bool, as_json: bool) -> None:
    """Clear one book: a case as vector files have it, from FILE or, with -, from stdin."""
    case = _read(file)
    result = _cleared_on_chain(case) if on_chain else cleared(case)
    if "rule" not in case:
        click.echo(f"wattbook: the case names no rule; {DEFAULT_RULE} was taken", err=True)
    click.echo(json.dumps(result, separators=(",", ":")) if as_json else json.dumps(result, indent=2))


def _cleared_on_chain(case: Any) -> dict[str, Any]:
    with Anvil(*OPTIONS) as chain:
        return cleared_on_chain(Park(chain), case)


def _read(file: str) -> Any:
    name = "stdin" if file == "-" else file
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return json.loads(text)
    except OSError as error:
        raise MarketError(f"{name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise MarketError(f"{name} is not JSON: {error}") from None
