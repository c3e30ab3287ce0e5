"""Lists in pages: a cursor says where the last page ended, is signed, and good for its own list only."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request
from itsdangerous import BadData, URLSafeSerializer

from frontend_api.api.problems import Problem

USUAL_LIMIT, MOST = 50, 200

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many items a page has at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=512, description="`next` of the page before, for what follows it. Without it the list begins."),
]


class Pages:
    """Makes cursors and reads them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def cursor(self, request: Request, place: Sequence[int | str]) -> str:
        """Where a page ended: the columns of the list's order, of its last row."""
        return str(self._signer(request).dumps(list(place)))

    def place(self, request: Request, cursor: str | None, *kinds: type) -> list[Any] | None:
        """Where the page before ended, one value for each kind; None at the beginning."""
        if cursor is None:
            return None
        try:
            place = self._signer(request).loads(cursor)
        except BadData:
            raise Problem("bad-cursor", "the cursor is damaged, or of another list or other filters") from None
        if [type(one) for one in place] != list(kinds):
            raise Problem("bad-cursor", "the cursor is of an earlier version of this list; begin anew")
        return list(place)

    def _signer(self, request: Request) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"cursor {_list_of(request)}")


def _list_of(request: Request) -> str:
    """Which list a request asks for: its path and filters, whatever their sequence."""
    filters = sorted(item for item in request.query_params.multi_items() if item[0] not in ("cursor", "limit"))
    return f"{request.url.path}?{filters}"
