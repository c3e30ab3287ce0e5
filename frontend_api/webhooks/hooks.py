"""Webhooks: who has which, and how far each is."""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from frontend_api.api.access import MemberStatus, Viewer, owner_now
from frontend_api.api.shapes.events import Which
from frontend_api.database.database import Database
from frontend_api.database.tables import progress, subscription_holders, subscriptions, webhooks
from wattbook.errors import WattbookError

MOST_OF_ACCOUNT = 10
_SECRET_BYTES = 32
# After every event of a block.
END_OF_BLOCK = 2**31 - 1
_MARKS = 64


Marks = tuple[tuple[int, str], ...]


class HookRefused(WattbookError):
    """A webhook cannot be had. `kind` is the problem that it is."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True)
class Hook:
    """A webhook. It was told everything up to `log` of `block`; `marks` are blocks up to which it was, with their
    hashes, the last one last."""

    id: int
    account: str
    url: str
    secret: str
    which: Which
    made_at: int
    block: int
    log: int
    marks: Marks
    failures: int
    try_at: int
    trouble: str | None
    stopped: bool


class Hooks:
    """All webhooks of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, viewer: Viewer, url: str, which: Which, now: int) -> Hook:
        """A new one, that is told what comes from now on."""
        with self._database.writing() as connection:
            if viewer.status in (MemberStatus.STRANGER, MemberStatus.REPLACED):
                raise HookRefused("not-yours", "webhooks are for members")
            if (why := objection(connection, viewer, which)) is not None:
                raise HookRefused("not-yours", why)
            columns = webhooks.c
            mine = select(func.count()).where(columns.account == viewer.account)
            if connection.execute(mine).scalar_one() >= MOST_OF_ACCOUNT:
                raise HookRefused("conflict", f"an account has at most {MOST_OF_ACCOUNT} webhooks; delete one")
            row = connection.execute(select(progress.c.indexed, progress.c.indexed_hash)).first()
            values = {
                "account": viewer.account,
                "url": url,
                "secret": secrets.token_hex(_SECRET_BYTES),
                "contract": which.contract,
                "name": which.name,
                "kind": which.kind,
                "subject": which.subject,
                "made_at": now,
                "block": row.indexed if row else -1,
                "log": END_OF_BLOCK,
                "marks": [[row.indexed, row.indexed_hash]] if row and row.indexed_hash else [],
                "failures": 0,
                "try_at": 0,
                "trouble": None,
                "stopped": False,
            }
            made = connection.execute(insert(webhooks).values(**values))
            [number] = made.inserted_primary_key or (0,)
            found = connection.execute(select(webhooks).where(columns.id == number)).one()
        return hook_of(found)

    def of_account(self, account: str) -> list[Hook]:
        query = select(webhooks).where(webhooks.c.account == account.lower()).order_by(webhooks.c.id)
        with self._database.reading() as connection:
            return [hook_of(row) for row in connection.execute(query)]

    def find(self, number: int) -> Hook | None:
        with self._database.reading() as connection:
            row = connection.execute(select(webhooks).where(webhooks.c.id == number)).first()
        return None if row is None else hook_of(row)

    def remove(self, account: str, number: int) -> bool:
        """Whether there was one of the account's with this number."""
        mine = (webhooks.c.id == number) & (webhooks.c.account == account.lower())
        with self._database.writing() as connection:
            return connection.execute(delete(webhooks).where(mine)).rowcount == 1

    def running(self) -> list[Hook]:
        query = select(webhooks).where(webhooks.c.stopped.is_(False)).order_by(webhooks.c.id)
        with self._database.reading() as connection:
            return [hook_of(row) for row in connection.execute(query)]

    def note(self, hook: Hook, **values: Any) -> None:
        """Writes down how it goes; nothing if it was deleted meanwhile."""
        with self._database.writing() as connection:
            connection.execute(update(webhooks).where(webhooks.c.id == hook.id).values(**values))

    def counts(self) -> dict[str, int]:
        """For the operator."""
        columns = webhooks.c
        with self._database.reading() as connection:
            running, failing, stopped = (
                connection.execute(select(func.count()).select_from(webhooks).where(condition)).scalar_one()
                for condition in (
                    columns.stopped.is_(False) & (columns.failures == 0),
                    columns.stopped.is_(False) & (columns.failures > 0),
                    columns.stopped.is_(True),
                )
            )
        return {"running": running, "failing": failing, "stopped": stopped}


def objection(connection: Connection, viewer: Viewer, which: Which) -> str | None:
    """Why somebody may not be told of something, None if he may: of accounts, devices and subscriptions those whom they
    concern."""
    if viewer.status in (MemberStatus.STRANGER, MemberStatus.REPLACED):
        return "the account is no member's any more"
    if viewer.supervises or which.kind not in ("account", "device", "subscription"):
        return None
    subject = which.subject or ""
    if which.kind == "account":
        mine = viewer.may_see(subject)
    elif not (subject.isascii() and subject.isdigit() and len(subject) <= 18):
        mine = False
    elif which.kind == "device":
        mine = owner_now(connection, int(subject)) in viewer.names
    else:
        mine = bool(_parties(connection, int(subject)) & set(viewer.names))
    return None if mine else f"this {which.kind} is not yours"


def marked(marks: Marks, block: int, block_hash: str) -> Marks:
    """The marks and one more, the last few."""
    return (*(mark for mark in marks if mark[0] < block), (block, block_hash))[-_MARKS:]


def hook_of(row: Row[Any]) -> Hook:
    return Hook(
        id=row.id,
        account=row.account,
        url=row.url,
        secret=row.secret,
        which=Which(row.contract, row.name, row.kind, row.subject),
        made_at=row.made_at,
        block=row.block,
        log=row.log,
        marks=tuple((int(number), str(word)) for number, word in row.marks),
        failures=row.failures,
        try_at=row.try_at,
        trouble=row.trouble,
        stopped=row.stopped,
    )


def _parties(connection: Connection, number: int) -> set[str]:
    holders = subscription_holders.c
    newest = select(holders.customer).where(holders.subscription == number)
    customer = connection.execute(newest.order_by(holders.block.desc(), holders.log.desc()).limit(1)).scalar()
    provider = connection.execute(
        select(subscriptions.c.provider).where(subscriptions.c.subscription == number)
    ).scalar()
    return {one for one in (customer, provider) if one}
