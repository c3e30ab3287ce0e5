"""Subscriptions: for customer and provider, operators and regulators."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from starlette.responses import Response

from frontend_api.api.access import Viewer
from frontend_api.api.moment import Moment
from frontend_api.api.paging import Cursor, Limit
from frontend_api.api.private.lists import Names, both_values
from frontend_api.api.private.signed_in import described, private, private_router
from frontend_api.api.problems import Problem
from frontend_api.api.shapes.words import address
from frontend_api.database.tables import events, subjects, subscription_holders, subscriptions
from wattbook.contracts.structs import Kind

ROUTER = private_router("packages")
_MOST = 1_000
_MOST_DIGITS = 78


class Subscription(BaseModel):
    """A subscription as the contracts told it."""

    subscription: str
    customer: str
    provider: str
    version: int = Field(description="Of the tariff.")
    kind: str = Field(json_schema_extra={"enum": [kind.name.lower() for kind in Kind]})
    device: int | None
    area: int | None = Field(description="In 0.01 m2, null of lots and flow.")
    first_month: int = Field(description="From January 1970, in UTC.")
    term: int
    until_month: int | None = Field(description="The first month that is not its any more, if it was cancelled.")
    state: str = Field(json_schema_extra={"enum": ["active", "ending", "closed"]})
    paid_upt: str
    left_upt: str = Field(description="What was paid and is not earned yet.")
    supply_suspended: bool
    in_arrears: bool
    last_month: int | None = Field(description="The last month that was charged.")
    last_charged_upt: str | None
    block: int


class Subscriptions(BaseModel):
    items: list[Subscription]
    next: str | None = None


class Told(BaseModel):
    name: str
    args: dict[str, Any]
    block: int


class SubscriptionDetail(Subscription):
    told: list[Told] = Field(description="All that was told of it, the oldest first.")


@dataclass
class _Account:
    """What became of a subscription."""

    added: int = 0
    earned: int = 0
    state: str = "active"
    until: int | None = None
    suspended: bool = False
    arrears: bool = False
    last: tuple[int, int] | None = None
    told: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, name: str, args: dict[str, Any], block: int) -> None:
        self.told.append({"name": name, "args": args, "block": block})
        match name:
            case "LotAdded":
                self.added += int(args["paid"])
            case "Repriced":
                self.added += int(args["difference"]) - int(args["unpaid"])
            case "Drawn":
                charged = int(args["charged"])
                self.earned += charged + int(args["dust"])
                self.last = (int(args["month"]), charged + int(args["arrears"]))
            case "AreaEarned":
                self.earned += int(args["amount"])
            case "ArrearsBegan":
                self.arrears = True
            case "SupplySuspended":
                self.suspended = True
            case "SupplyResumed":
                self.suspended = self.arrears = False
            case "Cancelled":
                self.state, self.until = "ending", int(args["until"])
            case "Closed":
                self.state = "closed"


@both_values("packages", "Subscriptions", Subscriptions)
def packages(moment: Moment, names: Names) -> dict[str, Any]:
    return {"items": subscribed(moment, _held(moment, names)), "next": None}


@ROUTER.get(
    "/subscriptions",
    operation_id="subscriptions",
    summary="Subscriptions that concern whoever asks, the newest first",
    responses=described(Subscriptions, "bad-cursor"),
)
def list_subscriptions(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
    def work(moment: Moment, viewer: Viewer) -> dict[str, Any]:
        columns = subscriptions.c
        place = moment.place(cursor, int, int)
        question = select(columns.subscription, columns.block, columns.log)
        if not viewer.supervises:
            mine = columns.subscription.in_(_held(moment, viewer.names)) | columns.provider.in_(viewer.names)
            question = question.where(mine)
        if place is not None:
            block, log = place
            question = question.where((columns.block < block) | ((columns.block == block) & (columns.log < log)))
        newest = question.order_by(columns.block.desc(), columns.log.desc()).limit(limit + 1)
        rows = moment.rows(newest)
        known = {one["subscription"]: one for one in subscribed(moment, [row.subscription for row in rows[:limit]])}
        return moment.page(rows, limit, lambda row: known[str(row.subscription)], lambda row: (row.block, row.log))

    return private(request, work)


@ROUTER.get(
    "/subscriptions/{subscription}",
    operation_id="subscription",
    summary="A subscription and all that was told of it",
    responses=described(SubscriptionDetail, "not-found"),
)
def subscription(request: Request, subscription: Annotated[str, Path(max_length=_MOST_DIGITS)]) -> Response:
    def work(moment: Moment, viewer: Viewer) -> dict[str, Any]:
        if not (subscription.isascii() and subscription.isdigit()):
            raise Problem("not-found", "there is no such subscription")
        found = subscribed(moment, [int(subscription)], told=True)
        # Who may not see one is not told whether there is one.
        if not found or not (viewer.may_see(found[0]["customer"]) or viewer.may_see(found[0]["provider"])):
            if found:
                raise Problem("not-yours", "this is shown to customer, provider, operators and regulators only")
            raise Problem("not-found", "there is no such subscription")
        return found[0]

    return private(request, work)


def subscribed(moment: Moment, numbers: Sequence[int], *, told: bool = False) -> list[dict[str, Any]]:
    """What is known of subscriptions, in their sequence."""
    rows = {row.subscription: row for row in moment.rows(select(subscriptions).where(_among(subscriptions, numbers)))}
    holders = subscription_holders.c
    question = select(holders.subscription, holders.customer).where(_among(subscription_holders, numbers))
    held = {row.subscription: row.customer for row in moment.rows(question.order_by(holders.block, holders.log))}
    accounts = _accounts(moment, numbers)
    found = []
    for number in numbers:
        if number in rows:
            shown = _shown(rows[number], held[number], accounts[number])
            found.append({**shown, "told": accounts[number].told} if told else shown)
    return found


def _shown(row: Any, customer: str, its: _Account) -> dict[str, Any]:
    bought = row.purchase
    kind = Kind(int(bought["kind"]))
    added = its.added + (row.paid if kind is Kind.AREA else 0)
    closed = its.state == "closed"
    return {
        "subscription": str(row.subscription),
        "customer": address(customer),
        "provider": address(row.provider),
        "version": row.version,
        "kind": kind.name.lower(),
        "device": int(bought["device"]) or None,
        "area": int(bought["area"]) if kind is Kind.AREA else None,
        "first_month": int(bought["first"]),
        "term": int(bought["term"]),
        "until_month": its.until,
        "state": its.state,
        "paid_upt": str(added),
        "left_upt": str(0 if closed else added - its.earned),
        "supply_suspended": its.suspended,
        "in_arrears": its.arrears,
        "last_month": its.last[0] if its.last else None,
        "last_charged_upt": str(its.last[1]) if its.last else None,
        "block": row.block,
    }


def _accounts(moment: Moment, numbers: Sequence[int]) -> dict[int, _Account]:
    same = (subjects.c.block == events.c.block) & (subjects.c.log == events.c.log)
    question = select(subjects.c.subject, events.c.name, events.c.args, events.c.block).join(events, same)
    about = (subjects.c.kind == "subscription") & subjects.c.subject.in_([str(number) for number in numbers])
    told = events.c.contract == "EnergyPackages"
    found: dict[int, _Account] = defaultdict(_Account)
    for row in moment.rows(question.where(about, told).order_by(subjects.c.block, subjects.c.log)):
        found[int(row.subject)].tell(row.name, row.args, row.block)
    return found


def _held(moment: Moment, names: Names) -> list[int]:
    """The subscriptions that are theirs now, the oldest first."""
    columns = subscription_holders.c
    had = select(columns.subscription).where(columns.customer.in_(names)).distinct().limit(_MOST)
    order = func.row_number().over(
        partition_by=columns.subscription, order_by=(columns.block.desc(), columns.log.desc())
    )
    ranked = select(columns.subscription, columns.customer, columns.block, columns.log, order.label("rank"))
    ranked_ = ranked.where(columns.subscription.in_(had)).subquery()
    question = select(ranked_).where(ranked_.c.rank == 1, ranked_.c.customer.in_(names))
    return [row.subscription for row in moment.rows(question.order_by(ranked_.c.block, ranked_.c.log))]


def _among(table: Any, numbers: Sequence[int]) -> Any:
    return table.c.subscription.in_(list(numbers))
