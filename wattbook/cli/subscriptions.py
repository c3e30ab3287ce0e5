"""`wattbook package buy`, `pay`, `status`, `draw`, `cancel`, `close`: subscriptions on the chain."""

from typing import Any

import click

from wattbook import units
from wattbook.cli.members import account_of
from wattbook.cli.output import as_json, network_option, show, table
from wattbook.cli.parameters import Amount, Month
from wattbook.cli.signing import Signing, send, signing
from wattbook.connection import Market
from wattbook.contracts.structs import Kind, Purchase
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment
from wattbook.errors import UnitError
from wattbook.months import MONTHS_A_YEAR, month_at
from wattbook.packages.subscribed import Subscribed, numbers_of, subscribed
from wattbook.units import format_pt

_TERMS = {"month": 1, "quarter": 3, "year": 12}
_FORMS = "lots:TARIFF:DEVICE:PT, flow:TARIFF:DEVICE:PT, area:TARIFF:M2 or area:TARIFF:M2:DEVICE"


@click.command()
@signing
@click.argument("wanted", metavar="WHAT...", nargs=-1, required=True)
@click.option("--from", "first", type=Month(), help="The first month; the next one if none is given.")
@click.option("--term", type=click.Choice(list(_TERMS)), default="month", show_default=True, help="Of flow and areas.")
@as_json
def buy(as_json: bool, wanted: tuple[str, ...], first: int | None, term: str, **options: Any) -> None:
    """Subscribe; several at once are a bundle.

    WHAT is lots:TARIFF:DEVICE:PT, flow:TARIFF:DEVICE:PT, area:TARIFF:M2 or area:TARIFF:M2:DEVICE.
    """
    here = Signing.among(options)
    market = here.connect()
    if first is None:
        first = month_at(market.chain.now) + 1
    purchases = [_purchase(one, first, _TERMS[term]) for one in wanted]
    receipt = market.energy_packages.buy(purchases, sender=here.signer(market))
    bought = [event.args for event in receipt.events if event.name == "Bought"]
    value = [{"subscription": one["subscription"], "paid": one["paid"]} for one in bought]
    lines = [f"subscription {one['subscription']}: {format_pt(one['paid'])} paid" for one in bought]
    show(as_json, value, lambda: lines)


@click.command()
@signing
@click.argument("subscription", type=click.IntRange(1))
@click.argument("amount", metavar="PT", type=Amount("PT", units.pt))
def pay(subscription: int, amount: int, **options: Any) -> None:
    """Pay into a subscription of lots or flow; what is owed is paid of it first."""
    send(options, lambda market, who: market.energy_packages.pay(subscription, amount, sender=who))


@click.command("status")
@network_option
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@click.option("--of", "member", help="All subscriptions of a member.")
@click.argument("numbers", metavar="[SUBSCRIPTION]...", nargs=-1, type=click.IntRange(1))
@as_json
def status_of(
    as_json: bool, network: str, deployment: str | None, member: str | None, numbers: tuple[int, ...]
) -> None:
    """What subscriptions have left, what they owe, until when they are supplied."""
    if (member is None) == (not numbers):
        raise click.UsageError("name subscriptions by their numbers, or a member with --of")
    chain = networks.network(network).connect()
    market = Market(chain, find_deployment(chain, deployment))
    wanted = numbers_of(market, account_of(market, member)) if member else numbers
    found = [subscribed(market, number) for number in wanted]
    show(as_json, [_as_value(one) for one in found], lambda: _as_lines(found))


@click.command()
@signing
@click.argument("numbers", metavar="SUBSCRIPTION...", nargs=-1, required=True, type=click.IntRange(1))
def draw(numbers: tuple[int, ...], **options: Any) -> None:
    """Pay providers what they earned: of lots and flow what was read, of areas the months that are over."""
    send(options, lambda market, who: market.energy_packages.draw(list(numbers), sender=who))


@click.command()
@signing
@click.argument("subscription", type=click.IntRange(1))
def cancel(subscription: int, **options: Any) -> None:
    """End a subscription of yours: lots and flow with the month, an area at once."""
    send(options, lambda market, who: market.energy_packages.cancel(subscription, sender=who))


@click.command()
@signing
@click.argument("subscription", type=click.IntRange(1))
def close(subscription: int, **options: Any) -> None:
    """Refund lots or flow that were cancelled, when their last month is read."""
    send(options, lambda market, who: market.energy_packages.close(subscription, sender=who))


COMMANDS = (buy, pay, status_of, draw, cancel, close)


def _purchase(text: str, first: int, term: int) -> Purchase:
    kind, *said = text.split(":")
    try:
        if kind == "area" and len(said) in (2, 3):
            tariff, area, device = _number(said[0]), units.centi_m2(said[1]), _number(said[2]) if said[2:] else 0
            return Purchase(tariff, Kind.AREA, first, term, device, area, 0)
        if kind in ("lots", "flow") and len(said) == 3:
            tariff, device, amount = _number(said[0]), _number(said[1]), units.pt(said[2])
            by_flow = kind == "flow"
            return Purchase(
                tariff, Kind.FLOW if by_flow else Kind.LOTS, first, term if by_flow else 0, device, 0, amount
            )
    except (ValueError, UnitError):
        pass
    raise click.UsageError(f"{text} is none of {_FORMS}")


def _number(text: str) -> int:
    if not text.isdecimal() or (number := int(text)) >= 2**32:
        raise ValueError(text)
    return number


def _as_value(one: Subscribed) -> dict[str, Any]:
    return {
        "subscription": one.number,
        "customer": one.customer,
        "state": one.state.name.lower(),
        "kind": one.kind.name.lower(),
        "tariff": one.version,
        "provider": one.provider,
        "carrier": one.carrier.name.lower(),
        "first": _month(one.first),
        "until": None if one.until is None else _month(one.until),
        "device": one.device,
        "areaCentiM2": one.area,
        "left": one.left,
        "lots": [{"paid": lot.paid, "left": lot.left, "price": lot.price} for lot in one.lots],
        "bonus": None if one.bonus is None else {"left": one.bonus.left, "price": one.bonus.price},
        "drawn": None if one.drawn is None else _month(one.drawn),
        "suspended": one.suspended,
        "owed": one.owed,
    }


def _as_lines(found: list[Subscribed]) -> list[str]:
    if not found:
        return ["no subscriptions"]
    return table(
        [
            (
                str(one.number),
                one.state.name.lower() + (", suspended" if one.suspended else ""),
                f"{one.carrier.name.lower().replace('_', ' ')} by {one.kind.name.lower()}",
                f"from {_month(one.first)}" + ("" if one.until is None else f" to {_month(one.until - 1)}"),
                f"{format_pt(one.left)} left",
                f"{format_pt(one.owed)} owed" if one.owed else "",
            )
            for one in found
        ]
    )


def _month(month: int) -> str:
    year, place = divmod(month, MONTHS_A_YEAR)
    return f"{1970 + year}-{place + 1:02d}"
