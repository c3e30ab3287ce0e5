from pathlib import Path

import click

from wattbook.billing.periods import parse_period
from wattbook.billing.shown import as_csv, as_lines, as_value
from wattbook.billing.statement import Records
from wattbook.cli.members import account_of
from wattbook.cli.output import as_json, network_option, show
from wattbook.connection import Market
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment
from wattbook.errors import SettingsError


@click.command()
@click.argument("member")
@click.option("--period", required=True, help="A month (2026-11), a day (2026-11-21), or FROM..TO of either.")
@click.option("--zone", default="UTC", show_default=True, help="Whose calendar: a time zone like Europe/Madrid.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the amounts to a file.")
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@network_option
@as_json
def statement(
    as_json: bool, network: str, deployment: str | None, csv_file: Path | None, zone: str, period: str, member: str
) -> None:
    """What a member had, got and paid in a period, to the uPT, held against the Vault."""
    asked = parse_period(period, zone)
    chain = networks.network(network).connect()
    market = Market(chain, find_deployment(chain, deployment))
    account = account_of(market, member)
    found = Records(market, asked).statement(account)
    if csv_file:
        _write(csv_file, as_csv(found))
    show(as_json, as_value(found) if as_json else None, lambda: as_lines(found))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, newline="")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
