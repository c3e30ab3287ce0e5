"""Members and devices."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import islice
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem
from frontend_api.api.routing import router
from frontend_api.api.shapes import people as shape
from frontend_api.api.shapes.base import AddressFilter, CarrierFilter, Number, ZoneFilter, answers, paged
from wattbook.roles import Role

T = TypeVar("T")

routes = router(prefix="/api/v1", tags=["people and things"])

Technology = Annotated[
    str | None, Query(pattern="^[0-9]{6}$", description="Six digits, as the European certificates have them.")
]


@routes.get("/members", operation_id="list_members", summary="Members, the first first", responses=paged(shape.Member))
def list_members(
    request: Request,
    role: Annotated[shape.RoleName | None, Query(description="Those who hold a role.")] = None,
    status: Annotated[shape.MemberStatus | None, Query(description="By the index's time.")] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Under which accounts they act, in which roles. Nothing of who they are."""

    def work(moment: Moment) -> Any:
        bit = Role[role.upper()] if role else 0

        def wanted(member: Any) -> bool:
            return member.roles & bit == bit and status in (None, member.status_at(moment.now))

        found = _some(moment, cursor, directory_of(moment).members(moment), wanted, limit)
        return moment.page(found, limit, lambda one: shape.member(one[1], moment.now), lambda one: (one[0],))

    return answer(request, work)


@routes.get(
    "/members/{member}", operation_id="member", summary="One member", responses=answers(shape.Member, "not-found")
)
def show_member(request: Request, member: Number) -> Response:
    """By his number."""

    def work(moment: Moment) -> Any:
        found = directory_of(moment).members(moment).get(member)
        if found is None:
            raise Problem("not-found", f"there is no member {member}")
        return shape.member(found, moment.now)

    return answer(request, work)


@routes.get("/devices", operation_id="list_devices", summary="Devices, the first first", responses=paged(shape.Device))
def list_devices(
    request: Request,
    zone: ZoneFilter = None,
    carrier: CarrierFilter = None,
    owner: AddressFilter = None,
    technology: Technology = None,
    status: Annotated[shape.DeviceStatus | None, Query(description="Where it stands.")] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Meters with what is behind them. An owner is who owns it now, also in the place of a lost account."""

    def work(moment: Moment) -> Any:
        directory = directory_of(moment)
        names = directory.zone_names(moment)
        number = None if carrier is None else carrier.number

        def wanted(device: Any) -> bool:
            row = device.row
            return (
                zone in (None, names.get(row.zone))
                and number in (None, row.carrier)
                and technology in (None, shape.technology(row.technology))
                and status in (None, device.status)
                and owner in (None, directory.holder(moment, device.owner))
            )

        found = _some(moment, cursor, directory.devices(moment), wanted, limit)
        return moment.page(
            found,
            limit,
            lambda one: shape.device(one[1], directory.holder(moment, one[1].owner), names),
            lambda one: (one[0],),
        )

    return answer(request, work)


@routes.get(
    "/devices/{device}",
    operation_id="device",
    summary="One device",
    responses=answers(shape.DeviceDetail, "not-found"),
)
def show_device(request: Request, device: Number) -> Response:
    """With its key, and what happened to it."""

    def work(moment: Moment) -> Any:
        directory = directory_of(moment)
        found = directory.devices(moment).get(device)
        if found is None:
            raise Problem("not-found", f"there is no device {device}")
        return shape.device_detail(found, directory.holder(moment, found.owner), directory.zone_names(moment))

    return answer(request, work)


def _some(
    moment: Moment, cursor: str | None, all_of_them: dict[int, T], wanted: Callable[[T], bool], limit: int
) -> list[tuple[int, T]]:
    """Those that a page needs, and one more if there is."""
    place = moment.place(cursor, int)
    numbers = list(all_of_them)
    start = bisect_right(numbers, place[0]) if place else 0
    following = ((number, all_of_them[number]) for number in islice(numbers, start, None))
    return list(islice((one for one in following if wanted(one[1])), limit + 1))
