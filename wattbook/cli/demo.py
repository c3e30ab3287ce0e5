import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from wattbook.certificates.whole import WHOLE_WH
from wattbook.cli.output import Bar, figures
from wattbook.park.day import Day, live_day, park_day
from wattbook.park.settings import Folder
from wattbook.park.supervisor import broker
from wattbook.scenario.result import Value
from wattbook.units import format_kwh

_MOST_CALLS = 12
_MEMBERS = ("sold", "bought", "shares", "imbalance", "subsidy", "packages", "other")


@click.command()
def demo() -> None:
    """Let a day of a park pass on this machine in minutes, and show what came of it (docs/park.md).

    Exit status 1 when a figure is not what contracts, bridges and API say of it.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    scenario, bar, began = park_day(), Bar(), time.monotonic()
    click.echo(
        f"{scenario.about}: {scenario.slots} slots of {scenario.slot_seconds // 60} minutes, on a clock that is set"
    )
    if broker() is None:
        click.echo("no Mosquitto is on this machine: all meters send by HTTP, none by MQTT")
    with TemporaryDirectory(prefix="wattbook-demo-", ignore_cleanup_errors=True) as folder:
        day = live_day(Folder(Path(folder)), scenario, bar.show)
    bar.end()
    click.echo("\n".join(lines_of(day)))
    click.echo(f"\nfounded, lived and settled in {time.monotonic() - began:.0f} s")
    if broken := day.broken:
        said = "; ".join(f"{one.what}: {one.left:,} and {one.right:,}" for one in broken)
        raise click.ClickException(f"{len(broken)} of {len(day.lines)} figures differ: {said}")
    click.echo(
        f"all {len(day.lines)} comparisons hold: with contracts and engine, bridges, blocks, and what the API says"
    )
    click.echo("\n".join(_NEXT))


_NEXT = (
    "",
    "wattbook up                        the same park in real time, with pages in the browser",
    "wattbook replay --list             your own village, through the same contracts",
    "docs/park.md, docs/replay.md       what is in them",
)


def lines_of(day: Day) -> list[str]:
    """For people."""
    result = day.result
    parts = [
        ("readings", _readings(day)),
        ("trade among members, and with the pool", _carriers(result)),
        ("members, in PT", _members(day)),
        ("bills, subsidies, certificates, packages", _papers(day)),
        ("gas by call", _gas(day)),
        ("conservation", _conservation(result)),
    ]
    return [line for title, lines in parts for line in ("", title, *(f"  {line}" for line in lines))]


def _readings(day: Day) -> list[str]:
    sent, events = day.seen.sent, day.result["events"]
    return figures(
        [
            ("times at which all meters were read", f"{len(day.seen.times):,}"),
            ("signed on secp256k1", f"{sent['SECP256K1']:,}"),
            ("signed on P-256", f"{sent['P256']:,}"),
            ("sent by HTTP", f"{sent['HTTP']:,}"),
            ("sent by MQTT", f"{sent['MQTT']:,}"),
            ("not sent by a meter that was silent", f"{events['unheard']:,}"),
            ("roots that two bridges attested", f"{day.seen.roots:,}"),
        ]
    )


def _carriers(result: Value) -> list[str]:
    rows = [("", "made", "used", "traded", "mean price", "by the pool", "to the pool", "welfare")]
    for one in result["carriers"]:
        price = "none" if one["meanPrice"] is None else f"{one['meanPrice']} mPT/kWh"
        energy = [format_kwh(one[name]) for name in ("madeWh", "usedWh", "volumeWh")]
        pool = [format_kwh(one[name]) for name in ("poolSoldWh", "poolBoughtWh")]
        rows.append((one["name"], *energy, price, *pool, f"{_pt(one['welfare'])} PT"))
    return figures(rows)


def _members(day: Day) -> list[str]:
    bills: Counter[str] = Counter()
    for month in day.result["bills"]:
        bills.update({one["member"]: one["amount"] for one in month["bills"]})
    rows: list[tuple[str, ...]] = [("", *_MEMBERS, "together", "billed")]
    for name, money in day.money.items():
        rows.append((name, *(_pt(money[one]) for one in _MEMBERS), _pt(day.seen.gains[name]), _pt(bills[name])))
    return figures(rows)


def _papers(day: Day) -> Iterator[str]:
    result = day.result
    for month in result["bills"]:
        total = sum(one["amount"] for one in month["bills"])
        yield f"{month['month']}: {len(month['bills'])} bills, {_pt(total)} PT, whose root attesters signed"
    for one in result["subsidies"]:
        wh, paid = (sum(claim[name] for claim in one["claims"]) for name in ("wh", "paid"))
        yield (
            f"{one['month']}: {_pt(paid)} PT of a pot of {_pt(one['pot'])} PT to {len(one['claims'])} members, for"
            f" {format_kwh(wh)} of clean {one['carrier']} used as it was made"
        )
    issued, retired = (sum(one[name] for one in result["certificates"]) for name in ("issuedWh", "retiredWh"))
    wholes = day.wholes // WHOLE_WH
    yield f"certificates of 1 MWh: {wholes}; {format_kwh(issued)} certified in all, {format_kwh(retired)} of it retired"
    got = sum(money["packages"] for money in day.money.values() if money["packages"] > 0)
    buyers = sum(money["packages"] < 0 for money in day.money.values())
    yield f"hot water by the square metre: {_pt(got)} PT of {buyers} customers to who supplies them, by the month"


def _gas(day: Day) -> list[str]:
    seen, steps = day.seen, day.result["gas"]["steps"]
    rows = [("", "calls", "gas")]
    calls = [(one["call"], one["calls"], one["gas"]) for one in steps] + [("Readings.post", seen.roots, seen.roots_gas)]
    calls.sort(key=lambda one: -one[2])
    rows += [(name, f"{count:,}", f"{gas:,}") for name, count, gas in calls[:_MOST_CALLS]]
    rest = calls[_MOST_CALLS:]
    rows.append((f"{len(rest)} others", f"{sum(one[1] for one in rest):,}", f"{sum(one[2] for one in rest):,}"))
    rows.append(("all", f"{sum(one[1] for one in calls):,}", f"{seen.gas:,}"))
    return figures(rows)


def _conservation(result: Value) -> list[str]:
    rows = [
        (one["what"], f"{one['left']:,}", "=" if one["holds"] else "IS NOT", f"{one['right']:,}")
        for one in result["conservation"]
    ]
    return figures(rows)


def _pt(upt: int) -> str:
    """An amount to the uPT, without the unit."""
    whole, fraction = divmod(abs(upt), 10**6)
    return f"{'-' if upt < 0 else ''}{whole:,}.{fraction:06}"
