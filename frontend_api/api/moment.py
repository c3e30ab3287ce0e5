"""Answers from the index, each of one moment: a read transaction, and how far the index had come in it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from sqlalchemy import Connection, Executable, Row, select
from starlette.responses import Response

from frontend_api.api.etags import etag, is_held
from frontend_api.api.paging import Pages
from frontend_api.database.tables import progress

T = TypeVar("T")

# A web browser and an honest cache ask each time whether it still holds.
_PUBLIC, _PRIVATE = "no-cache", "private, no-store"

_PROGRESS = select(progress).where(progress.c.place == 0)

ANSWER_HEADERS = {
    "X-Index-Block": {"description": "The newest block in the index.", "schema": {"type": "integer"}},
    "X-Index-Time": {"description": "When that block was made, in Unix seconds.", "schema": {"type": "integer"}},
    "ETag": {"description": "To be sent back as If-None-Match.", "schema": {"type": "string"}},
}


@dataclass(frozen=True)
class Moment:
    """The index at one moment. `progress` is None while the index was not begun."""

    request: Request
    connection: Connection
    progress: Row[Any] | None

    @property
    def block(self) -> int:
        """The newest block in the index, -1 before the first."""
        return int(self.progress.indexed) if self.progress else -1

    @property
    def now(self) -> int:
        """The index's time: that of its newest block."""
        return int(self.progress.indexed_time or 0) if self.progress else 0

    @property
    def chain_id(self) -> int:
        return int(self.progress.chain_id) if self.progress else 0

    def row(self, question: Executable, values: dict[str, Any] | None = None) -> Row[Any] | None:
        """The one row, if there is one."""
        return self.connection.execute(question, values).first()

    def rows(self, question: Executable, values: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        return self.connection.execute(question, values).all()

    def place(self, cursor: str | None, *kinds: type) -> list[Any] | None:
        """Where a list goes on, see `Pages.place`."""
        pages: Pages = self.request.app.state.pages
        return pages.place(self.request, cursor, *kinds)

    def page(
        self,
        rows: Sequence[T],
        limit: int,
        item: Callable[[T], Any],
        place: Callable[[T], Sequence[int | str]],
    ) -> dict[str, Any]:
        """A page of a list. `rows` were asked for with a limit one higher, which tells whether more follow."""
        pages: Pages = self.request.app.state.pages
        following = pages.cursor(self.request, place(rows[limit - 1])) if len(rows) > limit else None
        return {"items": [item(row) for row in rows[:limit]], "next": following}


def answer(
    request: Request,
    work: Callable[[Moment], Any],
    *,
    private: bool = False,
    status: int = 200,
    beside: Callable[[Moment], object] | None = None,
) -> Response:
    """What `work` makes of a moment of the index, as JSON. A public answer has an ETag, and is not made for who has
    it; a private one is kept nowhere. `beside` tells of what is not in the index and makes another answer."""
    with request.app.state.database.reading() as connection:
        moment = Moment(request, connection, connection.execute(_PROGRESS).first())
        headers = {
            "x-index-block": str(moment.block),
            "x-index-time": str(moment.now),
            "cache-control": _PRIVATE if private else _PUBLIC,
        }
        if not private:
            found = moment.progress
            version = f"{found.genesis} {found.indexed} {found.indexed_hash}" if found else "nothing"
            if beside:
                version = f"{version} {beside(moment)}"
            tag = etag(version, request.url.path, request.url.query)
            headers["etag"] = tag
            if is_held(tag, request.headers.get("if-none-match")):
                return Response(None, 304, headers)
        value = work(moment)
    return Response(json.dumps(value, separators=(",", ":")), status, headers, "application/json")
