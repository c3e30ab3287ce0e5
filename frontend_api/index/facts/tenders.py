"""Tenders, what was quoted to them, and the supplies that were awarded."""

from typing import Any

from frontend_api.database.tables import quotes, supplies, tenders
from frontend_api.index.events import Event
from frontend_api.index.facts.rules import told
from frontend_api.index.writing import Writing


@told("Tenders", "TenderPublished")
def tender_published(event: Event, writing: Writing) -> None:
    args, its, terms = event.args, event.args["its"], event.args["terms"]
    writing.add(
        tenders,
        event,
        tender=args["tender"],
        owner=args["owner"],
        zone=its["zone"],
        carrier=its["carrier"],
        device=terms["device"],
        wh=terms["wh"],
        reserve=terms["reserve"],
        delivery_start=terms["deliveryStart"],
        delivery_end=terms["deliveryEnd"],
        quote_end=terms["quoteEnd"],
        decide_end=terms["decideEnd"],
        terms=terms,
        bond=int(args["bond"]),
    )


@told("Tenders", "TenderAwarded")
def tender_awarded(event: Event, writing: Writing) -> None:
    _end_tender(event, writing, "awarded", event.args["wh"])


@told("Tenders", "TenderDeclined")
def tender_declined(event: Event, writing: Writing) -> None:
    _end_tender(event, writing, "declined", None)


@told("Tenders", "TenderExpired")
def tender_expired(event: Event, writing: Writing) -> None:
    _end_tender(event, writing, "expired", None)


def _end_tender(event: Event, writing: Writing, ended: str, wh: int | None) -> None:
    filled = {"ended": ended, "awarded_wh": wh}
    writing.fill(tenders, "ended_block", event, {"tender": event.args["tender"]}, filled)


@told("Tenders", "QuoteMade")
def quote_made(event: Event, writing: Writing) -> None:
    writing.add(quotes, event, **{name: event.args[name] for name in ("tender", "quote", "trader", "hash", "box")})


@told("Tenders", "QuoteAwarded")
def quote_awarded(event: Event, writing: Writing) -> None:
    filled = {"wh": event.args["wh"], "price": event.args["price"]}
    writing.fill(quotes, "awarded_block", event, _quote(event), filled)


@told("Tenders", "QuoteWithdrawn")
def quote_withdrawn(event: Event, writing: Writing) -> None:
    writing.fill(quotes, "ended_block", event, _quote(event), {"ended": "withdrawn"})


@told("Tenders", "QuoteRejected")
def quote_rejected(event: Event, writing: Writing) -> None:
    writing.fill(quotes, "ended_block", event, _quote(event), {"ended": "rejected"})


@told("Tenders", "AwardVoided")
def award_voided(event: Event, writing: Writing) -> None:
    writing.fill(quotes, "ended_block", event, _quote(event), {"ended": "voided"})


def _quote(event: Event) -> dict[str, Any]:
    return {"tender": event.args["tender"], "quote": event.args["quote"]}


@told("Supplies", "SupplyBegun")
def supply_begun(event: Event, writing: Writing) -> None:
    args = event.args
    plain = {name: args[name] for name in ("supply", "tender", "user", "wh", "price")}
    margins = {"owner_margin": int(args["ownerMargin"]), "user_margin": int(args["userMargin"])}
    writing.add(supplies, event, **plain, **margins)


@told("Supplies", "SupplyExecuted")
def supply_executed(event: Event, writing: Writing) -> None:
    filled = {"ended": "executed", "outcome": event.args["outcome"]}
    writing.fill(supplies, "ended_block", event, {"supply": event.args["supply"]}, filled)


@told("Supplies", "SupplyTerminated")
def supply_terminated(event: Event, writing: Writing) -> None:
    filled = {"ended": "terminated", "outcome": {"margin": event.args["margin"]}}
    writing.fill(supplies, "ended_block", event, {"supply": event.args["supply"]}, filled)
