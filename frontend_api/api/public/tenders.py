"""Tenders with their quotes and supplies, and tariffs of packages."""

from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import Select, select
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem
from frontend_api.api.routing import router
from frontend_api.api.shapes import tenders as shape
from frontend_api.api.shapes.base import AddressFilter, Number, ZoneFilter, answers, paged
from frontend_api.database.tables import events, quotes, subjects, supplies, tariffs, tenders

routes = router(prefix="/api/v1", tags=["tenders and packages"])


@routes.get("/tenders", operation_id="list_tenders", summary="Tenders, the newest first", responses=paged(shape.Tender))
def list_tenders(
    request: Request,
    state: Annotated[shape.TenderState | None, Query(description="By the index's time.")] = None,
    owner: AddressFilter = None,
    zone: ZoneFilter = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """What is offered for some time ahead, to whoever quotes best."""

    def work(moment: Moment) -> Any:
        directory = directory_of(moment)
        question = select(tenders)
        if owner is not None:
            question = question.where(tenders.c.owner == owner)
        if zone is not None:
            found = directory.zone_named(moment, zone)
            question = question.where(tenders.c.zone == (found.number if found else -1))
        if state is not None:
            question = question.where(shape.in_state(state, moment.now))
        rows = _newest(moment, question, tenders.c.tender, cursor, limit)
        names = directory.zone_names(moment)
        return moment.page(rows, limit, lambda row: shape.tender(row, moment.now, names), lambda row: (row.tender,))

    return answer(request, work)


@routes.get(
    "/tenders/{tender}", operation_id="tender", summary="One tender", responses=answers(shape.TenderWhole, "not-found")
)
def show_tender(request: Request, tender: Number) -> Response:
    """With all of its terms, and the supplies that were awarded."""

    def work(moment: Moment) -> Any:
        row = _tender(moment, tender)
        awarded = moment.rows(select(supplies).where(supplies.c.tender == tender).order_by(supplies.c.supply))
        funded = _funded(moment, [one.supply for one in awarded])
        return {
            **shape.tender(row, moment.now, directory_of(moment).zone_names(moment)),
            "supplies": [shape.supply(one, funded=one.supply in funded) for one in awarded],
        }

    return answer(request, work)


@routes.get(
    "/tenders/{tender}/quotes",
    operation_id="list_quotes",
    summary="Quotes of a tender, the first first",
    responses=paged(shape.Quote, "not-found"),
)
def list_quotes(request: Request, tender: Number, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Response:
    """Sealed in boxes that only the tender's owner can open."""

    def work(moment: Moment) -> Any:
        its = _tender(moment, tender)
        question = select(quotes).where(quotes.c.tender == tender)
        if place := moment.place(cursor, int):
            question = question.where(quotes.c.quote > place[0])
        rows = moment.rows(question.order_by(quotes.c.quote).limit(limit + 1))
        return moment.page(rows, limit, lambda row: shape.quote(row, its.ended), lambda row: (row.quote,))

    return answer(request, work)


@routes.get(
    "/supplies/{supply}", operation_id="supply", summary="One supply", responses=answers(shape.Supply, "not-found")
)
def show_supply(request: Request, supply: Number) -> Response:
    """What was awarded, and what came of it."""

    def work(moment: Moment) -> Any:
        row = moment.row(select(supplies).where(supplies.c.supply == supply))
        if row is None:
            raise Problem("not-found", f"there is no supply {supply}")
        return shape.supply(row, funded=supply in _funded(moment, [supply]))

    return answer(request, work)


@routes.get("/tariffs", operation_id="list_tariffs", summary="Tariffs, the newest first", responses=paged(shape.Tariff))
def list_tariffs(request: Request, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Response:
    """At what prices providers sell packages; also those that were withdrawn."""

    def work(moment: Moment) -> Any:
        rows = _newest(moment, select(tariffs), tariffs.c.version, cursor, limit)
        return moment.page(rows, limit, shape.tariff, lambda row: (row.version,))

    return answer(request, work)


@routes.get(
    "/tariffs/{version}", operation_id="tariff", summary="One tariff", responses=answers(shape.Tariff, "not-found")
)
def show_tariff(request: Request, version: Number) -> Response:
    """By its version, which what was bought is bound to."""

    def work(moment: Moment) -> Any:
        row = moment.row(select(tariffs).where(tariffs.c.version == version))
        if row is None:
            raise Problem("not-found", f"there is no tariff {version}")
        return shape.tariff(row)

    return answer(request, work)


def _funded(moment: Moment, some: list[int]) -> set[int]:
    """Those of some supplies whose price was set aside."""
    same = (events.c.block == subjects.c.block) & (events.c.log == subjects.c.log)
    about = (subjects.c.kind == "supply", subjects.c.subject.in_([str(one) for one in some]))
    question = select(subjects.c.subject).join(events, same).where(*about, events.c.name == "SupplyFunded")
    return {int(row.subject) for row in moment.rows(question)}


def _tender(moment: Moment, tender: int) -> Any:
    row = moment.row(select(tenders).where(tenders.c.tender == tender))
    if row is None:
        raise Problem("not-found", f"there is no tender {tender}")
    return row


def _newest(moment: Moment, question: Select[Any], number: Any, cursor: str | None, limit: int) -> Any:
    if place := moment.place(cursor, int):
        question = question.where(number < place[0])
    return moment.rows(question.order_by(number.desc()).limit(limit + 1))
