"""What can go wrong, as documents of RFC 9457. Each kind has a name, under which docs/api.md explains it."""

import json
import re
import traceback
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from frontend_api.database.database import DatabaseError
from wattbook.errors import ChainError

MEDIA_TYPE = "application/problem+json"

KINDS: dict[str, tuple[int, str]] = {
    "bad-cursor": (400, "The cursor is not of this list"),
    "bad-request": (400, "The request cannot be read"),
    "not-signed-in": (401, "Nobody is signed in"),
    "not-yours": (403, "This is not for whoever asks"),
    "not-found": (404, "There is no such thing"),
    "wrong-method": (405, "This cannot be done here"),
    "conflict": (409, "This cannot be done now"),
    "too-large": (413, "The body is too large"),
    "wrong-content-type": (415, "The body is not of a kind that is read here"),
    "bad-parameter": (422, "A parameter or field is not as it should be"),
    "too-many-requests": (429, "Too many requests"),
    "unexpected": (500, "Something went wrong that should not"),
    "database-down": (503, "The database does not answer"),
    "node-down": (503, "The node does not answer"),
    "not-configured": (503, "This is not set up here"),
    "too-many-streams": (503, "Too many streams"),
}
_BY_STATUS = {status: name for name, (status, _) in reversed(list(KINDS.items()))}
# What a text that somebody sent may show of itself in an answer.
_MOST_SHOWN = 80

_log = structlog.get_logger(__name__)


class Problem(Exception):
    """Ends a request with a document of a kind. What else is given stands in it beside the usual fields."""

    def __init__(self, kind: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status, self.title = KINDS[kind]
        self.detail = detail
        self.headers = headers or {}
        self.more = more

    def document(self) -> dict[str, Any]:
        return {
            "type": f"/problems/{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }

    def response(self) -> Response:
        headers = {"cache-control": "no-store", **self.headers}
        return Response(json.dumps(self.document()), self.status, headers, MEDIA_TYPE)


class WrongField(BaseModel):
    """One parameter or field that is not as it should be."""

    where: str = Field(description="Where it stands: query, path, header or body, then its name.")
    what: str = Field(description="What is wrong with it.")


class ProblemDocument(BaseModel):
    """A problem, after RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "/problems/not-found",
                "title": "There is no such thing",
                "status": 404,
                "detail": "there is no book 0x00...",
            }
        },
    )

    type: str = Field(description="The kind of problem, explained under this name in the guide.")
    title: str
    status: int
    detail: str = Field(description="What went wrong this time.")
    errors: list[WrongField] | None = Field(None, description="Of bad-parameter: each thing that is wrong.")


def documented(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that are problems, for its description: those given, and those that any route has."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in ("bad-parameter", "too-many-requests", "database-down", *kinds):
        status, title = KINDS[kind]
        said = found.get(status, {}).get("description")
        description = f"{said} Or: {title}." if said and title not in said else f"{title}."
        found[status] = {
            "description": description,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        if kind == "too-many-requests":
            found[status]["headers"] = {
                "Retry-After": {"description": "Seconds until it may be tried again.", "schema": {"type": "integer"}}
            }
    return found


def shown(value: object) -> str:
    """What somebody sent, short enough and without signs that do more than show."""
    text = re.sub(r"[^\x20-\x7e\u00a1-\U0010ffff]", "?", str(value))
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


ShowPage = Callable[[Request, Problem], Response | None]


def answer_with_problems(app: FastAPI, show: ShowPage | None = None) -> None:
    """Makes every failure of an app a document; `show` may make a page of it for people."""

    def respond(request: Request, problem: Problem) -> Response:
        if show and not request.url.path.startswith("/api/"):
            return show(request, problem) or problem.response()
        return problem.response()

    def as_problem(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.kind == "wrong-method" and (allowed := _methods(app, request.url.path)):
            problem.headers = {"allow": ", ".join(sorted(allowed))}
        return respond(request, problem)

    def unexpected(request: Request, error: Exception) -> Response:
        # Without the values of variables, some of which are secret.
        _log.error("unexpected", path=request.url.path, trace="".join(traceback.format_exception(error)))
        return respond(request, Problem("unexpected", "the answer could not be made; the log says why"))

    for kind in (Problem, HTTPException, RequestValidationError, DatabaseError, SQLAlchemyError, ChainError):
        app.add_exception_handler(kind, as_problem)
    app.add_exception_handler(Exception, unexpected)


def _methods(app: FastAPI, path: str) -> set[str]:
    """What can be done at an address: each method has a route of its own, and a route knows only its own."""
    described = app.openapi()["paths"].items()
    return {one.upper() for route, methods in described if compile_path(route)[0].match(path) for one in methods}


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            return _of_status(error)
        case DatabaseError() | SQLAlchemyError():
            _log.warning("database", error=str(error))
            return Problem("database-down", "the index cannot be read now; try again soon", {"retry-after": "5"})
        case ChainError():
            return Problem("node-down", "the node does not answer now; what is indexed is", {"retry-after": "5"})
    return Problem("unexpected", "the answer could not be made")


def _of_validation(error: RequestValidationError) -> Problem:
    found = []
    for one in error.errors():
        if one["type"] == "json_invalid":
            return Problem("bad-request", "the body is no JSON")
        found.append({"where": shown(".".join(map(str, one["loc"]))), "what": shown(one["msg"])})
    first = found[0] if found else {"where": "request", "what": "is wrong"}
    return Problem("bad-parameter", f"{first['where']}: {first['what']}", errors=found)


def _of_status(error: HTTPException) -> Problem:
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            return Problem("not-found", "there is nothing at this address")
        case 405:
            return Problem("wrong-method", "this address has other methods, see Allow", headers)
        case status if status in _BY_STATUS:
            return Problem(_BY_STATUS[status], str(error.detail), headers)
    return Problem("bad-request", str(error.detail), headers)
