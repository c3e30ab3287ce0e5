"""What a device's meter showed: for who had the device then, operators and regulators."""

from functools import partial
from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import or_, select
from starlette.responses import Response

from frontend_api.api.access import Viewer, tenures
from frontend_api.api.moment import Moment, answer
from frontend_api.api.node import slowly
from frontend_api.api.paging import Cursor, Limit
from frontend_api.api.private.signed_in import described, private_router, viewer_in
from frontend_api.api.problems import Problem
from frontend_api.bridge import BridgeError, BridgeReader, Proved
from frontend_api.database.tables import blocks, devices, roots
from wattbook.errors import WattbookError

ROUTER = private_router("devices")
_LAST = 2**40 - 1
_MOST_DEVICE = 2**32 - 1

Time = Annotated[int, Query(ge=0, le=_LAST)]


class Reading(BaseModel):
    """A time at which the zone's readings were put under a root, and what the device's register showed. The values come
    from the operator's bridge and are shown only if the root on the chain bears them out; without them `source` is
    chain."""

    time: int
    version: int
    root: str
    size: int
    posted_block: int
    source: str = Field(json_schema_extra={"enum": ["bridge", "chain"]})
    register_wh: int | None
    sequence: int | None
    quality: int | None
    trust: int | None
    record: str | None = Field(description="Hash of the meter's own record.")
    salt: str | None
    content_hash: str | None
    place: int | None
    proof: list[str] | None


class Readings(BaseModel):
    items: list[Reading]
    next: str | None
    bridge: str | None = Field(description="Why values are missing, if the bridge did not give them.")


@ROUTER.get(
    "/devices/{device}/readings",
    operation_id="readings",
    summary="Readings of a device with their proofs, the newest first",
    responses=described(Readings, "bad-cursor", "not-found"),
)
async def readings(
    request: Request,
    device: Annotated[int, Path(ge=0, le=_MOST_DEVICE)],
    since: Annotated[int, Query(ge=0, le=_LAST, alias="from")] = 0,
    until: Annotated[int, Query(ge=0, le=_LAST, alias="to", description="The first second that is left out.")] = _LAST,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    return await slowly(request, partial(_readings, request, device, (since, until), cursor, limit))


def _readings(request: Request, device: int, times: tuple[int, int], cursor: str | None, limit: int) -> Response:
    def work(moment: Moment) -> dict[str, Any]:
        viewer = viewer_in(moment)
        row = moment.row(select(devices.c.zone).where(devices.c.device == device))
        if row is None:
            raise Problem("not-found", f"there is no device {device}")
        spans = _spans(moment, viewer, device)
        found = _roots(moment, row.zone, times, spans, moment.place(cursor, int, int), limit)
        asked = _Asked(bridge_of(request), row.zone, device)
        page = moment.page(found, limit, asked.item, lambda one: (one.time, one.version))
        return {**page, "bridge": asked.trouble}

    return answer(request, work, private=True)


def _spans(moment: Moment, viewer: Viewer, device: int) -> list[tuple[int, int]]:
    """The times in which the device was the viewer's: who has it now is not shown what it told of somebody else."""
    if viewer.supervises:
        return [(0, _LAST)]
    mine = [(first, end) for owner, first, end in tenures(moment.connection, device) if owner in viewer.names]
    if not mine:
        raise Problem("not-yours", "this is shown to the device's owner, operators and regulators only")
    numbers = {block for span in mine for block in span if block is not None}
    times = {
        row.number: row.time
        for row in moment.rows(select(blocks.c.number, blocks.c.time).where(blocks.c.number.in_(numbers)))
    }
    return [(times[first], _LAST if end is None else times[end]) for first, end in mine]


def _roots(
    moment: Moment, zone: int, times: tuple[int, int], spans: list[tuple[int, int]], place: Any, limit: int
) -> list[Any]:
    columns = roots.c
    question = select(roots).where(columns.zone == zone, columns.time >= times[0], columns.time < times[1])
    mine = or_(*(columns.time.between(*span) for span in spans))
    if place is not None:
        time, version = place
        question = question.where((columns.time < time) | ((columns.time == time) & (columns.version < version)))
    newest = question.where(mine).order_by(columns.time.desc(), columns.version.desc())
    return list(moment.rows(newest.limit(limit + 1)))


class _Asked:
    """Asks the bridge, root by root, until it fails."""

    def __init__(self, bridge: BridgeReader | None, zone: int, device: int) -> None:
        self._bridge = bridge
        self._zone, self._device = zone, device
        self.trouble = None if bridge else "no bridge is set up here"

    def item(self, row: Any) -> dict[str, Any]:
        found = self._ask(row)
        return {
            "time": row.time,
            "version": row.version,
            "root": row.root,
            "size": row.size,
            "posted_block": row.block,
            **_values(found),
        }

    def _ask(self, row: Any) -> Proved | None:
        if self._bridge is None or self.trouble:
            return None
        root = bytes.fromhex(row.root[2:])
        try:
            return self._bridge.reading(self._zone, row.time, row.version, self._device, root, row.size)
        except BridgeError as error:
            self.trouble = str(error)
        except WattbookError:
            self.trouble = "the bridge cannot be asked while the node does not answer"
        return None


def _values(found: Proved | None) -> dict[str, Any]:
    if found is None:
        return {"source": "chain", **dict.fromkeys(_OF_BRIDGE)}
    leaf = found.leaf
    return {
        "source": "bridge",
        "register_wh": leaf.register,
        "sequence": leaf.sequence,
        "quality": leaf.quality,
        "trust": leaf.trust,
        "record": "0x" + leaf.source.hex(),
        "salt": "0x" + leaf.salt.hex(),
        "content_hash": "0x" + leaf.content_hash.hex(),
        "place": found.place,
        "proof": ["0x" + one.hex() for one in found.proof],
    }


_OF_BRIDGE = (
    "register_wh",
    "sequence",
    "quality",
    "trust",
    "record",
    "salt",
    "content_hash",
    "place",
    "proof",
)


def bridge_of(request: Request) -> BridgeReader | None:
    """The operator's bridge, if one is set up; `wattbook api` puts it there."""
    found: BridgeReader | None = getattr(request.app.state, "bridge", None)
    return found
