"""The application: the API, and the pages that it feeds."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
from fastapi import FastAPI, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response

from frontend_api.api import health
from frontend_api.api.directory import Directory
from frontend_api.api.limits import Gate
from frontend_api.api.metrics import Counting, Metrics
from frontend_api.api.node import Node
from frontend_api.api.paging import Pages
from frontend_api.api.problems import ProblemDocument, answer_with_problems
from frontend_api.api.streams import Streams
from frontend_api.database.database import Database
from frontend_api.settings import Settings

# Questions to the database that are answered at once: more threads only wait for each other.
_QUICK = 4
# What waits for a node or another machine meanwhile.
_SLOW = 16
PARTS = ("frontend_api.api.public", "frontend_api.api.private", "frontend_api.pages")
# What is told of requests, Metrics tells.
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
_EXPOSED = ("ETag", "X-Index-Block", "X-Index-Time", "Retry-After")
_ABOUT = """An energy market, as an index of its contracts' events shows it. Lists come in pages, answers from the index
say of which block they are, errors are documents of RFC 9457. The guide to it is docs/api.md."""


def build(settings: Settings, database: Database, node: Node | None = None) -> FastAPI:
    """The application over an open database. Its parts list their routers as ROUTERS."""
    app = FastAPI(
        title="Wattbook",
        version="1",
        description=_ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        lifespan=_lifespan,
    )
    secret = settings.secret()
    state = app.state
    state.settings = settings
    state.database = database
    state.node = node
    state.secret = secret
    state.pages = Pages(secret)
    state.directory = Directory()
    state.streams = Streams(database, settings.limits)
    state.metrics = Metrics(database, state.streams)
    state.slow = None
    _add_operations(app)
    show = None
    for name in PARTS:
        part = importlib.import_module(name)
        for router in part.ROUTERS:
            app.include_router(router)
        show = getattr(part, "problem_page", show)
    answer_with_problems(app, show)
    _describe(app)
    app.add_middleware(Gate, limits=settings.limits)
    if settings.allow_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allow_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "Last-Event-ID"],
            expose_headers=_EXPOSED,
        )
    app.add_middleware(Counting, metrics=state.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _QUICK
    app.state.slow = anyio.CapacityLimiter(_SLOW)
    yield
    app.state.streams.close()


def _add_operations(app: FastAPI) -> None:
    """What those ask for who keep it running."""

    def show_health(request: Request) -> Response:
        found = health.health(request.app.state.database)
        headers = {"cache-control": "no-store"}
        return JSONResponse(found, 503 if found["status"] == "down" else 200, headers)

    down: dict[int | str, dict[str, Any]] = {
        503: {"model": health.Health, "description": "The database does not answer."}
    }
    for path, shown in (("/health", False), ("/api/v1/health", True)):
        app.get(
            path,
            include_in_schema=shown,
            operation_id="health",
            tags=["operation"],
            summary="How it goes",
            responses={200: {"model": health.Health}, **down},
        )(show_health)

    @app.get("/metrics", include_in_schema=False)
    def show_metrics(request: Request) -> Response:
        return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _describe(app: FastAPI) -> None:
    """The OpenAPI document, made once."""
    usual = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = usual()
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(_schema_of_problems())
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for operation in (one for methods in found["paths"].values() for one in methods.values()):
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be missing is not one that may be null, which no address can say."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]} if kinds else schema


def _schema_of_problems() -> dict[str, Any]:
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "ProblemDocument": schema}
