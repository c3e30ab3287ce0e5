import os
import signal
import sys
from pathlib import Path

import click
from click._termui_impl import ProgressBar

from wattbook.cli.output import as_json, table
from wattbook.errors import SettingsError
from wattbook.scenario.file import find, read_scenario, ready
from wattbook.scenario.model import Scenario
from wattbook.scenario.replay import replay as replayed
from wattbook.scenario.report import report_of
from wattbook.scenario.result import Value, as_text, broken
from wattbook.units import format_kwh, format_pt


@click.command()
@click.argument("scenario", required=False)
@click.option("--out", type=click.Path(path_type=Path), help="Where result and report are written.")
@click.option("--list", "listed", is_flag=True, help="List the scenarios that come with Wattbook.")
@as_json
def replay(scenario: str | None, out: Path | None, listed: bool, as_json: bool) -> None:
    """Run SCENARIO, a file or the name of a ready one, through the contracts on a fresh chain (docs/replay.md).

    Exit status 1 when the accounts do not add up.
    """
    if listed:
        click.echo("\n".join(table([(name, read_scenario(path).about) for name, path in ready().items()])))
        return
    if scenario is None:
        raise click.UsageError("name a scenario, or ask for the --list of ready ones")
    read = read_scenario(find(scenario))
    if out:
        _require_writable(out)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    result = _with_a_bar(read) if sys.stderr.isatty() else replayed(read)
    if out:
        _write(out, read.name, {"json": as_text(result), "html": report_of(result)})
    click.echo(as_text(result) if as_json else "\n".join(_lines(result)), nl=not as_json)
    if wrong := broken(result):
        raise click.ClickException(f"the accounts do not add up: {'; '.join(wrong)}")


def _with_a_bar(read: Scenario) -> Value:
    bar: ProgressBar[int]
    with click.progressbar(length=read.slots, label=read.name, file=sys.stderr) as bar:
        return replayed(read, lambda done, of: bar.update(1))


def _require_writable(folder: Path) -> None:
    """Before a run that may take long, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written to: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"{folder} cannot be written to")


def _write(folder: Path, name: str, texts: dict[str, str]) -> None:
    try:
        for ending, text in texts.items():
            (folder / f"{name}.{ending}").write_text(text)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written to: {error.strerror}") from None


def _lines(result: Value) -> list[str]:
    """The most important of it."""
    carriers = [("carrier", "made", "used", "traded", "mean price", "pool's share")]
    for one in result["carriers"]:
        price = "none" if one["meanPrice"] is None else f"{one['meanPrice']} mPT/kWh"
        share = f"{one['poolShareBps'] // 100} %"
        energy = [format_kwh(one[name]) for name in ("madeWh", "usedWh", "volumeWh")]
        carriers.append((one["name"], *energy, price, share))
    names = ("withoutMarket", "market", "better", "subsidy", "debt")
    members = [("member", "without market", "in the market", "better by", "subsidy", "owes")]
    members += [(one["name"], *(format_pt(one[name]) for name in names)) for one in result["members"]]
    lines = result["conservation"]
    held = sum(line["holds"] for line in lines)
    accounts = [
        f"holds  {line['what']}: {line['left']}"
        if line["holds"]
        else f"BROKEN {line['what']}: {line['left']}, {line['right']}"
        for line in lines
    ]
    return [
        *table(carriers),
        "",
        *table(members),
        "",
        *accounts,
        "",
        f"{held} of {len(lines)} lines hold; {result['gas']['total']:,} gas",
    ]
