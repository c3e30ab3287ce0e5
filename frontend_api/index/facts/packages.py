"""Tariffs, subscriptions, and the bills of a month."""

from frontend_api.database.tables import bills, subscription_holders, subscriptions, tariffs
from frontend_api.index.events import Event
from frontend_api.index.facts.rules import told
from frontend_api.index.writing import Writing


@told("Tariffs", "TariffPublished")
def tariff_published(event: Event, writing: Writing) -> None:
    writing.add(tariffs, event, **{name: event.args[name] for name in ("version", "provider", "tariff")})


@told("Tariffs", "TariffWithdrawn")
def tariff_withdrawn(event: Event, writing: Writing) -> None:
    key, filled = {"version": event.args["version"]}, {"withdrawn_by": event.args["by"]}
    writing.fill(tariffs, "withdrawn_block", event, key, filled)


@told("EnergyPackages", "Bought")
def bought(event: Event, writing: Writing) -> None:
    args, subscription = event.args, int(event.args["subscription"])
    writing.add(
        subscriptions,
        event,
        subscription=subscription,
        version=args["version"],
        provider=writing.provider_of(args["version"]),
        paid=int(args["paid"]),
        purchase=args["purchase"],
    )
    writing.add(subscription_holders, event, subscription=subscription, customer=args["customer"])


@told("EnergyPackages", "Assigned")
def assigned(event: Event, writing: Writing) -> None:
    holder = {"subscription": int(event.args["subscription"]), "customer": event.args["to"]}
    writing.add(subscription_holders, event, **holder)


@told("Bills", "BillsPosted")
def bills_posted(event: Event, writing: Writing) -> None:
    writing.add(bills, event, **{name: event.args[name] for name in ("month", "version", "root", "size")})


@told("Bills", "BillsWithdrawn")
def bills_withdrawn(event: Event, writing: Writing) -> None:
    key = {name: event.args[name] for name in ("month", "version")}
    filled = {"withdrawn_by": event.args["by"], "reason": event.args["reason"]}
    writing.fill(bills, "withdrawn_block", event, key, filled)
