"""Routes of the API, stricter than usual: a parameter that a route does not have is a mistake, and so is one twice."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from frontend_api.api.problems import Problem, shown


class StrictRoute(APIRoute):
    """Misspelt filters would be ignored, and all of a list taken for what was asked for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        usual = super().get_route_handler()
        known = frozenset(_query_names(self.dependant))

        async def handle(request: Request) -> Response:
            if request.scope["query_string"]:
                _check(request, known)
            return await usual(request)

        return handle


def router(**options: Any) -> APIRouter:
    """A router with such routes."""
    return APIRouter(route_class=StrictRoute, **options)


def _query_names(dependant: Dependant) -> Iterator[str]:
    for one in dependant.query_params:
        yield one.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _check(request: Request, known: frozenset[str]) -> None:
    seen = set()
    for name, _ in request.query_params.multi_items():
        what = "is not known here" if name not in known else "is given twice" if name in seen else ""
        if what:
            where = f"query.{shown(name)}"
            raise Problem("bad-parameter", f"{where}: {what}", errors=[{"where": where, "what": what}])
        seen.add(name)
