from typing import Any

import click

from wattbook.billing.bills import Bill, Bills, bills_of
from wattbook.billing.periods import month_name, parse_period
from wattbook.billing.shown import aligned
from wattbook.cli.output import as_json, network_option, show
from wattbook.connection import Market
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment
from wattbook.units import format_pt


@click.command()
@click.option("--period", required=True, help="A month of UTC that is over, like 2026-11.")
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@network_option
@as_json
def bills(as_json: bool, network: str, deployment: str | None, period: str) -> None:
    """All bills of a month, and the root over them that attesters sign. With --json each comes with its proof."""
    asked = parse_period(period)
    chain = networks.network(network).connect()
    found = bills_of(Market(chain, find_deployment(chain, deployment)), asked)
    show(as_json, _value(found), lambda: _lines(found))


def _value(found: Bills) -> dict[str, Any]:
    return {
        "month": month_name(found.month),
        "monthNumber": found.month,
        "root": "0x" + found.tree.root.hex(),
        "size": found.tree.size,
        "bills": [_bill_value(found, bill) for bill in found.bills],
    }


def _bill_value(found: Bills, bill: Bill) -> dict[str, Any]:
    place, proof = found.proof(bill)
    return {
        "number": f"{month_name(found.month)}-{bill.number}",
        "numberOnChain": int(bill.number),
        "account": bill.account,
        "amount": bill.amount,
        "bought": bill.bought,
        "split": vars(bill.split),
        "imbalance": bill.imbalance,
        "statement": "0x" + bill.statement.hex(),
        "place": place,
        "proof": ["0x" + one.hex() for one in proof],
    }


def _lines(found: Bills) -> list[str]:
    name = month_name(found.month)
    rows = [("bill", "account", "paid for energy")]
    rows += [(f"{name}-{bill.number}", bill.account, format_pt(bill.amount)) for bill in found.bills]
    return [f"month {name}", f"root  0x{found.tree.root.hex()}", f"bills {found.tree.size}", "", *aligned(rows, left=2)]
