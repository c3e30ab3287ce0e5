"""Statements and bills, as wattbook makes them from the chain, here from the index."""

import json
from collections import OrderedDict
from functools import partial
from threading import Lock
from typing import Annotated, Any

from eth_utils.address import to_checksum_address
from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from frontend_api.api.access import Viewer, names_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.node import slowly
from frontend_api.api.private.lists import AccountAddress
from frontend_api.api.private.signed_in import described, private, private_router, required, viewer_in
from frontend_api.api.problems import Problem
from frontend_api.database.tables import accounts, bills, blocks
from frontend_api.statements.records import IndexedRecords, indexed_bills
from wattbook.billing.bills import Bill, Bills
from wattbook.billing.periods import Period, StatementError, month_name, parse_period
from wattbook.billing.shown import as_csv, as_value
from wattbook.deployment.record import Deployment, deployment_path
from wattbook.errors import DeploymentError
from wattbook.metering.tree import TreeError

ROUTER = private_router("papers")
_KEPT = 32
_GREATEST_MONTH = 65_535

PeriodText = Annotated[
    str,
    Query(
        max_length=40,
        description="A month (2026-11), a day (2026-11-21), or FROM..TO of either.",
        examples=["2026-11"],
    ),
]


class PeriodOf(BaseModel):
    name: str
    zone: str
    start: int
    end: int


class BeforeAfter(BaseModel):
    opening: int
    closing: int


class Statement(BaseModel):
    """What an account had, got and paid, in uPT and Wh: what `wattbook statement --json` prints."""

    number: str | None
    account: str
    names: list[str]
    period: PeriodOf
    complete: bool
    opening: int
    closing: int
    locked: BeforeAfter
    owed: BeforeAfter
    sums: dict[str, int]
    split: dict[str, int]
    energy: dict[str, int]
    slots: list[dict[str, Any]]
    entries: list[dict[str, Any]]


class BillItem(BaseModel):
    """That a month's bills were posted; the account may have one among them."""

    month: str
    month_number: int
    version: int
    root: str
    size: int
    posted_at: int
    withdrawn: bool
    reason: str | None


class BillItems(BaseModel):
    items: list[BillItem]


class BillDetail(BaseModel):
    """An account's bill, with the proof that it is among those that attesters put their names to."""

    number: str
    number_on_chain: str
    month: str
    account: str
    amount_upt: str
    bought_upt: str
    imbalance_upt: str
    split_upt: dict[str, str]
    statement: str = Field(description="The hash of the statement.")
    place: int
    proof: list[str]
    root: str
    posted: bool = Field(description="Whether this root is the one that stands on the chain.")


@ROUTER.get(
    "/accounts/{address}/statement",
    operation_id="statement",
    summary="The statement of a period",
    responses={
        **described(Statement, "not-found", "conflict"),
        200: {"model": Statement, "content": {"text/csv": {"schema": {"type": "string"}}}},
    },
)
async def statement(
    request: Request,
    address: AccountAddress,
    period: PeriodText,
    zone: Annotated[str, Query(max_length=64, description="Whose calendar: a time zone like Europe/Madrid.")] = "UTC",
    format: Annotated[str, Query(pattern="^(json|csv)$", description="json or csv.")] = "json",
) -> Response:
    return await slowly(request, partial(_statement, request, address, period, zone, format))


def _statement(request: Request, address: str, period: str, zone: str, form: str) -> Response:
    made: list[Any] = []

    def work(moment: Moment) -> None:
        account = _owned(moment, viewer_in(moment), address)
        asked = _period(period, zone)
        try:
            records = IndexedRecords(moment.connection, deployment_of(moment), asked)
            made.append(records.statement(account))
        except StatementError as error:
            raise Problem("conflict", str(error)) from None

    response = answer(request, work, private=True)
    [found] = made
    headers = {name: value for name, value in response.headers.items() if name.startswith(("x-index", "cache"))}
    if form == "csv":
        headers["content-disposition"] = f'attachment; filename="statement-{found.account}-{_plain(period)}.csv"'
        return Response(as_csv(found), 200, headers, "text/csv; charset=utf-8")
    return Response(json.dumps(as_value(found), indent=2) + "\n", 200, headers, "application/json")


@ROUTER.get(
    "/accounts/{address}/bills",
    operation_id="bills",
    summary="Months of which bills were posted, the newest first",
    responses=described(BillItems, "not-found"),
)
def list_bills(request: Request, address: AccountAddress) -> Response:
    def work(moment: Moment, viewer: Viewer) -> dict[str, Any]:
        account = _owned(moment, viewer, address).lower()
        begun = select(blocks.c.time).join(accounts, accounts.c.block == blocks.c.number)
        since = moment.connection.execute(begun.where(accounts.c.account == account)).scalar() or 0
        question = select(bills, blocks.c.time).join(blocks, blocks.c.number == bills.c.block)
        rows = moment.rows(question.order_by(bills.c.month.desc(), bills.c.version.desc()).limit(500))
        items = [_bill_item(row) for row in rows if parse_period(month_name(row.month)).end > since]
        return {"items": items}

    return private(request, work)


@ROUTER.get(
    "/accounts/{address}/bills/{month}",
    operation_id="bill",
    summary="The bill of a month, with its proof",
    responses=described(BillDetail, "not-found", "conflict"),
)
async def bill(request: Request, address: AccountAddress, month: Annotated[str, Path(max_length=16)]) -> Response:
    return await slowly(request, partial(private, request, partial(_bill, address, month)))


def _bill(address: str, month: str, moment: Moment, viewer: Viewer) -> dict[str, Any]:
    account = _owned(moment, viewer, address)
    asked = _period(month, "UTC")
    if asked.month is None or not 0 <= asked.month <= _GREATEST_MONTH:
        raise Problem("not-found", "bills are of months of UTC, like 2026-11")
    found = _bills_of(moment, asked.month)
    columns = bills.c
    stands = select(columns.root).where(columns.month == asked.month, columns.withdrawn_block.is_(None))
    root = moment.connection.execute(stands.order_by(columns.version.desc()).limit(1)).scalar()
    names = {account, *(name for name in _all_names(moment, account))}
    mine = next((one for one in found.bills if one.account in names), None)
    if mine is None:
        raise Problem("not-found", f"the account paid for no energy in {asked.name} and has no bill")
    return _bill_value(found, mine, root)


def _bill_value(found: Bills, mine: Bill, root: str | None) -> dict[str, Any]:
    place, proof = found.proof(mine)
    made = "0x" + found.tree.root.hex()
    return {
        "number": f"{month_name(found.month)}-{mine.number}",
        "number_on_chain": str(int(mine.number)),
        "month": month_name(found.month),
        "account": mine.account,
        "amount_upt": str(mine.amount),
        "bought_upt": str(mine.bought),
        "imbalance_upt": str(mine.imbalance),
        "split_upt": {name: str(upt) for name, upt in vars(mine.split).items()},
        "statement": "0x" + mine.statement.hex(),
        "place": place,
        "proof": ["0x" + one.hex() for one in proof],
        "root": made,
        "posted": root == made,
    }


class _Made:
    """The bills of months that are over, the last few: all that could change them is a reorganisation."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[Any, Bills] = OrderedDict()

    def of(self, moment: Moment, month: int) -> Bills:
        end = parse_period(month_name(month)).end
        last = select(blocks.c.number, blocks.c.hash).where(blocks.c.time < end).order_by(blocks.c.number.desc())
        row = moment.row(last.limit(1))
        key = (month, row.hash if row else None)
        with self._lock:
            if key not in self._found:
                self._found[key] = indexed_bills(moment.connection, deployment_of(moment), month)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
            return self._found[key]


def _bills_of(moment: Moment, month: int) -> Bills:
    state = moment.request.app.state
    if not hasattr(state, "made_bills"):
        state.made_bills = _Made()
    try:
        found: Bills = state.made_bills.of(moment, month)
    except StatementError as error:
        raise Problem("conflict", str(error)) from None
    except TreeError:
        raise Problem("not-found", "nobody paid for energy in this month: it has no bills") from None
    return found


def deployment_of(moment: Moment) -> Deployment:
    """Where the contracts stand: from the file, so that no node is needed."""
    state = moment.request.app.state
    if not hasattr(state, "deployment"):
        try:
            state.deployment = Deployment.read(state.settings.deployment or deployment_path(moment.chain_id))
        except DeploymentError:
            raise Problem("not-configured", "the deployment file is not there; the operator has to see to it") from None
    found: Deployment = state.deployment
    return found


def _owned(moment: Moment, viewer: Viewer, text: str) -> str:
    """An account of the market that the viewer may see, with its checksum; the market's own accounts are for
    supervisors."""
    account = required(viewer, text)
    if not viewer.supervises and viewer.member is None:
        raise Problem("not-found", "this account is of no member")
    return str(to_checksum_address(account))


def _all_names(moment: Moment, account: str) -> list[str]:
    return [str(to_checksum_address(name)) for name in names_of(moment.connection, account)]


def _period(text: str, zone: str) -> Period:
    try:
        return parse_period(text, zone)
    except StatementError as error:
        raise Problem(
            "bad-parameter", str(error), errors=[{"where": "query.period", "what": str(error)[:80]}]
        ) from None


def _plain(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum() or sign in "-.")


def _bill_item(row: Any) -> dict[str, Any]:
    return {
        "month": month_name(row.month),
        "month_number": row.month,
        "version": row.version,
        "root": row.root,
        "size": row.size,
        "posted_at": row.time,
        "withdrawn": row.withdrawn_block is not None,
        "reason": row.reason,
    }
