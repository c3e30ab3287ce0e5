"""The command line: `wattbook COMMAND`. Errors are one line on stderr and exit status 1, bad usage 2."""

import sys
from importlib import import_module

import click

from wattbook.errors import WattbookError

_NAMES = (
    "api",
    "attack-probability",
    "bench",
    "bills",
    "bridge",
    "certificates",
    "clear",
    "demo",
    "deploy",
    "genesis",
    "index",
    "package",
    "pool",
    "replay",
    "statement",
    "status",
    "tender",
    "trader",
    "up",
    "vectors",
    "verify",
)


class Commands(click.Group):
    """Each command in the module of its name, which is read when it is asked for: all at once take seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _NAMES:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"wattbook.cli.{name}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattbook")
def commands() -> None:
    """An energy market on an EVM chain, run from Python."""


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
