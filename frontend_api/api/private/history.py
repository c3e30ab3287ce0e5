"""What the contracts told of an account, for those who may know all of it."""

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select

from frontend_api.api.access import own_args
from frontend_api.api.moment import Moment
from frontend_api.api.private.lists import Names, before, both_pages, place_of_event
from frontend_api.api.shapes.words import shown_args
from frontend_api.database.tables import blocks, events, subjects


class HistoryItem(BaseModel):
    block: int
    log: int
    time: int
    transaction: str
    contract: str
    name: str
    args: dict[str, Any] = Field(description="Without lists, which tell of others too.")


class History(BaseModel):
    items: list[HistoryItem]
    next: str | None


@both_pages("history", "All that was told of the account, the newest first", History)
def history(moment: Moment, names: Names, cursor: str | None, limit: int) -> dict[str, Any]:
    place = moment.place(cursor, int, int)
    columns = (subjects.c.block, subjects.c.log)
    about = select(*columns).where(subjects.c.kind == "account", subjects.c.subject.in_(names))
    beyond = before(columns, place)
    if beyond is not None:
        about = about.where(beyond)
    newest = about.distinct().order_by(*(column.desc() for column in columns)).limit(limit + 1).subquery()
    same = (events.c.block == newest.c.block) & (events.c.log == newest.c.log)
    question = select(
        events.c.block,
        events.c.log,
        events.c.transaction,
        events.c.contract,
        events.c.name,
        events.c.args,
        blocks.c.time,
    )
    question = question.join(newest, same).join(blocks, blocks.c.number == events.c.block)
    rows = moment.rows(question.order_by(events.c.block.desc(), events.c.log.desc()))
    return moment.page(rows, limit, lambda row: _item(row, names), place_of_event)


def _item(row: Any, names: Names) -> dict[str, Any]:
    return {
        "block": row.block,
        "log": row.log,
        "time": row.time,
        "transaction": row.transaction,
        "contract": row.contract,
        "name": row.name,
        "args": shown_args(own_args(row.name, row.args, names)),
    }
