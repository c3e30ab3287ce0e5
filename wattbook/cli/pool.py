from typing import Any

import click

from wattbook.cli.output import as_json, network_option, show, table
from wattbook.connection import Market
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment
from wattbook.finance.report import Closing, Difference, ReportError, only, report
from wattbook.units import format_pt


@click.group()
def pool() -> None:
    """Pools of plants, and what they pay."""


@pool.command("report")
@click.argument("number", metavar="POOL", type=click.IntRange(1))
@click.option("--period", type=click.IntRange(0), help="One period, from 0; all that are closed if none is given.")
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@network_option
@as_json
def report_pool(as_json: bool, network: str, deployment: str | None, period: int | None, number: int) -> None:
    """What periods paid, reckoned anew from what the chain told; any difference is an error."""
    chain = networks.network(network).connect()
    found = only(report(Market(chain, find_deployment(chain, deployment)), number), period)
    value = {"pool": number, "periods": [_as_value(one) for one in found]} if as_json else None
    show(as_json, value, lambda: [line for one in found for line in _as_lines(one)])
    if differing := sum(len(one.differences) for one in found):
        raise ReportError(f"{differing} figures are not what the terms say")


def _as_value(one: Closing) -> dict[str, Any]:
    return {
        "period": one.number,
        "days": one.days,
        "collected": one.collected,
        "completeBps": one.complete_bps,
        "dscrBps": one.outcome.dscr_bps,
        "trigger": one.outcome.state.trigger,
        "flows": [{"name": flow.name, "due": flow.due, "paid": flow.paid} for flow in one.outcome.flows],
        "tranches": [
            {
                "tranche": payment.kind.name.lower(),
                "amount": payment.amount,
                "holders": [
                    {"holder": part.holder, "units": part.units, "amount": part.amount, "paid": part.is_paid}
                    for part in payment.shares
                ],
            }
            for payment in one.payments
        ],
        "differences": [{"what": it.what, "told": it.told, "reckoned": it.reckoned} for it in one.differences],
    }


def _as_lines(one: Closing) -> list[str]:
    trigger = ", trigger" if one.outcome.state.trigger else ""
    rows = [(flow.name, format_pt(flow.paid), f"of {format_pt(flow.due)}") for flow in one.outcome.flows]
    for payment in one.payments:
        for part in payment.shares:
            paid = "paid" if part.is_paid else "set aside"
            rows.append((f"  {payment.kind.name.lower()} {part.holder}", format_pt(part.amount), paid))
    title = (
        f"period {one.number}: {format_pt(one.collected)} collected, coverage {_times(one.outcome.dscr_bps)}{trigger}"
    )
    return [title, *table(rows), *(_as_line(it) for it in one.differences), ""]


def _times(bps: int) -> str:
    return f"{bps // 10_000}.{bps % 10_000:04}"


def _as_line(it: Difference) -> str:
    return f"DIFFERS: {it.what} is {it.told} on the chain, {it.reckoned} by the terms"
