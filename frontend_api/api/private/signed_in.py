"""Routes for those who are signed in: who asks is made anew for each request, from the index at that moment."""

import time
from collections.abc import Callable
from typing import Any

from eth_utils.address import is_address
from fastapi import Depends, Request
from fastapi.routing import APIRouter
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.responses import Response

from frontend_api.api.access import MemberStatus, Viewer, viewer_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.problems import Problem, documented
from frontend_api.api.routing import router
from frontend_api.api.signin.sessions import Place, Sessions
from frontend_api.api.signin.wallets import contract_wallet

COOKIE = "wattbook_session"
# Other sites cannot make a browser send it: only what knows that it asks this market does.
GUARD = "x-wattbook"
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")
_BEARER = "bearer "

_cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session")
_bearer = HTTPBearer(auto_error=False, scheme_name="token")

Work = Callable[[Moment, Viewer], Any]
PROBLEMS = ("not-signed-in", "not-yours")


def private_router(tag: str) -> APIRouter:
    """A router whose routes are for those who are signed in."""
    return router(prefix="/api/v1", tags=[tag], dependencies=[Depends(_cookie), Depends(_bearer)])


def described(model: Any, *problems: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its description."""
    return {status: {"model": model}, **documented(*PROBLEMS, *problems)}


def private(request: Request, work: Work, *, status: int = 200) -> Response:
    """Answers whoever is signed in what `work` makes for him."""
    return answer(request, lambda moment: work(moment, viewer_in(moment)), private=True, status=status)


def viewer_in(moment: Moment) -> Viewer:
    """Who asks; a problem when nobody does, or not any more."""
    request = moment.request
    token = token_of(request)
    if token is None:
        raise _nobody("sign in first")
    found = sessions_of(request).account_of(moment.connection, token)
    if found is None:
        raise _nobody("the session is over; sign in again")
    viewer = viewer_of(moment.connection, found[0])
    if viewer.status is MemberStatus.REPLACED:
        raise _nobody("another account has taken the place of this one; sign in with that")
    return viewer


def asker(request: Request) -> Viewer:
    """Who asks, in a moment of its own."""
    found: list[Viewer] = []
    answer(request, lambda moment: found.append(viewer_in(moment)), private=True)
    return found[0]


def may_see_account(moment: Moment, *accounts: str) -> bool:
    """Whether whoever asks, if anybody, may see what is private of one of the accounts."""
    try:
        viewer = viewer_in(moment)
    except Problem:
        return False
    return any(viewer.may_see(account) for account in accounts)


def required(viewer: Viewer, account: str) -> str:
    """An account of which the viewer may see what is private, in lower case."""
    name = account_in(account)
    if not viewer.may_see(name):
        raise Problem("not-yours", "this is shown to its owner, operators and regulators only")
    return name


def account_in(text: str) -> str:
    """An address in a path."""
    if not (text.startswith("0x") and is_address(text)):
        raise Problem("not-found", "there is no such account")
    return text.lower()


def token_of(request: Request) -> str | None:
    """What a request shows: a header, or a cookie, which alone changes nothing."""
    header = request.headers.get("authorization")
    if header is not None:
        return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None
    token = request.cookies.get(COOKIE)
    if token is not None and request.method in _CHANGING and request.headers.get(GUARD) != "1":
        raise Problem("not-yours", "a request that changes something needs the header `X-Wattbook: 1`")
    return token


def sessions_of(request: Request) -> Sessions:
    """The application's sessions."""
    state = request.app.state
    if not hasattr(state, "sessions"):
        state.sessions = Sessions(state.database, state.secret, clock, contract_wallet(state.node))
    found: Sessions = state.sessions
    return found


def place_of(moment: Moment) -> Place:
    """What a sign-in here is bound to."""
    if moment.progress is None:
        raise Problem("database-down", "the index was not begun yet; nobody can sign in", {"retry-after": "5"})
    return Place(moment.request.app.state.settings.origin, moment.chain_id)


def clock() -> int:
    return int(time.time())


def _nobody(why: str) -> Problem:
    return Problem("not-signed-in", why, {"www-authenticate": "Bearer"})
