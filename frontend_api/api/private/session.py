"""Signing in and out."""

from functools import partial
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from frontend_api.api.access import MemberStatus, viewer_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.node import slowly
from frontend_api.api.private.signed_in import (
    COOKIE,
    clock,
    described,
    place_of,
    private_router,
    sessions_of,
    token_of,
    viewer_in,
)
from frontend_api.api.problems import Problem, documented
from frontend_api.api.routing import router
from frontend_api.api.shapes.words import address
from frontend_api.api.shapes.words import roles as role_words
from frontend_api.api.signin.sessions import NONCE_SECONDS, SignInRefused
from frontend_api.relay.fields import FieldError, signature_bytes

PUBLIC = router(prefix="/api/v1", tags=["session"])
ROUTER = private_router("session")

_NO_STORE = {"cache-control": "private, no-store"}


class Nonce(BaseModel):
    """What a message to sign in must have in it."""

    nonce: str
    domain: str
    uri: str
    chain_id: int
    expires_at: int = Field(description="Until when the message must have been sent back, in Unix seconds.")


class SignIn(BaseModel):
    """A message as EIP-4361 writes it, and its signature."""

    message: str = Field(max_length=4_096)
    signature: str = Field(max_length=8_300)
    bearer: bool = Field(False, description="Whether to answer with a token instead of a cookie; for programs.")


class Session(BaseModel):
    account: str
    member: int | None = Field(description="The member's number, null of who is none.")
    status: str = Field(json_schema_extra={"enum": [status.value for status in MemberStatus]})
    roles: list[str] = Field(description="Those that hold now.")
    expires_at: int
    token: str | None = Field(None, description="Shown once, to who asked for it.")


class SignedOut(BaseModel):
    signed_out: bool


@PUBLIC.get(
    "/session/nonce",
    operation_id="nonce",
    summary="A nonce to sign in with",
    responses={200: {"model": Nonce}, **documented()},
)
def nonce(request: Request) -> Response:
    def work(moment: Moment) -> dict[str, Any]:
        place = place_of(moment)
        return {
            "nonce": sessions_of(request).nonce(),
            "domain": place.domain,
            "uri": place.origin,
            "chain_id": place.chain_id,
            "expires_at": clock() + NONCE_SECONDS,
        }

    return answer(request, work, private=True)


@PUBLIC.post(
    "/session",
    operation_id="sign_in",
    summary="Sign in with Ethereum",
    status_code=201,
    responses={
        201: {"model": Session},
        **documented("not-yours", "bad-request", "too-large", "wrong-content-type", "node-down"),
    },
)
async def sign_in(request: Request, body: SignIn) -> Response:
    return await slowly(request, partial(_sign_in, request, body))


def _sign_in(request: Request, body: SignIn) -> Response:
    places: list[Any] = []
    answer(request, lambda moment: places.append(place_of(moment)), private=True)
    try:
        begun = sessions_of(request).begin(places[0], body.message, signature_bytes("signature", body.signature))
    except FieldError as error:
        raise Problem("bad-parameter", str(error)) from None
    except SignInRefused as refusal:
        raise Problem("not-yours", str(refusal), reason=refusal.name) from None

    def work(moment: Moment) -> dict[str, Any]:
        if viewer_of(moment.connection, begun.account).status is MemberStatus.REPLACED:
            sessions_of(request).end(begun.token)
            why = "another account has taken the place of this one; sign in with that"
            raise Problem("not-yours", why, reason="replaced")
        return _shown(moment, begun.account, begun.expires_at, begun.token if body.bearer else None)

    response = answer(request, work, private=True, status=201)
    if not body.bearer:
        settings = request.app.state.settings
        response.set_cookie(
            COOKIE,
            begun.token,
            max_age=begun.expires_at - clock(),
            httponly=True,
            samesite="strict",
            secure=settings.secure,
        )
    return response


@ROUTER.get("/session", operation_id="session", summary="Who is signed in", responses=described(Session))
def session(request: Request) -> Response:
    def work(moment: Moment) -> dict[str, Any]:
        viewer = viewer_in(moment)
        found = sessions_of(request).account_of(moment.connection, token_of(request) or "")
        return _shown(moment, viewer.account, found[1] if found else 0, None)

    return answer(request, work, private=True)


@ROUTER.delete("/session", operation_id="sign_out", summary="Sign out", responses=described(SignedOut))
def sign_out(request: Request) -> Response:
    token = token_of(request)
    if token is None:
        raise Problem("not-signed-in", "nobody is signed in", {"www-authenticate": "Bearer"})
    sessions_of(request).end(token)
    response = JSONResponse({"signed_out": True}, headers=_NO_STORE)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.app.state.settings.secure)
    return response


def _shown(moment: Moment, account: str, expires_at: int, token: str | None) -> dict[str, Any]:
    viewer = viewer_of(moment.connection, account)
    found = {
        "account": address(viewer.account),
        "member": viewer.member,
        "status": viewer.status.value,
        "roles": role_words(viewer.roles),
        "expires_at": expires_at,
    }
    return {**found, "token": token} if token else found
