"""The trace of a trade."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request
from sqlalchemy import Row, and_, or_, select, tuple_
from starlette.responses import Response

from frontend_api.api.directory import directory_of
from frontend_api.api.moment import Moment, answer
from frontend_api.api.private.signed_in import COOKIE, may_see_account
from frontend_api.api.public.trades import found_trade, shown_trade
from frontend_api.api.routing import router
from frontend_api.api.shapes import trace as shape
from frontend_api.api.shapes.base import Key, answers
from frontend_api.api.shapes.words import address
from frontend_api.database.tables import blocks, events, roots, settlements, subjects
from wattbook.settlement.statements import Statement, unpacked

routes = router(prefix="/api/v1", tags=["market"])

_EVENTS = select(
    events.c.block,
    events.c.log,
    events.c.transaction,
    events.c.contract,
    events.c.name,
    events.c.args,
    blocks.c.time,
).join(blocks, blocks.c.number == events.c.block)
# So many fields of a statement are energy; the rest is money.
_ENERGY = 4
_STEPS = {
    "Committed": "sealed",
    "OrdersRevealed": "revealed",
    "BookCleared": "cleared",
    "Traded": "traded",
    "BookSettled": "settled",
    "Sold": "sold",
}


@routes.get(
    "/trades/{trade}/trace",
    operation_id="trace",
    summary="From the order over the money to the kWh",
    responses=answers(shape.Trace, "not-found"),
)
def show_trace(request: Request, trade: Key) -> Response:
    """Every step with its event, for anyone. What was delivered is shown to the party whose it is, operators and
    regulators, who send their session along."""

    def work(moment: Moment) -> Any:
        row = found_trade(moment, trade)
        direct = hasattr(row, "seller")
        parties = [row.seller, row.buyer] if direct else [row.trader]
        # What a party delivered or used is not the other's to know.
        seen = [party for party in parties if may_see_account(moment, party)]
        traded_at = (row.block, row.log) if direct else (row.traded_block, row.traded_log)
        steps = _steps(moment, [traded_at] if direct else _places(row), None if direct else row)
        shown = shown_trade(row, directory_of(moment).zone_names(moment))
        transaction = next((one["transaction"] for one in steps if (one["block"], one["log"]) == traded_at), "")
        return {
            "trade": shown,
            "steps": steps,
            "payment": {
                "amount_upt": shown["amount_upt"],
                "commission_upt": shown["commission_upt"],
                "events": _payments(moment, parties, traded_at[0], transaction),
            },
            "delivery": _delivery(moment, row, seen) if seen else None,
        }

    shows_himself = "authorization" in request.headers or COOKIE in request.cookies
    return answer(request, work, private=shows_himself)


def _places(row: Row[Any]) -> list[tuple[int, int]]:
    """Of an order's own events."""
    return [(row.block, row.log), (row.revealed_block, row.revealed_log), (row.traded_block, row.traded_log)]


def _steps(moment: Moment, places: list[tuple[int, int]], book: Row[Any] | None) -> list[dict[str, Any]]:
    wanted = [and_(events.c.block == block, events.c.log == log) for block, log in places]
    if book is not None:
        ends = [block for block in (book.ended_block, book.settled_block) if block is not None]
        of_book = (events.c.contract == "Auction") & events.c.name.in_(("BookCleared", "BookSettled"))
        wanted.append(and_(of_book, events.c.block.in_(ends)))
    rows = moment.rows(_EVENTS.where(or_(*wanted)).order_by(events.c.block, events.c.log))
    return [
        _step(row, _STEPS[row.name])
        for row in rows
        if (row.block, row.log) in places or (book is not None and row.args["book"] == book.book)
    ]


def _payments(moment: Moment, parties: list[str], block: int, transaction: str) -> list[dict[str, Any]]:
    about = select(subjects.c.block, subjects.c.log).where(
        subjects.c.kind == "account", subjects.c.subject.in_(parties), subjects.c.block == block
    )
    rows = moment.rows(
        _EVENTS.where(
            tuple_(events.c.block, events.c.log).in_(about),
            events.c.contract == "Vault",
            events.c.transaction == transaction,
        ).order_by(events.c.block, events.c.log)
    )
    return [_step(row, "paid") for row in rows]


def _step(row: Row[Any], step: str) -> dict[str, Any]:
    return {
        "step": step,
        "contract": row.contract,
        "event": row.name,
        "block": row.block,
        "log": row.log,
        "time": row.time,
        "transaction": row.transaction,
    }


def _delivery(moment: Moment, row: Row[Any], parties: list[str]) -> dict[str, Any]:
    directory = directory_of(moment)
    zone = directory.zones(moment).get(row.zone)
    length = zone.carriers[row.carrier][0] if zone else 0
    told = moment.rows(
        select(settlements)
        .where(settlements.c.book == row.book, settlements.c.account.in_(parties))
        .order_by(settlements.c.account, settlements.c.part)
    )
    posted = moment.rows(
        select(roots.c.time, roots.c.version, roots.c.root)
        .where(roots.c.zone == row.zone, roots.c.time >= row.slot_start, roots.c.time <= row.slot_start + length)
        .order_by(roots.c.time, roots.c.version)
    )
    return {
        "settlements": list(_settlements(told)),
        "devices": [
            number
            for number, one in directory.devices(moment).items()
            if directory.holder(moment, one.owner) in {directory.holder(moment, party) for party in parties}
            and (one.row.zone, one.row.carrier) == (row.zone, row.carrier)
        ],
        "roots": [{"time": one.time, "version": one.version, "root": one.root} for one in posted],
    }


def _settlements(rows: Iterable[Row[Any]]) -> Iterable[dict[str, Any]]:
    """All parts of an account together: each tells all of its energy, and what changed of its money."""
    sums: dict[str, Statement] = {}
    for row in rows:
        part = unpacked([int(word) for word in row.statement])
        before = sums.get(row.account)
        money = map(sum, zip(before[_ENERGY:], part[_ENERGY:], strict=True)) if before else part[_ENERGY:]
        sums[row.account] = Statement(*part[:_ENERGY], *money)
    for account, one in sums.items():
        yield {
            "account": address(account),
            **{f"{name}_wh": getattr(one, name) for name in ("injected", "withdrawn", "sold", "bought")},
            **{
                f"{name}_upt": str(getattr(one, name))
                for name in ("due", "network", "platform", "fund", "cash", "unpaid")
            },
        }
