"""Compares the index with what the contracts say, at the block that the index has come to."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import tee
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, Table, func, select

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import (
    accounts,
    bills,
    blocks,
    books,
    certificates,
    device_owners,
    devices,
    holdings,
    members,
    orders,
    progress,
    quotes,
    roots,
    subscription_holders,
    subscriptions,
    supplies,
    tariffs,
    tenders,
    zones,
)
from frontend_api.index.asking import Call, answers
from frontend_api.index.errors import NodeDoubted
from frontend_api.index.known import Known
from frontend_api.index.node import Node
from wattbook.certificates.whole import WHOLE_WH
from wattbook.connection import Market
from wattbook.contracts.structs import (
    BookState,
    CertificateStatus,
    OrderState,
    QuoteState,
    Status,
    SupplyStatus,
    TenderState,
)

_SLOT = (1 << 40) - 1
_COUNTED = (
    (members, "Membership", "memberCount"),
    (devices, "Meters", "deviceCount"),
    (zones, "Zones", "zoneCount"),
    (tenders, "Tenders", "tenderCount"),
    (supplies, "Supplies", "supplyCount"),
    (tariffs, "Tariffs", "tariffCount"),
    (subscriptions, "EnergyPackages", "subscriptionCount"),
)
_BALANCES = {
    "token": ("PowerToken", "balanceOf", ""),
    "points": ("PowerPoints", "balanceOf", ""),
    "free": ("Vault", "accountOf", "free"),
    "owed": ("Vault", "debtOf", ""),
    "locked": ("Vault", "moduleOf", "locked"),
    "unit": ("EnergyUnits", "balanceOf", ""),
    "slice": ("CleanEnergy", "balanceOf", ""),
}
_ITEMS = ("unit", "slice")
_CERTIFICATES = {
    None: CertificateStatus.HELD,
    "retired": CertificateStatus.RETIRED,
    "exported": CertificateStatus.EXPORTED,
    "unwrapped": CertificateStatus.UNWRAPPED,
    "slashed": CertificateStatus.SLASHED,
}
_TENDERS = {
    None: {TenderState.OPEN},
    "awarded": {TenderState.AWARDED},
    "declined": {TenderState.DECLINED},
    "expired": {TenderState.EXPIRED},
}
_QUOTES = {
    None: {QuoteState.FIRM, QuoteState.LOST},
    "withdrawn": {QuoteState.WITHDRAWN},
    "rejected": {QuoteState.REJECTED},
    "voided": {QuoteState.VOID},
}
_SUPPLIES = {
    None: {SupplyStatus.ACTIVE, SupplyStatus.FUNDED},
    "executed": {SupplyStatus.SETTLED, SupplyStatus.DEFAULTED},
    "terminated": {SupplyStatus.TERMINATED},
}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that the index has: what, by which call it is asked for, and what the answer can be."""

    what: str
    call: Call
    expected: frozenset[Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the index and the contracts part."""

    what: str
    index: str
    contracts: str

    def __str__(self) -> str:
        return f"{self.what}: {self.index} in the index, {self.contracts} in the contract"


@dataclass(frozen=True, slots=True)
class Audit:
    """What was compared, at which block."""

    block: int
    compared: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        return not self.differences


def audit(market: Market, database: Database, shown: Callable[[int], None] = lambda count: None) -> Audit:
    """Everything that can be asked for. The node must still have the state of the index's block."""
    with database.reading() as connection:
        place = connection.execute(select(progress.c.indexed, progress.c.indexed_hash, progress.c.indexed_time)).first()
        if place is None or place.indexed_hash is None:
            raise DatabaseError(f"{database.name} has no block yet; `wattbook index run` fills it")
        known = Known()
        known.load(connection)
        node = Node(market.chain, [])
        _require_block(node, place)
        compared, found = 0, list(_within(connection, market))
        asked, kept = tee(_questions(connection, known, place.indexed_time))
        for question, answer in zip(kept, answers(market, place.indexed, (one.call for one in asked)), strict=True):
            compared += 1
            value = answer.lower() if isinstance(answer, str) else answer
            if value not in question.expected:
                expected = " or ".join(sorted(str(one) for one in question.expected))
                found.append(Difference(question.what, expected, str(value)))
            if compared % 100 == 0:
                shown(compared)
        _require_block(node, place)
    return Audit(place.indexed, compared, tuple(found))


def _require_block(node: Node, place: Any) -> None:
    if node.headers([place.indexed])[0].hash != place.indexed_hash:
        raise NodeDoubted(f"the node's block {place.indexed} is not the index's; let it follow, and ask again")


def _questions(connection: Connection, known: Known, time: int) -> Iterator[Question]:
    for make in (_counts, _members, _books, _orders, _tenders, _certificates, _packages, _roots):
        yield from make(connection)
    yield from _devices(connection, known)
    yield from _holdings(connection, time)


def _one(what: str, expected: Any, contract: str, function: str, *arguments: Any, field: str = "") -> Question:
    values = expected if isinstance(expected, set) else {expected}
    return Question(what, Call(contract, function, arguments, field), frozenset(values))


def _counts(connection: Connection) -> Iterator[Question]:
    for table, contract, function in _COUNTED:
        yield _one(f"the number of {table.name}", _count(connection, table), contract, function)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _members(connection: Connection) -> Iterator[Question]:
    for row in connection.execute(select(accounts).order_by(accounts.c.account)):
        ended = {Status.REPLACED} if row.ended_block else {Status.ACTIVE, Status.SUSPENDED, Status.EXPELLED}
        asked = "Membership", "standingOf", row.account
        yield _one(f"whose account {row.account} is", row.member, *asked, field="member")
        yield _one(f"the status of account {row.account}", ended, *asked, field="status")


def _devices(connection: Connection, known: Known) -> Iterator[Question]:
    for row in connection.execute(_newest(device_owners, device_owners.c.device)):
        owner = known.current(row.owner)
        yield _one(f"the owner of device {row.device}", {owner, row.owner}, "Meters", "ownerOf", row.device)


def _books(connection: Connection) -> Iterator[Question]:
    grouped = connection.execute(select(orders.c.book, func.count()).group_by(orders.c.book))
    counted: dict[str, int] = {book: count for book, count in grouped}
    for row in connection.execute(select(books).order_by(books.c.slot_start, books.c.key)):
        state = BookState.OPEN
        if row.ended_block:
            state = BookState.VOID if row.ended == "voided" else BookState.CLEARED
        if row.settled_block and state is BookState.CLEARED:
            state = BookState.SETTLED
        asked = "Auction", "bookOf", bytes.fromhex(row.key[2:])
        yield _one(f"the state of book {row.key}", state, *asked, field="state")
        yield _one(f"the orders of book {row.key}", counted.get(row.key, 0), *asked, field="commits")


def _orders(connection: Connection) -> Iterator[Question]:
    joined = orders.join(books, books.c.key == orders.c.book)
    columns = (*orders.c, books.c.ended, books.c.settled_block)
    for row in connection.execute(select(*columns).select_from(joined).order_by(orders.c.book, orders.c.place)):
        asked = "Auction", "orderOf", bytes.fromhex(row.book[2:]), row.trader, row.number
        what = f"the order {row.place} of book {row.book}"
        yield _one(f"the state of {what}", _order_states(row), *asked, field="state")
        yield _one(f"the place of {what}", row.place, *asked, field="place")


def _order_states(row: Row[Any]) -> set[OrderState]:
    """What was settled may have been handed over, and books are settled part by part."""
    if row.bond_fate:
        return {OrderState.SLASHED if row.bond_fate == "slashed" else OrderState.REFUNDED}
    settled = {OrderState.SETTLED, OrderState.HANDED_OVER}
    if not row.revealed_block or not row.ended:
        return {OrderState.SEALED}
    return settled if row.settled_block else {OrderState.SEALED, *settled}


def _tenders(connection: Connection) -> Iterator[Question]:
    for row in connection.execute(select(tenders).order_by(tenders.c.tender)):
        yield _one(f"the state of tender {row.tender}", _TENDERS[row.ended], *_of("tender", row), field="state")
    for row in connection.execute(select(quotes).order_by(quotes.c.tender, quotes.c.quote)):
        states = {QuoteState.AWARDED} if row.awarded_block and not row.ended else _QUOTES[row.ended]
        asked = "Tenders", "quoteOf", row.tender, row.quote
        yield _one(f"the state of quote {row.quote} of tender {row.tender}", states, *asked, field="state")
    for row in connection.execute(select(supplies).order_by(supplies.c.supply)):
        yield _one(f"the state of supply {row.supply}", _SUPPLIES[row.ended], *_of("supply", row), field="status")


def _of(thing: str, row: Row[Any]) -> tuple[str, str, int]:
    contract, function = {"tender": ("Tenders", "tenderOf"), "supply": ("Supplies", "supplyOf")}[thing]
    return contract, function, getattr(row, thing)


def _certificates(connection: Connection) -> Iterator[Question]:
    held = 0
    for row in connection.execute(select(certificates).order_by(certificates.c.number)):
        held += row.ended is None
        asked = "GreenCertificates", "certificateOf", row.certificate
        yield _one(f"the state of certificate {row.number}", _CERTIFICATES[row.ended], *asked, field="status")
    yield _one("Wh in certificates that are held", held * WHOLE_WH, "CleanEnergy", "totals", field="wholes")


def _packages(connection: Connection) -> Iterator[Question]:
    for row in connection.execute(select(tariffs).order_by(tariffs.c.version)):
        withdrawn = row.withdrawn_block is not None
        yield _one(f"whether tariff {row.version} is withdrawn", withdrawn, "Tariffs", "isWithdrawn", row.version)
    for row in connection.execute(_newest(subscription_holders, subscription_holders.c.subscription)):
        asked = "EnergyPackages", "subscriptionOf", row.subscription
        yield _one(f"the customer of subscription {row.subscription}", row.customer, *asked, field="customer")
    for row in connection.execute(_newest(bills, bills.c.month)):
        root = bytes(32) if row.withdrawn_block else bytes.fromhex(row.root[2:])
        yield _one(f"the bills of month {row.month}", root, "Bills", "billsOf", row.month, field="root")


def _roots(connection: Connection) -> Iterator[Question]:
    """When it was posted is the time of its block."""
    joined = roots.join(blocks, blocks.c.number == roots.c.block)
    columns = roots.c.zone, roots.c.time, roots.c.version, blocks.c.time.label("posted_at")
    order = roots.c.zone, roots.c.time, roots.c.version
    for row in connection.execute(select(*columns).select_from(joined).order_by(*order)):
        asked = "Readings", "postedAt", row.zone, row.time, row.version
        yield _one(f"when the root of zone {row.zone} at {row.time} was posted", row.posted_at, *asked)


# -------------------------------------------------------------------------------------------------------- what is held


def _holdings(connection: Connection, time: int) -> Iterator[Question]:
    """Every balance, and what all have together."""
    sums: Counter[str] = Counter()
    for row in connection.execute(_newest(holdings, holdings.c.account, holdings.c.kind, holdings.c.item)):
        sums[row.kind] += row.after
        if row.kind != "certificate":
            yield _held(row, time)
        elif row.after:
            asked = "GreenCertificates", "certificateOf", row.item
            yield _one(f"who holds certificate {row.item}", row.account, *asked, field="holder")
    yield _one("PT of all", sums["token"], "PowerToken", "totalSupply")
    yield _one("points of all", sums["points"], "PowerPoints", "totalSupply")
    wholes = sums["certificate"] * WHOLE_WH
    yield _one("Wh in certificates of all", wholes, "CleanEnergy", "totals", field="wholes")
    yield _one("Wh in slices of all", sums["slice"], "CleanEnergy", "totals", field="slices")


def _held(row: Row[Any], time: int) -> Question:
    what = f"{row.kind} {row.item or ''}".strip() + f" of {row.account}"
    contract, function, field = _BALANCES[row.kind]
    # Energy of a slot that has begun is nobody's any more.
    begun = row.kind == "unit" and row.item & _SLOT <= time
    arguments = (row.account, row.item) if row.kind in _ITEMS else (row.account,)
    return Question(what, Call(contract, function, arguments, field), frozenset((0 if begun else row.after,)))


def _newest(table: Table, *key: Column[Any]) -> Select[Any]:
    """The newest row of each key."""
    part = [table.c.part.desc()] if "part" in table.c else []
    place = func.row_number().over(partition_by=list(key), order_by=[table.c.block.desc(), table.c.log.desc(), *part])
    numbered = select(table, place.label("age")).subquery()
    return select(numbered).where(numbered.c.age == 1).order_by(*(numbered.c[one.name] for one in key))


def _within(connection: Connection, market: Market) -> Iterator[Difference]:
    """What must be so in the index by itself: the Vault's tokens are what is free and what is locked."""
    vault = market.deployment.address("Vault").lower()
    held: Counter[str] = Counter()
    for row in connection.execute(_newest(holdings, holdings.c.account, holdings.c.kind, holdings.c.item)):
        if row.kind in ("free", "locked") or (row.kind, row.account) == ("token", vault):
            held[row.kind] += row.after
    if held["token"] != held["free"] + held["locked"]:
        accounts_ = str(held["free"] + held["locked"])
        yield Difference("PT in the Vault, and what is free and locked there", str(held["token"]), accounts_)
