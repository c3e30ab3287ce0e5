"""What changes seldom and is asked for often: zones, devices and members. It is read once, and again after an event
that can have changed it, so that lists of it need no question."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, select, union_all

from frontend_api.api.moment import Moment
from frontend_api.database.tables import (
    accounts,
    blocks,
    device_owners,
    devices,
    events,
    members,
    zone_carriers,
    zones,
)
from wattbook import abi

T = TypeVar("T")

ACTIVE, SUSPENDED, EXPELLED, LAPSED = "active", "suspended", "expelled", "lapsed"
_CERTIFYING = {"DeviceCertified": "certified", "DeviceSuspended": SUSPENDED, "DeviceRetired": "retired"}
_STANDING = {"MemberSuspended": SUSPENDED, "MemberReinstated": ACTIVE, "MemberExpelled": EXPELLED}
_OF_MEMBERS = (
    "AccountAdded",
    "AccountRetired",
    "MemberAdmitted",
    "MemberRenewed",
    "RecoveryCompleted",
    "RolesGranted",
    "RolesWithdrawn",
    *_STANDING,
)
_CHAIN = (events.c.block, events.c.log)


@dataclass(frozen=True)
class Zone:
    """A zone. `facts` are by carrier all that were ever set, each from a time on, in the sequence in which they were
    set."""

    number: int
    key: str
    name: str
    carriers: dict[int, tuple[int, int]] = field(default_factory=dict)
    facts: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)


@dataclass
class Device:
    """A device with what became of it."""

    row: Any
    owner: str
    status: str = "registered"
    availability_bps: int | None = None
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Member:
    """A member with what became of him."""

    row: Any
    admitted_at: int
    roles: int
    certified_until: int
    status: str = ACTIVE
    accounts: list[str] = field(default_factory=list)

    def status_at(self, now: int) -> str:
        return LAPSED if self.status == ACTIVE and now >= self.certified_until else self.status


class Kept(Generic[T]):
    """Something made of certain events, kept until there is a newer one of them, or one of them was undone."""

    def __init__(self, names: Iterator[tuple[str, str]], load: Callable[[Connection], T]) -> None:
        self._newest = _newest(list(names))
        self._load = load
        self._lock = Lock()
        # The moment at which it was looked at last, and the event that it was made after.
        self._found: tuple[Any, Any, T] | None = None

    def at(self, moment: Moment) -> T:
        found, progress = self._found, moment.progress
        now = (progress.indexed, progress.indexed_hash, progress.reorganisations) if progress else None
        if found is not None and found[0] == now:
            return found[2]
        with self._lock:
            places = moment.connection.execute(self._newest).all()
            last = max(places, key=lambda row: (row.block, row.log), default=None)
            event = None
            if last is not None:
                question = select(blocks.c.hash).where(blocks.c.number == last.block)
                event = (last.log, moment.connection.execute(question).scalar())
            found = self._found
            value = found[2] if found is not None and found[1] == event else self._load(moment.connection)
            self._found = (now, event, value)
            return value


class Directory:
    """Zones, devices and members at a moment."""

    def __init__(self) -> None:
        self._zones = Kept(_names("Zones"), _load_zones)
        self._members = Kept((("Membership", name) for name in _OF_MEMBERS), _load_members)
        self._devices = Kept(_names("Meters"), _load_devices)

    def zones(self, moment: Moment) -> dict[int, Zone]:
        """By number."""
        return self._zones.at(moment)

    def zone_names(self, moment: Moment) -> dict[int, str]:
        return {number: zone.name for number, zone in self.zones(moment).items()}

    def zone_named(self, moment: Moment, name: str) -> Zone | None:
        return next((zone for zone in self.zones(moment).values() if zone.name == name), None)

    def pairs(self, moment: Moment, zone: str | None, carrier: int | None) -> list[tuple[int, int]]:
        """What is traded somewhere: numbers of zones and carriers, those of a name and a carrier if given."""
        return [
            (one.number, kind)
            for one in self.zones(moment).values()
            if zone in (None, one.name)
            for kind in one.carriers
            if carrier in (None, kind)
        ]

    def members(self, moment: Moment) -> dict[int, Member]:
        """By number, the first first."""
        return self._members.at(moment)[0]

    def devices(self, moment: Moment) -> dict[int, Device]:
        """By number, the first first."""
        return self._devices.at(moment)

    def holder(self, moment: Moment, account: str) -> str:
        """The account that stands in an account's place now."""
        replacements = self._members.at(moment)[1]
        seen = set()
        while account in replacements and account not in seen:
            seen.add(account)
            account = replacements[account]
        return account


def directory_of(moment: Moment) -> Directory:
    found: Directory = moment.request.app.state.directory
    return found


def _names(contract: str) -> Iterator[tuple[str, str]]:
    for entry in abi.interface(contract).abi:
        if entry["type"] == "event":
            yield contract, entry["name"]


def _newest(names: list[tuple[str, str]]) -> Any:
    """The newest event of each of these names."""
    return union_all(
        *(
            select(
                select(*_CHAIN)
                .where(events.c.contract == contract, events.c.name == name)
                .order_by(events.c.block.desc(), events.c.log.desc())
                .limit(1)
                .subquery()
            )
            for contract, name in names
        )
    )


def _load_zones(connection: Connection) -> dict[int, Zone]:
    found = {
        row.number: Zone(row.number, row.key, row.name)
        for row in connection.execute(select(zones).order_by(zones.c.number))
    }
    for row in connection.execute(select(zone_carriers).order_by(zone_carriers.c.zone, zone_carriers.c.carrier)):
        found[row.zone].carriers[row.carrier] = (row.slot_seconds, row.reading_period)
    for args in _args(connection, "Zones", "FactsSet"):
        found[args["zone"]].facts.setdefault(args["carrier"], []).append((int(args["since"]), args["facts"]))
    return found


def _load_members(connection: Connection) -> tuple[dict[int, Member], dict[str, str]]:
    admitted = select(members, blocks.c.time).join(blocks, blocks.c.number == members.c.block)
    found = {
        row.member: Member(row, row.time, row.roles, row.certified_until)
        for row in connection.execute(admitted.order_by(members.c.member))
    }
    replacements = {}
    for row in connection.execute(select(accounts).order_by(accounts.c.block, accounts.c.log)):
        if row.ended_block is None:
            found[row.member].accounts.append(row.account)
        else:
            # What was of an account that was given up went to its member's first.
            replacements[row.account] = row.replacement or found[row.member].row.account
    for name, args in _told(connection, "Membership", _OF_MEMBERS):
        member = found.get(args.get("member", 0))
        if member is None:
            continue
        match name:
            case "MemberRenewed":
                member.certified_until = int(args["certifiedUntil"])
            case "RolesGranted":
                member.roles |= args["roles"]
            case "RolesWithdrawn":
                member.roles &= ~args["roles"]
            case _ if name in _STANDING:
                member.status = _STANDING[name]
    return found, replacements


def _load_devices(connection: Connection) -> dict[int, Device]:
    owners = {
        row.device: row.owner
        for row in connection.execute(select(device_owners).order_by(device_owners.c.block, device_owners.c.log))
    }
    found = {
        row.device: Device(row, owners[row.device])
        for row in connection.execute(select(devices).order_by(devices.c.device))
    }
    told = (
        select(*_CHAIN, events.c.name, events.c.args, blocks.c.time)
        .join(blocks, blocks.c.number == events.c.block)
        .where(events.c.contract == "Meters")
        .order_by(*_CHAIN)
    )
    for row in connection.execute(told):
        device = found.get(row.args.get("device", 0))
        if device is None:
            continue
        device.history.append({"name": row.name, "block": row.block, "log": row.log, "time": row.time})
        device.status = _CERTIFYING.get(row.name, device.status)
        if row.name == "DeviceCertified":
            device.availability_bps = row.args["availabilityBps"]
    return found


def _args(connection: Connection, contract: str, name: str) -> Iterator[dict[str, Any]]:
    for _, args in _told(connection, contract, (name,)):
        yield args


def _told(connection: Connection, contract: str, names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    question = select(events.c.name, events.c.args).where(events.c.contract == contract, events.c.name.in_(names))
    for row in connection.execute(question.order_by(*_CHAIN)):
        yield row.name, row.args
