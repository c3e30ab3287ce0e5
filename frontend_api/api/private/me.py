"""Who is signed in, and what he should see to before it costs him."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from frontend_api.api.access import MemberStatus, Viewer
from frontend_api.api.moment import Moment
from frontend_api.api.private.lists import ME
from frontend_api.api.private.money import newest, newest_of_kinds
from frontend_api.api.private.packages import packages
from frontend_api.api.private.signed_in import described, private
from frontend_api.api.shapes.words import address
from frontend_api.api.shapes.words import roles as role_words
from frontend_api.database.tables import bills, blocks, books, certificates, events, orders
from wattbook.billing.periods import month_name, month_period
from wattbook.certificates.slices import slice_of
from wattbook.contracts.structs import Kind
from wattbook.roles import Role

_MONTH = 30 * 86_400
_RECOVERY = ("RecoveryProposed", "RecoveryApproved", "RecoveryStopped", "RecoveryCompleted")
_KINDS = (
    "reveal",
    "recovery",
    "certification",
    "debt",
    "lot_runs_out",
    "bill_posted",
    "certificate_expires",
    "slice_expires",
)


class Reminder(BaseModel):
    """Something to see to. `until` is when it is too late, null where that is not known."""

    kind: str = Field(json_schema_extra={"enum": list(_KINDS)})
    until: int | None
    since: int | None
    about: dict[str, Any] = Field(description="Which order, subscription, month, certificate it is about.")


class Me(BaseModel):
    account: str
    member: int | None
    status: str = Field(json_schema_extra={"enum": [status.value for status in MemberStatus]})
    first: bool = Field(description="Whether the account is its member's first.")
    roles: list[str]
    may_spend: bool
    certified_until: int | None
    names: list[str] = Field(
        description="The account and those whose place it took; of a first account all of its member's."
    )
    reminders: list[Reminder]


@ME.get("/me", operation_id="me", summary="Who is signed in, and what is to be done", responses=described(Me))
def me(request: Request) -> Response:
    def work(moment: Moment, viewer: Viewer) -> dict[str, Any]:
        return {
            "account": address(viewer.account),
            "member": viewer.member,
            "status": viewer.status.value,
            "first": viewer.first,
            "roles": role_words(viewer.roles),
            "may_spend": bool(viewer.rights & Role.SPEND),
            "certified_until": viewer.certified_until,
            "names": [address(name) for name in viewer.names],
            "reminders": sorted(reminders(moment, viewer), key=lambda one: (one["until"] is None, one["until"] or 0)),
        }

    return private(request, work)


def reminders(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """All that is to be seen to."""
    yield from _reveals(moment, viewer)
    yield from _recoveries(moment, viewer)
    yield from _certification(moment, viewer)
    yield from _debts(moment, viewer)
    yield from _lots(moment, viewer)
    yield from _bills(moment, viewer)
    yield from _certificates(moment, viewer)


def _reveals(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """Orders that are not revealed and still can be: each is worth its bond."""
    columns = orders.c
    about = (books.c.slot_start, books.c.reveals_at, books.c.clears_at)
    question = select(columns.book, columns.place, columns.number, *about).join(books, books.c.key == columns.book)
    open_ = columns.trader.in_(viewer.names) & columns.revealed_block.is_(None) & columns.bond_block.is_(None)
    newest_first = question.where(open_, books.c.clears_at > moment.now).order_by(books.c.clears_at).limit(200)
    for row in moment.rows(newest_first):
        its = {"book": row.book, "place": row.place, "number": row.number, "slot_start": row.slot_start}
        yield _reminder("reveal", row.clears_at, row.reveals_at, its)


def _recoveries(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """Somebody says that a key is lost: its owner can object until it is done."""
    question = select(events.c.name, events.c.args, blocks.c.time).join(blocks, blocks.c.number == events.c.block)
    # Of all accounts: there are few, and much may be told of one account.
    told = (events.c.contract == "Membership") & events.c.name.in_(_RECOVERY)
    open_: dict[str, dict[str, Any]] = {}
    for row in moment.rows(question.where(told).order_by(events.c.block, events.c.log)):
        name, args = row.name, row.args
        account = args["account"]
        if name in ("RecoveryStopped", "RecoveryCompleted"):
            open_.pop(account, None)
        elif account in viewer.names:
            ready = int(args["readyAt"]) if name == "RecoveryApproved" else None
            its = {"account": address(account), "replacement": address(args["replacement"])}
            open_[account] = _reminder("recovery", ready, row.time, its)
    yield from open_.values()


def _certification(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    until = viewer.certified_until
    if until is not None and until < moment.now + _MONTH and viewer.status is not MemberStatus.EXPELLED:
        yield _reminder("certification", until, None, {"member": viewer.member})


def _debts(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    for row in newest_of_kinds(moment, viewer.names, ("owed",)):
        if row.after > 0:
            yield _reminder("debt", None, None, {"account": address(row.account), "owed_upt": str(row.after)})


def _lots(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """What is prepaid and would not cover another month like the last."""
    for one in packages(moment, viewer.names)["items"]:
        if one["state"] == "active" and one["kind"] != Kind.AREA.name.lower():
            left, last = int(one["left_upt"]), int(one["last_charged_upt"] or 0)
            if left == 0 or left < last:
                its = {"subscription": one["subscription"], "left_upt": str(left), "last_month_upt": str(last)}
                yield _reminder("lot_runs_out", None, None, its)


def _bills(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    if viewer.member is None:
        return
    columns = bills.c
    question = select(columns.month, columns.version, blocks.c.time).join(blocks, blocks.c.number == columns.block)
    stands = columns.withdrawn_block.is_(None) & (blocks.c.time > moment.now - _MONTH)
    for row in moment.rows(question.where(stands).order_by(columns.month.desc())):
        its = {"month": month_name(row.month), "ended_at": month_period(row.month).end, "version": row.version}
        yield _reminder("bill_posted", None, row.time, its)


def _certificates(moment: Moment, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """What can be used for a month more, at most."""
    soon = moment.now + _MONTH
    held = [row for row in newest(moment, viewer.names, ("certificate", "slice")) if row.after]
    ids = [row.item for row in held if row.kind == "certificate"]
    question = select(certificates).where(certificates.c.certificate.in_(ids), certificates.c.expires < soon)
    for row in moment.rows(question.order_by(certificates.c.expires)):
        if row.expires > moment.now:
            its = {"certificate": str(row.certificate), "number": row.number}
            yield _reminder("certificate_expires", row.expires, None, its)
    for row in held:
        if row.kind == "slice" and moment.now < slice_of(row.item).expires < soon:
            yield _reminder(
                "slice_expires", slice_of(row.item).expires, None, {"slice": str(row.item), "wh": row.after}
            )


def _reminder(kind: str, until: int | None, since: int | None, about: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "until": until, "since": since, "about": about}
