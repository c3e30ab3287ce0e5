"""The command line: `wattbook COMMAND`. Errors are one line on stderr and exit status 1, bad usage 2."""

import sys

import click

from wattbook.cli.attack_probability import attack_probability
from wattbook.cli.bench import bench
from wattbook.cli.bills import bills
from wattbook.cli.bridge import bridge
from wattbook.cli.certificates import certificates
from wattbook.cli.clear import clear
from wattbook.cli.deploy import deploy
from wattbook.cli.genesis import genesis
from wattbook.cli.package import package
from wattbook.cli.statement import statement
from wattbook.cli.status import status
from wattbook.cli.tender import tender
from wattbook.cli.trader import trader
from wattbook.cli.vectors import vectors
from wattbook.cli.verify import verify
from wattbook.errors import WattbookError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattbook")
def commands() -> None:
    """An energy market on an EVM chain, run from Python."""


_ASKING = (attack_probability, bills, certificates, clear, statement, status, vectors, verify)
for command in (*_ASKING, bench, bridge, deploy, genesis, package, tender, trader):
    commands.add_command(command)


def main() -> None:
    """The entry point of the `wattbook` program."""
    try:
        commands(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit("stopped")
    except click.ClickException as error:
        click.echo(_line(error.format_message()), err=True)
        sys.exit(error.exit_code)
    except WattbookError as error:
        sys.exit(_line(error))
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:  # a user gets a line, never a traceback
        sys.exit(_line(f"unexpected {type(error).__name__}: {error}"))


def _line(error: object) -> str:
    return " ".join(f"wattbook: {error}".split())
