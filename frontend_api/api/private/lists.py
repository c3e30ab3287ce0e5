"""What is somebody's: at /me of whoever asks, at /accounts/{address} of an account, for its owner and supervisors."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Path, Request
from sqlalchemy import ColumnElement, Row, and_, or_
from starlette.responses import Response

from frontend_api.api.access import names_of
from frontend_api.api.moment import Moment
from frontend_api.api.paging import Cursor, Limit
from frontend_api.api.private.signed_in import described, private, private_router, required

ME = private_router("me")
ACCOUNTS = private_router("accounts")

# What is asked for: the names that it may be under.
Names = tuple[str, ...]
Value = Callable[[Moment, Names], Any]
Page = Callable[[Moment, Names, str | None, int], Any]

AccountAddress = Annotated[str, Path(description="The account.", max_length=64, examples=["0x" + "5a" * 20])]


def both_values(name: str, summary: str, model: Any) -> Callable[[Value], Value]:
    """Two routes that answer one value each."""

    def register(value: Value) -> Value:
        @ME.get(f"/me/{name}", operation_id=f"my_{name}", summary=summary, responses=described(model))
        def mine(request: Request) -> Response:
            return private(request, lambda moment, viewer: value(moment, viewer.names))

        path = f"/accounts/{{address}}/{name}"
        responses = described(model, "not-found")

        @ACCOUNTS.get(path, operation_id=f"account_{name}", summary=f"{summary}, of an account", responses=responses)
        def of_account(request: Request, address: AccountAddress) -> Response:
            return private(
                request, lambda moment, viewer: value(moment, names_of(moment.connection, required(viewer, address)))
            )

        return value

    return register


def both_pages(name: str, summary: str, model: Any) -> Callable[[Page], Page]:
    """Two routes that answer a list each."""

    def register(page: Page) -> Page:
        responses = described(model, "bad-cursor")

        @ME.get(f"/me/{name}", operation_id=f"my_{name}", summary=summary, responses=responses)
        def mine(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
            return private(request, lambda moment, viewer: page(moment, viewer.names, cursor, limit))

        path = f"/accounts/{{address}}/{name}"
        found = described(model, "bad-cursor", "not-found")

        @ACCOUNTS.get(path, operation_id=f"account_{name}", summary=f"{summary}, of an account", responses=found)
        def of_account(request: Request, address: AccountAddress, cursor: Cursor = None, limit: Limit = 50) -> Response:
            def work(moment: Moment, viewer: Any) -> Any:
                return page(moment, names_of(moment.connection, required(viewer, address)), cursor, limit)

            return private(request, work)

        return page

    return register


def before(columns: Sequence[Any], place: Sequence[int] | None) -> ColumnElement[bool] | None:
    """Whether a row comes after a place in a list with the newest first."""
    if place is None:
        return None
    terms = []
    for count, (column, value) in enumerate(zip(columns, place, strict=True)):
        same = [one == known for one, known in zip(columns[:count], place, strict=False)]
        terms.append(and_(*same, column < value))
    return or_(*terms)


def place_of_event(row: Row[Any]) -> tuple[int, int]:
    return row.block, row.log
