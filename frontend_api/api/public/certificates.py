"""Certificates, down to the meters and slots that their energy comes from."""

from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import Row, select
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem
from frontend_api.api.routing import router
from frontend_api.api.shapes import certificates as shape
from frontend_api.api.shapes.base import SAFE, AddressFilter, Digits, answers, paged
from frontend_api.api.shapes.words import address
from frontend_api.database.tables import certificates, events, slices, subjects
from wattbook.certificates.slices import slice_of

routes = router(prefix="/api/v1", tags=["certificates"])

# Batteries charged by batteries, and slices in all: more than any honest certificate has.
_DEEPEST, _MOST_PARTS = 32, 20_000


@routes.get(
    "/certificates",
    operation_id="list_certificates",
    summary="Certificates, the newest first",
    responses=paged(shape.Certificate),
)
def list_certificates(
    request: Request,
    holder: AddressFilter = None,
    state: Annotated[shape.State | None, Query(description="By the index's time.")] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Each is one MWh. A holder is who holds it, or held it when it ended."""

    def work(moment: Moment) -> Any:
        question = shape.CERTIFICATES
        if holder is not None:
            question = question.where(shape.held_by(holder))
        if state is not None:
            question = question.where(shape.in_state(state, moment.now))
        if place := moment.place(cursor, int):
            question = question.where(certificates.c.number < place[0])
        rows = moment.rows(question.order_by(certificates.c.number.desc()).limit(limit + 1))
        return moment.page(rows, limit, lambda row: shape.certificate(row, moment.now), lambda row: (row.number,))

    return answer(request, work)


@routes.get(
    "/certificates/{id}",
    operation_id="certificate",
    summary="One certificate, with its provenance",
    responses=answers(shape.CertificateDetail, "not-found"),
)
def show_certificate(request: Request, id: Digits) -> Response:
    """By its token's id or by its number. From which devices and slots its energy comes, through batteries too; who
    ended it, and for whom."""

    def work(moment: Moment) -> Any:
        row = _certificate(moment, int(id))
        contents = list(zip(row.slices, row.amounts, strict=True))
        provenance = _Provenance(moment).parts([(int(one), int(wh)) for one, wh in contents], 0)
        return {**shape.certificate(row, moment.now), "provenance": provenance}

    return answer(request, work)


@routes.get("/slices/{id}", operation_id="slice", summary="One slice", responses=answers(shape.Slice, "not-found"))
def show_slice(request: Request, id: Digits) -> Response:
    """By its token's id, which says most of it."""

    def work(moment: Moment) -> Any:
        row = moment.row(select(slices).where(slices.c.slice == int(id)))
        if row is None:
            raise Problem("not-found", f"there is no slice {id}")
        one = _Provenance(moment).parts([(row.slice, slice_of(row.slice).wh)], 0)[0]
        return {"owner": address(row.owner), "block": row.block, "part": one}

    return answer(request, work)


def _certificate(moment: Moment, id: int) -> Row[Any]:
    row = moment.row(shape.CERTIFICATES.where(certificates.c.certificate == id))
    if row is None and id <= SAFE:
        row = moment.row(shape.CERTIFICATES.where(certificates.c.number == id))
    if row is None:
        raise Problem("not-found", f"there is no certificate {id}")
    return row


class _Provenance:
    """Follows slices down, a question for each level."""

    def __init__(self, moment: Moment) -> None:
        directory = directory_of(moment)
        self._moment = moment
        self._devices = directory.devices(moment)
        self._zones = directory.zone_names(moment)
        self._count = 0

    def parts(self, contents: list[tuple[int, int]], depth: int) -> list[dict[str, Any]]:
        self._count += len(contents)
        charged = self._charged([id for id, _ in contents]) if depth < _DEEPEST and self._count < _MOST_PARTS else {}
        below = [one for ones in charged.values() for one in ones]
        shown = iter(self.parts(below, depth + 1)) if below else iter(())
        found = {id: [next(shown) for _ in ones] for id, ones in charged.items()}
        return [shape.part(id, wh, self._devices, self._zones, found.get(id, [])) for id, wh in contents]

    def _charged(self, ids: list[int]) -> dict[int, list[tuple[int, int]]]:
        """What went into batteries for slices that came out of them."""
        batteries = [id for id in dict.fromkeys(ids) if self._is_of_battery(id)]
        if not batteries:
            return {}
        same = (events.c.block == subjects.c.block) & (events.c.log == subjects.c.log)
        rows = self._moment.rows(
            select(events.c.args)
            .join(subjects, same)
            .where(
                subjects.c.kind == "slice",
                subjects.c.subject.in_([str(id) for id in batteries]),
                events.c.contract == "Batteries",
                events.c.name == "BatteryDischarged",
            )
        )
        found: dict[int, list[tuple[int, int]]] = {}
        for row in rows:
            pairs = zip(row.args["ids"], row.args["amounts"], strict=True)
            found[int(row.args["id"])] = [(int(id), int(wh)) for id, wh in pairs]
        return {id: found[id] for id in batteries if id in found}

    def _is_of_battery(self, id: int) -> bool:
        device = self._devices.get(slice_of(id).device)
        return device is not None and device.row.stores
