"""Roots of readings, the newest first."""

from typing import Any

from fastapi import Request
from sqlalchemy import select, tuple_, union_all
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem, shown
from frontend_api.api.routing import router
from frontend_api.api.shapes import tenders as shape
from frontend_api.api.shapes.base import From, Number, Place, To, ZoneFilter, ZonePath, answers, paged
from frontend_api.database.tables import roots

routes = router(prefix="/api/v1", tags=["readings"])


@routes.get("/roots", operation_id="list_roots", summary="Roots, the newest first", responses=paged(shape.Root))
def list_roots(
    request: Request,
    zone: ZoneFilter = None,
    since: From = None,
    until: To = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """What attesters vouched for. `from` and `to` are of the time of the readings."""

    def work(moment: Moment) -> Any:
        names = directory_of(moment).zone_names(moment)
        place = moment.place(cursor, int, int, int)
        parts = []
        for number, name in names.items():
            if zone not in (None, name):
                continue
            question = select(roots).where(roots.c.zone == number)
            if since is not None:
                question = question.where(roots.c.time >= since)
            if until is not None:
                question = question.where(roots.c.time < until)
            if place:
                question = question.where(tuple_(roots.c.time, roots.c.zone, roots.c.version) < tuple(place))
            parts.append(question.order_by(roots.c.time.desc(), roots.c.version.desc()).limit(limit + 1))
        if not parts:
            return {"items": [], "next": None}
        question = parts[0]
        if len(parts) > 1:
            found = union_all(*(select(part.subquery()) for part in parts)).subquery()
            along = (found.c.time.desc(), found.c.zone.desc(), found.c.version.desc())
            question = select(found).order_by(*along).limit(limit + 1)
        return moment.page(
            moment.rows(question),
            limit,
            lambda row: shape.root(row, names),
            lambda row: (row.time, row.zone, row.version),
        )

    return answer(request, work)


@routes.get(
    "/roots/{zone}/{time}/{version}",
    operation_id="root",
    summary="One root",
    responses=answers(shape.Root, "not-found"),
)
def show_root(request: Request, zone: ZonePath, time: Number, version: Place) -> Response:
    """By the zone's name, the time of the readings, and the version."""

    def work(moment: Moment) -> Any:
        directory = directory_of(moment)
        its = directory.zone_named(moment, zone)
        place = tuple_(roots.c.zone, roots.c.time, roots.c.version)
        row = moment.row(select(roots).where(place == (its.number, time, version))) if its else None
        if row is None:
            raise Problem("not-found", f"there is no root of {shown(zone)} at {time}, version {version}")
        return shape.root(row, directory.zone_names(moment))

    return answer(request, work)
