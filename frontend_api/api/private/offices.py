"""What regulators and operators look after."""

from functools import partial
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from starlette.responses import Response

from frontend_api.api.access import Viewer
from frontend_api.api.health import Health, health
from frontend_api.api.moment import Moment
from frontend_api.api.node import slowly
from frontend_api.api.private.readings import bridge_of
from frontend_api.api.private.signed_in import asker, clock, described, private, private_router
from frontend_api.api.problems import Problem
from frontend_api.api.shapes.words import CARRIERS, address, shown_args
from frontend_api.database.tables import blocks, events, holdings, members, roots, sessions, zones
from frontend_api.webhooks.hooks import Hooks
from wattbook.errors import WattbookError

ROUTER = private_router("offices")
_MOST = 100
_STATUS = {"MemberSuspended": "suspended", "MemberReinstated": "active", "MemberExpelled": "expelled"}
_ALARMS = (("Losses", "ZoneAlarm"), ("Losses", "LossBorne"), ("Losses", "LossWaits"), ("Readings", "MeterExchanged"))
_PAUSES = ("ModulePaused", "ModuleResumed", "ModuleLeaving", "DepositsPaused", "DepositsResumed")
_HOLDS = ("none", "unmeasured", "claims", "losses")
_DISPUTE_ENDS = ("DisputeResolved", "DisputeLapsed")


class MemberUnderSupervision(BaseModel):
    member: int
    account: str
    status: str
    reason: str
    by: str | None
    since: int
    block: int


class Alarm(BaseModel):
    name: str
    zone: str | None
    carrier: str | None
    time: int
    block: int
    args: dict[str, Any]


class HeldProgramme(BaseModel):
    contract: str
    zone: str | None
    carrier: str | None
    month: int
    hold: str
    args: dict[str, Any]
    time: int
    block: int


class Dispute(BaseModel):
    device: int
    reading_time: int
    version: int
    disputer: str
    since: int
    block: int


class Debt(BaseModel):
    account: str
    owed_upt: str


class Pause(BaseModel):
    name: str
    args: dict[str, Any]
    time: int
    block: int


class ExcusedBook(BaseModel):
    book: str
    by: str
    reason: str
    time: int
    block: int


class Supervision(BaseModel):
    """Each list with the newest first, and no longer than a hundred."""

    members: int = Field(description="How many members there are and were.")
    under_supervision: list[MemberUnderSupervision]
    alarms: list[Alarm]
    held_programmes: list[HeldProgramme]
    open_disputes: list[Dispute]
    debts: list[Debt]
    pauses: list[Pause]
    excused_books: list[ExcusedBook]


class ZoneRoots(BaseModel):
    zone: str
    newest_reading: int
    posted_at: int


class Operation(BaseModel):
    health: Health
    relay: dict[str, Any] | None = Field(description="Null where no relay is set up.")
    bridge: dict[str, Any] | None = Field(description="What the bridge says of itself; null where there is none.")
    bridge_trouble: str | None
    webhooks: dict[str, int]
    sessions: int
    roots: list[ZoneRoots]


@ROUTER.get(
    "/supervision",
    operation_id="supervision",
    summary="Members, alarms, held programmes, disputes, debts; for regulators and operators",
    responses=described(Supervision),
)
def supervision(request: Request) -> Response:
    def work(moment: Moment, viewer: Viewer) -> dict[str, Any]:
        if not viewer.supervises:
            raise Problem("not-yours", "this is for regulators and operators")
        names = {row.number: row.name for row in moment.rows(select(zones.c.number, zones.c.name))}
        return {
            "members": moment.connection.execute(select(func.count()).select_from(members)).scalar_one(),
            "under_supervision": _under_supervision(moment),
            "alarms": _alarms(moment, names),
            "held_programmes": _held(moment, names),
            "open_disputes": _disputes(moment),
            "debts": _debts(moment),
            "pauses": [_plain(row) for row in _told(moment, [("Vault", name) for name in _PAUSES])],
            "excused_books": [_excused(row) for row in _told(moment, [("Auction", "BookExcused")])],
        }

    return private(request, work)


@ROUTER.get(
    "/operation",
    operation_id="operation",
    summary="Node, index, bridge, relay, webhooks; for operators",
    responses=described(Operation),
)
async def operation(request: Request) -> Response:
    return await slowly(request, partial(_operation, request))


def _operation(request: Request) -> Response:
    if not asker(request).is_operator:
        raise Problem("not-yours", "this is for operators")
    state = request.app.state
    relay, bridge = getattr(state, "relay", None), bridge_of(request)
    said, trouble = None, None if bridge else "no bridge is set up here"
    try:
        said = bridge.health() if bridge else None
    except WattbookError as error:
        trouble = str(error)
    if bridge and said is None:
        trouble = trouble or "the bridge does not answer"

    def work(moment: Moment, _: Viewer) -> dict[str, Any]:
        live = select(func.count()).select_from(sessions).where(sessions.c.expires_at > clock())
        return {
            "health": health(state.database),
            "relay": relay.health() if relay else None,
            "bridge": said,
            "bridge_trouble": trouble,
            "webhooks": Hooks(state.database).counts(),
            "sessions": moment.connection.execute(live).scalar_one(),
            "roots": _newest_roots(moment),
        }

    return private(request, work)


def _told(moment: Moment, pairs: list[tuple[str, str]], most: int = _MOST) -> list[Any]:
    """Events of some kinds, the newest first."""
    columns = (events.c.block, events.c.log, events.c.contract, events.c.name, events.c.args, blocks.c.time)
    found: list[Any] = []
    for contract, name in pairs:
        question = select(*columns).join(blocks, blocks.c.number == events.c.block)
        question = question.where(events.c.contract == contract, events.c.name == name)
        found += moment.rows(question.order_by(events.c.block.desc(), events.c.log.desc()).limit(most))
    return sorted(found, key=lambda row: (row.block, row.log), reverse=True)[:most]


def _under_supervision(moment: Moment) -> list[dict[str, Any]]:
    """Members who are suspended or expelled now."""
    seen: set[int] = set()
    found: list[tuple[int, str, Any]] = []
    for row in _told(moment, [("Membership", name) for name in _STATUS], most=10_000):
        number = int(row.args["member"])
        if number in seen:
            continue
        seen.add(number)
        status = _STATUS[row.name]
        if status != "active" and len(found) < _MOST:
            found.append((number, status, row))
    query = select(members.c.member, members.c.account).where(members.c.member.in_([one[0] for one in found]))
    accounts = {row.member: row.account for row in moment.rows(query)}
    return [
        {
            "member": number,
            "account": address(accounts[number]),
            "status": status,
            "reason": row.args["reason"],
            "by": address(row.args["by"]) if "by" in row.args else None,
            "since": row.time,
            "block": row.block,
        }
        for number, status, row in found
    ]


def _alarms(moment: Moment, names: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "zone": names.get(row.args.get("zone", -1)),
            "carrier": CARRIERS.get(row.args.get("carrier", -1)),
            "time": row.time,
            "block": row.block,
            "args": shown_args(row.args),
        }
        for row in _told(moment, list(_ALARMS))
    ]


def _held(moment: Moment, names: dict[int, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in _told(moment, [(fund, "ProgrammeClosed") for fund in ("SubsidyFund", "UseSubsidy")], most=1_000):
        hold = int(row.args.get("hold", 0))
        if hold and len(found) < _MOST:
            its = {
                "contract": row.contract,
                "zone": names.get(row.args["zone"]),
                "carrier": CARRIERS.get(row.args.get("carrier", -1)),
                "month": row.args["month"],
                "hold": _HOLDS[hold] if hold < len(_HOLDS) else str(hold),
            }
            found.append({**its, "args": shown_args(row.args), "time": row.time, "block": row.block})
    return found


def _disputes(moment: Moment) -> list[dict[str, Any]]:
    def key(args: dict[str, Any]) -> tuple[int, int, int]:
        return int(args["device"]), int(args["time"]), int(args["version"])

    ended = {key(row.args) for row in _told(moment, [("Readings", name) for name in _DISPUTE_ENDS], most=10_000)}
    found: list[dict[str, Any]] = []
    for row in _told(moment, [("Readings", "ReadingDisputed")], most=10_000):
        if key(row.args) not in ended and len(found) < _MOST:
            device, time, version = key(row.args)
            its = {"device": device, "reading_time": time, "version": version}
            found.append({**its, "disputer": address(row.args["disputer"]), "since": row.time, "block": row.block})
    return found


def _debts(moment: Moment) -> list[dict[str, Any]]:
    columns = holdings.c
    newest = (columns.block.desc(), columns.log.desc(), columns.part.desc())
    rank = func.row_number().over(partition_by=columns.account, order_by=newest).label("rank")
    ranked = select(columns.account, columns.after, rank).where(columns.kind == "owed").subquery()
    rows = moment.rows(select(ranked).where(ranked.c.rank == 1))
    owing = sorted((row for row in rows if row.after > 0), key=lambda row: -row.after)
    return [{"account": address(row.account), "owed_upt": str(row.after)} for row in owing[:_MOST]]


def _plain(row: Any) -> dict[str, Any]:
    return {"name": row.name, "args": shown_args(row.args), "time": row.time, "block": row.block}


def _excused(row: Any) -> dict[str, Any]:
    its = {"book": row.args["book"], "by": address(row.args["by"]), "reason": row.args["reason"]}
    return {**its, "time": row.time, "block": row.block}


def _newest_roots(moment: Moment) -> list[dict[str, Any]]:
    newest = select(roots.c.zone, func.max(roots.c.time).label("time")).group_by(roots.c.zone).subquery()
    same = (roots.c.zone == newest.c.zone) & (roots.c.time == newest.c.time) & (roots.c.version == 0)
    question = select(zones.c.name, roots.c.time, blocks.c.time.label("posted_at"))
    question = question.select_from(newest).join(roots, same).join(zones, zones.c.number == roots.c.zone)
    rows = moment.rows(question.join(blocks, blocks.c.number == roots.c.block).order_by(zones.c.number))
    return [{"zone": row.name, "newest_reading": row.time, "posted_at": row.posted_at} for row in rows]
