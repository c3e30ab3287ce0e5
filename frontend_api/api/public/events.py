"""Events as they were told: in lists, and as they come."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from frontend_api.api.limits import client_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.paging import USUAL_LIMIT, Cursor, Limit
from frontend_api.api.problems import Problem, documented
from frontend_api.api.routing import router
from frontend_api.api.shapes import events as shape
from frontend_api.api.shapes.base import Number, Place, answers, paged
from frontend_api.api.streams import Streams
from frontend_api.database.tables import blocks, events

routes = router(prefix="/api/v1", tags=["events"])

Contract = Annotated[
    str | None, Query(pattern="^[A-Za-z]{1,40}$", description="The contract's name.", examples=["Auction"])
]
Name = Annotated[str | None, Query(pattern="^[A-Za-z0-9]{1,40}$", description="The event's name.", examples=["Traded"])]
Subject = Annotated[
    str | None,
    Query(
        pattern="^[0-9A-Za-z]{1,78}$",
        description="What an event is about: an address, a book's key, a number. Its kind goes with it.",
    ),
]


def _which(
    contract: Contract = None,
    name: Name = None,
    kind: Annotated[shape.Kind | None, Query(description="What kind of thing the subject is.")] = None,
    subject: Subject = None,
) -> shape.Which:
    if (kind is None) != (subject is None):
        where = "query.subject" if subject is None else "query.kind"
        what = "kind and subject are given both or not at all"
        raise Problem("bad-parameter", f"{where}: {what}", errors=[{"where": where, "what": what}])
    return shape.Which(contract, name, kind, None if subject is None else subject.lower())


Wanted = Annotated[shape.Which, Depends(_which)]


@routes.get("/events", operation_id="list_events", summary="Events, the oldest first", responses=paged(shape.Event))
def list_events(
    request: Request,
    which: Wanted,
    from_block: Annotated[int | None, Query(ge=0, le=2**53 - 1, description="Of this block or later.")] = None,
    order: Annotated[Literal["asc", "desc"], Query(description="desc for the newest first.")] = "asc",
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """All that the contracts told, of a contract, of a name, or about something."""

    def work(moment: Moment) -> Any:
        newest_first = order == "desc"
        place = moment.place(cursor, int, int)
        after = (place[0], place[1]) if place else None
        rows = shape.read_events(
            moment.connection, which, after, limit + 1, newest_first=newest_first, first=from_block
        )
        return moment.page(rows, limit, shape.event, lambda row: (row.block, row.log))

    return answer(request, work)


@routes.get(
    "/events/{block}/{log}", operation_id="event", summary="One event", responses=answers(shape.Event, "not-found")
)
def show_event(request: Request, block: Number, log: Place) -> Response:
    """By its block and its index in it."""

    def work(moment: Moment) -> Any:
        row = moment.row(
            select(*shape.COLUMNS, blocks.c.hash, blocks.c.time)
            .join(blocks, blocks.c.number == events.c.block)
            .where(events.c.block == block, events.c.log == log)
        )
        if row is None:
            raise Problem("not-found", f"there is no event {log} of block {block}")
        return shape.event(row)

    return answer(request, work)


_STREAM = {
    200: {
        "description": "Events as they come, each with its id; `rollback` when blocks were undone.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **documented("bad-cursor", "too-many-streams"),
}


@routes.get(
    "/stream",
    operation_id="stream",
    summary="Events as they come",
    response_class=Response,
    responses=_STREAM,
)
async def stream_events(
    request: Request,
    which: Wanted,
    last_event_id: Annotated[
        str | None, Header(max_length=80, description="The id of the last event that came, for those after it.")
    ] = None,
) -> Response:
    """Server-sent events, from now on, or from after the event with Last-Event-ID. The data of each is as /events has
    it. An event of type `rollback` has the newest block that still holds: all of later blocks is to be forgotten."""
    streams: Streams = request.app.state.streams
    return streams.admit(client_of(request.scope), which, last_event_id)
