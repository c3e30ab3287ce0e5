from pathlib import Path
from typing import Any

import click

from wattbook import units
from wattbook.cli import subscriptions
from wattbook.cli.output import as_json, show, table
from wattbook.cli.parameters import Amount
from wattbook.packages.park import Customer, Park, huadian, read_park
from wattbook.packages.quoting import Basis, Option, Plan, Quote, quote
from wattbook.units import format_kwh, format_m3, format_pt

_PAID_BY = {1: "month", 3: "quarter", 12: "year"}
_CENT = 10_000


@click.group()
def package() -> None:
    """Energy Packages: supply that is paid in advance."""


for command in subscriptions.COMMANDS:
    package.add_command(command)


@package.command("quote")
@click.option("--park", "park_file", type=click.Path(path_type=Path), help="A park's file; Huadian's if none is given.")
@click.option("--building", help="One of the park's buildings, with what it uses a year.")
@click.option("--area", type=Amount("m2", units.centi_m2), help="The area that is cooled or heated.")
@click.option("--electricity", type=Amount("kWh", units.kwh), help="Used a year.")
@click.option("--hot-water", "hotwater", type=Amount("m3", units.litres), help="Used a year.")
@click.option("--cooling", type=Amount("kWh", units.kwh), help="Used a year.")
@click.option("--heating", type=Amount("kWh", units.kwh), help="Used a year.")
@as_json
def quote_packages(
    as_json: bool, park_file: Path | None, building: str | None, area: int | None, **used: int | None
) -> None:
    """What a year costs by each option, cheapest first: steps, area or flow; month, quarter or year; bundles."""
    year = {carrier: amount for carrier, amount in used.items() if amount is not None}
    _check_usage(building, area, year)
    park = read_park(park_file) if park_file else huadian()
    customer = park.building(building) if building else Customer("this building", area or 0, year)
    found = quote(park.tariff, customer)
    show(as_json, _as_value(park, customer, found), lambda: _as_lines(park, customer, found))


def _check_usage(building: str | None, area: int | None, year: dict[str, int]) -> None:
    if building is not None:
        if area is not None or year:
            raise click.UsageError("--building brings its area and its use; give no others")
        return
    if not year:
        raise click.UsageError("give --building, or what is used a year: --electricity, --hot-water, ...")
    seasonal = "cooling" in year or "heating" in year
    if seasonal and area is None:
        raise click.UsageError("--cooling and --heating need --area")
    if area is not None and not seasonal:
        raise click.UsageError("--area is that which --cooling or --heating is for")


def _as_value(park: Park, customer: Customer, found: Quote) -> dict[str, Any]:
    return {
        "park": park.name,
        "building": customer.name,
        "areaCentiM2": customer.centi_m2,
        "year": dict(customer.year),
        "options": {
            carrier: [{**_option(one), "cost": one.cost, "saved": options[-1].cost - one.cost} for one in options]
            for carrier, options in found.options.items()
        },
        "together": [
            {
                "bundle": list(plan.bundle),
                "paidBy": _PAID_BY[plan.months],
                "cost": plan.cost,
                "saved": found.plans[-1].cost - plan.cost,
                "options": {one.carrier: {**_option(one), "cost": one.cost} for one in plan.options},
            }
            for plan in found.plans
        ],
    }


def _option(one: Option) -> dict[str, Any]:
    return {"basis": one.basis.value, "paidBy": _PAID_BY[one.months], "left": one.left}


def _as_lines(park: Park, customer: Customer, found: Quote) -> list[str]:
    lines = [f"{park.name}, {customer.name}: a year by each option, rounded up to 0.01 PT"]
    for carrier, options in found.options.items():
        shown = format_m3 if carrier == "hotwater" else format_kwh
        lines += ["", f"{carrier}, {shown(customer.year[carrier])}"]
        lines += _rows([(_way(one), one.cost, _left(one.left)) for one in options])
    if found.plans:
        lines += ["", "all together"]
        lines += _rows([(_bundle(plan), plan.cost, _seasonal(plan)) for plan in found.plans])
    return lines


def _rows(rows: list[tuple[str, int, str]]) -> list[str]:
    """Cheapest first, each held against the last."""
    costs = [-(-cost // _CENT) * _CENT for _, cost, _ in rows]
    cells = [
        (what, format_pt(cost), f"saves {format_pt(costs[-1] - cost)}", note)
        for (what, _, note), cost in zip(rows, costs, strict=True)
    ]
    width = max(len(cost) for _, cost, _, _ in cells)
    return [f"  {line}" for line in table([(what, cost.rjust(width), *rest) for what, cost, *rest in cells])]


def _way(one: Option) -> str:
    return f"{one.basis}, by the {_PAID_BY[one.months]}"


def _left(left: int) -> str:
    return f"and {format_pt(left)} are left" if left else ""


def _bundle(plan: Plan) -> str:
    how = f"bundle of {' + '.join(plan.bundle)}" if plan.bundle else "each on its own"
    return f"{how}, by the {_PAID_BY[plan.months]}"


def _seasonal(plan: Plan) -> str:
    return ", ".join(f"{one.carrier} by {one.basis}" for one in plan.options if one.basis is not Basis.PREPAID)
