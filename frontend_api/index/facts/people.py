"""Members, and the accounts under which they act."""

from sqlalchemy import select

from frontend_api.database.tables import accounts, members
from frontend_api.index.errors import IndexingError
from frontend_api.index.events import Event
from frontend_api.index.facts.rules import told
from frontend_api.index.writing import Writing
from wattbook.roles import MARKET_ROLES, OFFICES, Role

# What a member's first account may do: all.
_ALL_RIGHTS = int(MARKET_ROLES | OFFICES | Role.SPEND)


@told("Membership", "MemberAdmitted")
def member_admitted(event: Event, writing: Writing) -> None:
    args, said = event.args, event.args["application"]
    writing.add(
        members,
        event,
        member=args["member"],
        account=args["account"],
        registrar=args["registrar"],
        # Who is nobody's is his own.
        owner=said["owner"] or args["member"],
        roles=said["roles"],
        certified_until=said["certifiedUntil"],
    )
    writing.add(accounts, event, account=args["account"], member=args["member"], rights=_ALL_RIGHTS)


@told("Membership", "AccountAdded")
def account_added(event: Event, writing: Writing) -> None:
    writing.add(accounts, event, **{name: event.args[name] for name in ("account", "member", "rights")})


@told("Membership", "AccountRetired")
def account_retired(event: Event, writing: Writing) -> None:
    writing.fill(accounts, "ended_block", event, {"account": event.args["account"]}, {})


@told("Membership", "RecoveryCompleted")
def recovery_completed(event: Event, writing: Writing) -> None:
    """Another account stands in the place of one whose key was lost, with the same rights."""
    account, replacement = event.args["account"], event.args["replacement"]
    rights = writing.ask(select(accounts.c.rights).where(accounts.c.account == account)).scalar_one_or_none()
    if rights is None:
        raise IndexingError(f"{account} was replaced, of which nothing was told before")
    writing.fill(accounts, "ended_block", event, {"account": account}, {"replacement": replacement})
    writing.add(accounts, event, account=replacement, member=event.args["member"], rights=rights)
