"""Who somebody is to the market now, by the index, and what he may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from frontend_api.database.tables import accounts, device_owners, events, members, progress, subjects
from wattbook.roles import Role

_CHANGES = (
    "MemberRenewed",
    "RolesGranted",
    "RolesWithdrawn",
    "MemberSuspended",
    "MemberReinstated",
    "MemberExpelled",
)
SUPERVISORS = Role.OPERATOR | Role.REGULATOR
# What settlement tells of an account stands in an event of its own; all others hold at most what is public of others.
OF_ONE = ("AccountSettled",)


class MemberStatus(StrEnum):
    """- stranger: of no member
    - active: may begin new business
    - lapsed: has to be certified anew
    - suspended, expelled: by a regulator; what is his stays his
    - replaced: the key was lost, or the account given up; another stands in its place
    """

    STRANGER = "stranger"
    ACTIVE = "active"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    EXPELLED = "expelled"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as the index knows him at the moment of the request.

    - account: in lower case
    - member: his number, None of a stranger
    - roles: those that hold now, narrowed by the account's rights; none while he is not active
    - rights: what the account may do of all that its member may
    - names: the account and those whose place it took; of a member's first account, of all his accounts
    - first: whether it is its member's first account
    """

    account: str
    member: int | None
    status: MemberStatus
    roles: Role
    rights: Role
    certified_until: int | None
    names: tuple[str, ...]
    first: bool

    @property
    def is_operator(self) -> bool:
        return bool(self.roles & Role.OPERATOR)

    @property
    def is_regulator(self) -> bool:
        return bool(self.roles & Role.REGULATOR)

    @property
    def supervises(self) -> bool:
        """Operators and regulators see what is everybody's."""
        return bool(self.roles & SUPERVISORS)

    def may_see(self, account: str) -> bool:
        """Whether what is private of an account is his to see."""
        return self.supervises or account.lower() in self.names


def viewer_of(connection: Connection, account: str) -> Viewer:
    """Who an account is now."""
    account = account.lower()
    row = connection.execute(select(accounts).where(accounts.c.account == account)).first()
    if row is None:
        none = Role(0)
        return Viewer(account, None, MemberStatus.STRANGER, none, none, None, (account,), False)
    member = connection.execute(select(members).where(members.c.member == row.member)).one()
    status, roles, certified_until = _standing(connection, member.member, member.roles, member.certified_until)
    rows = connection.execute(select(accounts).where(accounts.c.member == row.member)).all()
    ended = {one.account: one.replacement for one in rows if one.ended_block is not None}
    first = _current(member.account, ended, member.account)
    if account in ended:
        none = Role(0)
        return Viewer(account, row.member, MemberStatus.REPLACED, none, none, certified_until, (), False)
    names = [one.account for one in rows if account in (first, _current(one.account, ended, first))]
    # Names come as they were given: the account's own first.
    names = sorted(names, key=lambda name: name != account)
    rights = Role(row.rights)
    active = status is MemberStatus.ACTIVE
    return Viewer(
        account=account,
        member=row.member,
        status=status,
        roles=Role(roles) & rights if active else Role(0),
        rights=rights,
        certified_until=certified_until,
        names=tuple(names),
        first=account == first,
    )


def names_of(connection: Connection, account: str) -> tuple[str, ...]:
    """An account, and those whose place it took; of one that was itself replaced, only what was done under its name."""
    found = viewer_of(connection, account)
    return found.names or (found.account,)


def tenures(connection: Connection, device: int) -> list[tuple[str, int, int | None]]:
    """Whose a device was from which block up to which, the oldest first; the last has no end."""
    columns = device_owners.c
    query = select(columns.owner, columns.block).where(columns.device == device).order_by(columns.block, columns.log)
    rows = connection.execute(query).all()
    ends = [*(row.block for row in rows[1:]), None]
    return [(row.owner, row.block, end) for row, end in zip(rows, ends, strict=True)]


def owner_now(connection: Connection, device: int) -> str | None:
    """Whose a device is, None of one that there is not."""
    found = tenures(connection, device)
    return found[-1][0] if found else None


def own_args(name: str, args: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What of an event's arguments is told to one whom it is about: lists are of many people."""
    if name in OF_ONE:
        return args if args.get("account") in names else {"account": args.get("account")}
    return {key: value for key, value in args.items() if not isinstance(value, list)}


def _current(account: str, ended: dict[str, str | None], first: str) -> str:
    """The account that stands in another's place now. One that was given up went to its member's first."""
    seen = set()
    while account in ended and account not in seen:
        seen.add(account)
        account = ended[account] or first
    return account


def _standing(connection: Connection, member: int, roles: int, certified_until: int) -> tuple[MemberStatus, int, int]:
    """What became of a member since he was admitted."""
    kind = (subjects.c.kind == "member") & (subjects.c.subject == str(member))
    same = (subjects.c.block == events.c.block) & (subjects.c.log == events.c.log)
    told = (events.c.contract == "Membership") & events.c.name.in_(_CHANGES)
    query = select(events.c.name, events.c.args).join(subjects, same).where(kind, told)
    status = MemberStatus.ACTIVE
    for name, args in connection.execute(query.order_by(subjects.c.block, subjects.c.log)):
        match name:
            case "MemberRenewed":
                certified_until = int(args["certifiedUntil"])
            case "RolesGranted":
                roles |= int(args["roles"])
            case "RolesWithdrawn":
                roles &= ~int(args["roles"])
            case "MemberSuspended":
                status = MemberStatus.SUSPENDED
            case "MemberReinstated":
                status = MemberStatus.ACTIVE
            case "MemberExpelled":
                status = MemberStatus.EXPELLED
    now = connection.execute(select(progress.c.indexed_time)).scalar() or 0
    if status is MemberStatus.ACTIVE and now >= certified_until:
        status = MemberStatus.LAPSED
    return status, roles, certified_until
