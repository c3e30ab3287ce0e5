"""Webhooks: to be told of events without asking."""

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from frontend_api.api.access import Viewer
from frontend_api.api.moment import Moment
from frontend_api.api.private.signed_in import asker, clock, described, private, private_router
from frontend_api.api.problems import Problem
from frontend_api.api.shapes.events import Kind, Which
from frontend_api.webhooks.addresses import AddressRefused, target_of
from frontend_api.webhooks.hooks import Hook, HookRefused, Hooks

ROUTER = private_router("webhooks")
_GREATEST_ID = 2**63 - 1


class NewWebhook(BaseModel):
    """Where to, and of which events: of a contract, of a name, about a subject; all that are left out are any."""

    url: str = Field(max_length=2_000, examples=["https://partner.example/wattbook"])
    contract: str | None = Field(None, pattern="^[A-Za-z]{1,40}$")
    name: str | None = Field(None, pattern="^[A-Za-z0-9]{1,40}$")
    kind: Kind | None = None
    subject: str | None = Field(None, pattern="^[0-9A-Za-z]{1,78}$")


class Webhook(BaseModel):
    id: int
    url: str
    contract: str | None
    name: str | None
    kind: str | None
    subject: str | None
    made_at: int
    block: int = Field(description="Up to which block it was told everything.")
    failures: int = Field(description="How often in a row it did not take what it was told.")
    try_at: int
    trouble: str | None
    stopped: bool
    secret: str | None = Field(None, description="By which events are signed; shown once, when it is made.")


class Webhooks(BaseModel):
    items: list[Webhook]


class Deleted(BaseModel):
    deleted: bool


@ROUTER.get("/webhooks", operation_id="webhooks", summary="One's own webhooks", responses=described(Webhooks))
def webhooks(request: Request) -> Response:
    def work(_: Moment, viewer: Viewer) -> dict[str, Any]:
        found = Hooks(request.app.state.database).of_account(viewer.account)
        return {"items": [_shown(hook) for hook in found]}

    return private(request, work)


@ROUTER.post(
    "/webhooks",
    operation_id="make_webhook",
    summary="Be told of events",
    status_code=201,
    responses=described(Webhook, "bad-request", "conflict", "too-large", "wrong-content-type", status=201),
)
def make_webhook(request: Request, body: NewWebhook) -> Response:
    viewer = asker(request)
    if (body.kind is None) != (body.subject is None):
        what = "kind and subject are given both or not at all"
        raise Problem("bad-parameter", what, errors=[{"where": "body.subject", "what": what}])
    which = Which(body.contract, body.name, body.kind, body.subject.lower() if body.subject else None)
    try:
        target_of(body.url, request.app.state.settings.webhooks)
        made = Hooks(request.app.state.database).make(viewer, body.url, which, clock())
    except AddressRefused as error:
        raise Problem("bad-parameter", str(error), errors=[{"where": "body.url", "what": str(error)}]) from None
    except HookRefused as refusal:
        raise Problem(refusal.kind, str(refusal)) from None
    return private(request, lambda *_: {**_shown(made), "secret": made.secret}, status=201)


@ROUTER.delete(
    "/webhooks/{id}",
    operation_id="delete_webhook",
    summary="Be told no more",
    responses=described(Deleted, "not-found"),
)
def delete_webhook(request: Request, id: Annotated[int, Path(ge=0, le=_GREATEST_ID)]) -> Response:
    viewer = asker(request)
    if not Hooks(request.app.state.database).remove(viewer.account, id):
        raise Problem("not-found", "there is no such webhook of yours")
    return JSONResponse({"deleted": True}, headers={"cache-control": "private, no-store"})


def _shown(hook: Hook) -> dict[str, Any]:
    which = hook.which
    return {
        "id": hook.id,
        "url": hook.url,
        "contract": which.contract,
        "name": which.name,
        "kind": which.kind,
        "subject": which.subject,
        "made_at": hook.made_at,
        "block": hook.block,
        "failures": hook.failures,
        "try_at": hook.try_at,
        "trouble": hook.trouble,
        "stopped": hook.stopped,
    }
