"""Which market this is, and where it trades."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.node import contracts_of
from frontend_api.api.problems import Problem, shown
from frontend_api.api.routing import router
from frontend_api.api.shapes import market as shape
from frontend_api.api.shapes.base import Page, ZonePath, answers
from frontend_api.api.shapes.words import CARRIERS
from frontend_api.settings import Settings

routes = router(prefix="/api/v1", tags=["market"])


@routes.get("/market", operation_id="market", summary="Which market this is", responses=answers(shape.Market))
def show_market(request: Request) -> Response:
    """Chain, contracts, zones, and what can be done through this API."""

    def work(moment: Moment) -> Any:
        found, directory = moment.progress, directory_of(moment)
        return {
            "chain_id": moment.chain_id,
            "genesis": found.genesis if found else None,
            "first_block": found.first_block if found else None,
            "contracts": contracts_of(moment),
            "zones": list(directory.zone_names(moment).values()),
            "carriers": [CARRIERS[one] for one in sorted({kind for _, kind in directory.pairs(moment, None, None)})],
            "relay": settings.relay is not None,
            "bridge": settings.bridge is not None,
        }

    settings: Settings = request.app.state.settings
    beside = (settings.relay is None, settings.bridge is None)
    return answer(request, work, beside=lambda moment: (*beside, contracts_of(moment)))


@routes.get("/zones", operation_id="list_zones", summary="All zones", responses=answers(Page[shape.ZoneShown]))
def list_zones(request: Request) -> Response:
    """By number, on one page."""

    def work(moment: Moment) -> Any:
        zones = directory_of(moment).zones(moment)
        return {"items": [shape.zone(one, moment.now) for one in zones.values()], "next": None}

    return answer(request, work)


@routes.get("/zones/{zone}", operation_id="zone", summary="One zone", responses=answers(shape.ZoneShown, "not-found"))
def show_zone(request: Request, zone: ZonePath) -> Response:
    """Its carriers, and what holds for them."""

    def work(moment: Moment) -> Any:
        found = directory_of(moment).zone_named(moment, zone)
        if found is None:
            raise Problem("not-found", f"there is no zone {shown(zone)}")
        return shape.zone(found, moment.now)

    return answer(request, work)
