"""What a request may be before anything looks into it: its size, its kind, and how often its sender asks."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontend_api.api.problems import Problem
from frontend_api.settings import Limits

# So many clients are remembered; those that did not ask for longest are forgotten first.
_CLIENTS = 50_000
_API = "/api/"
_WITH_BODY = ("POST", "PUT", "PATCH")
_JSON = b"application/json"
# A home has a network of this size under IPv6, and all its addresses are one client.
_HOME_BITS = 64


class Gate:
    """Answers itself what must not come further; plain ASGI, and thin."""

    def __init__(self, app: ASGIApp, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._most = limits.body_bytes
        self._buckets = Buckets(limits.requests_per_second, limits.burst, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _sealed(scope, send)
        if problem := self._objection(scope):
            await problem.response()(scope, receive, send)
        elif scope["method"] in _WITH_BODY:
            await self._app(scope, _Counted(receive, self._most).receive, send)
        else:
            await self._app(scope, receive, send)

    def _objection(self, scope: Scope) -> Problem | None:
        path: str = scope["path"]
        if path.startswith(_API) and (wait := self._buckets.wait(client_of(scope))):
            seconds = str(ceil(wait))
            return Problem("too-many-requests", f"ask again in {seconds} s", {"retry-after": seconds})
        if scope["method"] not in _WITH_BODY:
            return None
        length, kind, chunked = b"", b"", False
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                kind = value
            elif name == b"transfer-encoding":
                chunked = True
        if length.isdigit() and int(length[:20]) > self._most:
            return _too_large(self._most)
        if not (chunked or length.strip(b"0")) or not path.startswith(_API):
            return None
        if kind.split(b";", 1)[0].strip().lower() != _JSON:
            return Problem("wrong-content-type", "the body must be application/json")
        return None


class Buckets:
    """A bucket of tokens for each client: it begins full, a request takes one, and time fills it again."""

    def __init__(self, per_second: int, size: int, clock: Callable[[], float], most: int = _CLIENTS) -> None:
        self._rate = per_second
        self._size = size
        self._clock = clock
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str) -> float:
        """Takes a token; how many seconds to wait for one if there is none."""
        if not self._rate:
            return 0
        # A bucket is told by when it will be full, so that a full one need not be kept.
        now = self._clock()
        full_at = max(now, self._full_at.get(client, 0)) + 1 / self._rate
        excess = full_at - now - self._size / self._rate
        if excess > 1e-9:
            return excess
        self._full_at[client] = full_at
        self._full_at.move_to_end(client)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return 0


def client_of(scope: Scope) -> str:
    """Who asks, as far as his address tells."""
    host = scope["client"][0] if scope.get("client") else ""
    if ":" not in host:
        return str(host)
    try:
        address = ipaddress.IPv6Address(host.split("%", 1)[0])
    except ValueError:
        return str(host)
    return str(int(address) >> (128 - _HOME_BITS)) if address.ipv4_mapped is None else str(address.ipv4_mapped)


class _Counted:
    """Counts what comes, as a body may be sent without its length."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = self._left = most

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, _too_large(self._most).detail, {"connection": "close"})
        return message


def _too_large(most: int) -> Problem:
    return Problem("too-large", f"a body has at most {most} bytes", {"connection": "close"})


def _sealed(scope: Scope, send: Send) -> Send:
    """Adds what every answer says to browsers, unless the answer says it itself."""
    usual = _OF_API if scope["path"].startswith(_API) else _OF_PAGES

    async def seal(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.setdefault("headers", [])
            said = {name for name, _ in headers}
            headers.extend(one for one in usual if one[0] not in said)
        await send(message)

    return seal


_OF_API = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_OF_PAGES = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
