"""Records by HTTP POST, of any format, one or a file of them: for gateways and small sites.

202 tells what became of the records, after they were committed; 422 the same when none could be used. 401 without the
token, 413 for more than is read, 503 while the outbox is away: then come again.
"""

import hmac
import os
import time
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from wattbook.bridge.config import secret
from wattbook.bridge.formats.recognise import MAX_FILE
from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.sources.settings import HttpSettings
from wattbook.bridge.sources.source import Answer, Arrival, Take

_AGAIN_AFTER = "10"


def route(settings: HttpSettings, take: Take, environment: Mapping[str, str] = os.environ) -> Route:
    """Where the bridge takes a source's records: `POST /sources/<name>`, with the token as bearer."""
    token = secret(environment, settings.token_environment).encode()

    async def post(request: Request) -> JSONResponse:
        if not _is_allowed(request, token):
            return _error(401, "the bearer token is missing or wrong", {"WWW-Authenticate": "Bearer"})
        data = await _body(request)
        if data is None:
            return _error(413, f"more than {MAX_FILE} bytes are not read")
        try:
            [answer] = await run_in_threadpool(take, [Arrival(settings.name, data, int(time.time()))])
        except OutboxError:
            return _error(503, "nothing can be stored at the moment", {"Retry-After": _AGAIN_AFTER})
        return JSONResponse(_shown(answer), 422 if answer.is_refused else 202)

    return Route(f"/sources/{settings.name}", post, methods=["POST"])


def _is_allowed(request: Request, token: bytes) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token)


async def _body(request: Request) -> bytes | None:
    """None when it is more than is read; what comes after that is not even received."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_FILE:
            return None
    return bytes(data)


def _shown(answer: Answer) -> dict[str, object]:
    refused = [{"meter": one.meter, "reason": one.reason, "detail": one.detail} for one in answer.refused]
    return {"new": answer.new, "repeated": answer.repeated, "refused": refused}


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers)
