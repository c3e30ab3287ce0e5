"""What events make of the tables, to the unit, held against what was done and what the contracts say."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from sqlalchemy import select

from frontend_api.database import tables
from frontend_api.database.database import Database
from frontend_api.database.tables import (
    accounts,
    bills,
    books,
    certificates,
    device_owners,
    devices,
    events,
    facts,
    holdings,
    members,
    orders,
    quotes,
    roots,
    sales,
    settlements,
    slices,
    subjects,
    subscription_holders,
    subscriptions,
    supplies,
    tariffs,
    tenders,
    zone_carriers,
    zones,
)
from frontend_api.index.errors import IndexingError
from frontend_api.index.events import Event
from frontend_api.index.following import Follower, apply
from frontend_api.index.known import Known
from frontend_api.index.writing import Writing
from tests.frontend.market import MARKUP, REASON, Fair
from wattbook.billing.logs import History
from wattbook.certificates.slices import slice_of
from wattbook.certificates.whole import WHOLE_WH
from wattbook.contracts.structs import Carrier, Purse, Terms
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.roles import MARKET_ROLES, OFFICES, Role
from wattbook.settlement.statements import unpacked
from wattbook.trial.park import FAR, MONEY, SLOT_SECONDS, ZONE


@dataclass
class Index:
    """What tests ask of an index."""

    fair: Fair
    database: Database

    def rows(self, table, **chosen: Any):
        same = [table.c[name] == value for name, value in chosen.items()]
        with self.database.reading() as connection:
            return list(connection.execute(select(table).where(*same).order_by(table.c.block, table.c.log)))

    def one(self, table, **chosen: Any):
        [row] = self.rows(table, **chosen)
        return row

    def held(self, account: str, kind: str, item: int = 0) -> int:
        """By the newest row."""
        rows = self.rows(holdings, account=account.lower(), kind=kind, item=item)
        return rows[-1].after if rows else 0

    def event(self, row):
        """The one that a row was born by."""
        return self.one(events, block=row.block, log=row.log)


@pytest.fixture
def index(fair: Fair, indexed: Database) -> Index:
    return Index(fair, indexed)


def low(address: str) -> str:
    return address.lower()


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


def test_every_log_is_an_event(index: Index):
    """As the node has them: nothing is left out, nothing is there twice."""
    market = index.fair.market
    addresses = [one.address for one in market.deployment.contracts.values()]
    history = History(market.chain, min(one.block for one in market.deployment.contracts.values()))
    told = history.read(addresses, [], history.newest)
    with index.database.reading() as connection:
        joined = events.join(tables.blocks, tables.blocks.c.number == events.c.block)
        columns = (*events.c, tables.blocks.c.time)
        found = list(connection.execute(select(*columns).select_from(joined).order_by(events.c.block, events.c.log)))
    assert [(row.block, row.log, row.transaction) for row in found] == [
        (log.block, log.place, log.transaction) for log in told
    ]
    for row, log in zip(found, told, strict=True):
        assert int(market.deployment.address(row.contract), 16) == log.address
        assert tuple(int.from_bytes(row.topics[at : at + 32]) for at in range(0, len(row.topics), 32)) == log.topics
        assert (
            tuple(int.from_bytes(row.data[at : at + 32]) for at in range(0, len(row.data) // 32 * 32, 32))
            == (log.words[: len(row.data) // 32])
        )
        assert row.time == log.time


def test_zones(index: Index):
    zone = index.one(zones, number=1)
    assert (zone.key, zone.name) == (hexed(ZONE), "trial")
    found = {(row.zone, row.carrier): (row.slot_seconds, row.reading_period) for row in index.rows(zone_carriers)}
    assert found[1, Carrier.ELECTRICITY] == (SLOT_SECONDS, SLOT_SECONDS)
    assert len(found) == 5


def test_a_book_that_was_cleared_and_settled(index: Index):
    auction, key = index.fair.market.auction, index.fair.cleared
    book, row = auction.book_of(key), index.one(books, key=hexed(key))
    assert (row.zone, row.carrier, row.slot_start, row.cap) == (book.zone, book.carrier, book.slot_start, book.cap)
    assert (row.opens_at, row.reveals_at, row.clears_at) == (book.opens_at, book.reveals_at, book.clears_at)
    assert row.dearest_wh == book.dearest_wh
    terms: Terms = index.fair.market.rulebook.terms_of(key)
    assert (row.rule, row.k_bps, row.fee_bps) == (low(terms.rule), 5_000, 20)
    # Asks of 5,000 Wh up to 450: bids of 4,000 Wh at 520 are filled, those at 500 share what is left.
    assert (row.ended, row.price, row.traded_wh) == ("cleared", 500, 5_000)
    outcome = index.fair.market.clearing.outcome_of(key)[0]
    assert [int(word) for word in row.outcome] == list(outcome) and [int(one) for one in row.proposal] == [500, 500]
    paid = sum(one.amount for one in index.rows(orders, book=hexed(key), sell=False) if one.traded_block)
    assert (row.paid, row.received) == (paid, 5_000 * 500)
    assert row.excused_block is None and row.settled_block > row.ended_block > row.fixed_block == row.block


def test_orders_of_a_cleared_book(index: Index):
    key, fair = index.fair.cleared, index.fair
    rows = sorted(index.rows(orders, book=hexed(key)), key=lambda row: row.place)
    quoted = [("B", 4_000, 520), ("S", 3_000, 410), ("B", 2_500, 500), ("S", 2_000, 450), ("B", 1_000, 300)]
    quoted += [("S", 5_000, 610)]
    traders = [low(one) for one in fair.park.traders]
    for place, (row, (side, wh, price)) in enumerate(zip(rows, quoted, strict=False)):
        assert (row.place, row.trader, row.number, row.most_wh) == (place, traders[place], 0, 10_000)
        assert (row.sell, row.wh, row.price) == (side == "S", wh, price)
        assert row.device == (fair.park.device_of(fair.park.traders[place]) if row.sell else 0)
        [position] = fair.market.auction.positions_of(key, to_checksum_address(row.trader))[:1] or [None]
        if row.traded_block:
            # What the seller will get is without the commission.
            assert (row.traded_wh, row.amount) == (position.wh, position.amount + row.sell * row.commission)
        assert row.bond_fate is None and row.block < row.revealed_block
    assert [row.traded_wh for row in rows] == [4_000, 3_000, 1_000, 2_000, None, None, None]
    assert [row.commission for row in rows[:4]] == [row.amount * 20 // 10_000 for row in rows[:4]]
    assert rows[0].trade == hexed(fair.market.auction.trade_id(key, 0))
    # Four reveals in the first transaction, two in the second.
    assert [row.revealed_part for row in rows[:6]] == [0, 1, 2, 3, 0, 1]
    assert len({row.revealed_log for row in rows[:4]}) == 1
    withheld = rows[6]
    assert (withheld.trader, withheld.number, withheld.revealed_block) == (traders[0], 1, None)
    assert (withheld.bond_fate, withheld.keeper) == ("slashed", traders[1])
    slashed = index.one(events, name="OrderSlashed")
    assert withheld.bond == int(slashed.args["bond"]) > 0 and withheld.bond_block == slashed.block


def test_a_book_that_traded_with_the_pool(index: Index):
    row = index.one(books, key=hexed(index.fair.pooled))
    settled = index.one(events, name="BookSettled", block=row.settled_block)
    assert (row.price, row.traded_wh, row.pool_spent) == (500, 5_000, int(settled.args["poolSpent"]))
    assert row.pool_locked > 0


def test_books_in_which_nobody_traded(index: Index):
    void = index.one(books, key=hexed(index.fair.void))
    assert (void.ended, void.price, void.traded_wh, void.outcome) == ("voided", None, None, None)
    excused = index.one(books, key=hexed(index.fair.excused))
    assert (excused.excuse, excused.excused_by) == (MARKUP, low(known_account("operator").address))
    assert excused.ended is None
    order = index.one(orders, book=hexed(index.fair.excused))
    assert (order.bond_fate, order.keeper, order.revealed_block) == ("refunded", None, None)
    waiting = index.one(books, key=hexed(index.fair.waiting.key))
    assert (waiting.ended, waiting.excused_block, waiting.settled_block) == (None, None, None)


def test_direct_sales(index: Index):
    fair = index.fair
    first, second = index.rows(sales)
    plant = fair.plant
    for row, wh, price in ((first, 10_000, 450), (second, 2_000, 470)):
        assert (row.seller, row.buyer, row.device) == (low(fair.seller), low(fair.buyer), plant)
        assert (row.carrier, row.zone, row.slot_start, row.wh, row.price) == (0, 1, fair.slot, wh, price)
        assert row.margin == int(index.event(row).args["margin"]) > 0
    assert first.trade == index.event(first).args["tradeId"]
    assert first.book == index.rows(settlements)[0].book


def test_settlements(index: Index):
    fair = index.fair
    found = {row.account: unpacked([int(word) for word in row.statement]) for row in index.rows(settlements)}
    assert {row.part for row in index.rows(settlements)} == {0}
    seller, buyer, debtor = (found[low(one)] for one in (fair.seller, fair.buyer, fair.debtor))
    assert (seller.injected, seller.sold, seller.due) == (11_000, 12_000, 10_000 * 450 + 2_000 * 470)
    assert (buyer.withdrawn, buyer.bought) == (12_400, 12_000)
    assert (debtor.withdrawn, debtor.bought) == (3_000, 0)
    assert debtor.unpaid == -debtor.cash > 0


def test_members_and_accounts(index: Index):
    fair, membership = index.fair, index.fair.market.membership
    rows = index.rows(members)
    assert [row.member for row in rows] == list(range(1, membership.member_count() + 1))
    first = index.one(members, account=low(fair.park.traders[0]))
    assert first.registrar == low(known_account("registrar").address)
    assert (first.roles, first.certified_until) == (int(Role.PROSUMER | Role.STORAGE), FAR)
    assert first.owner == first.member
    for row in index.rows(accounts):
        standing = membership.standing_of(to_checksum_address(row.account))
        assert row.member == standing.member
        if not row.ended_block:
            assert row.rights == standing.rights
    assert index.one(accounts, account=first.account).rights == int(MARKET_ROLES | OFFICES | Role.SPEND)
    lost = index.one(accounts, account=low(fair.replaced))
    assert lost.replacement == low(fair.replacement)
    new = index.one(accounts, account=low(fair.replacement))
    assert (new.member, new.rights, new.block) == (lost.member, lost.rights, lost.ended_block)
    retired = index.one(accounts, account=low(fair.retired))
    assert retired.ended_block and retired.replacement is None
    assert index.one(accounts, account=low(fair.second)).rights == int(MARKET_ROLES)


def test_devices_and_whose_they_are(index: Index):
    fair, meters = index.fair, index.fair.market.meters
    rows = index.rows(devices)
    assert [row.device for row in rows] == list(range(1, meters.device_count() + 1))
    for row in rows:
        device = meters.device_of(row.device)
        its = device.description
        assert (row.zone, row.carrier, row.direction, row.technology) == (
            its.zone,
            its.carrier,
            its.direction,
            its.technology,
        )
        assert (row.clean, row.stores, row.rated_w, row.modulus) == (its.clean, its.stores, its.rated_w, its.modulus)
        assert row.site == hexed(its.site)
        if row.device != fair.devices["pledged"]:
            assert (row.curve, row.key_x, row.key_y) == (device.key.curve, hexed(device.key.x), hexed(device.key.y))
    assert [row.owner for row in index.rows(device_owners, device=fair.devices["moved"])] == [
        low(fair.family),
        low(fair.buyer),
    ]


def test_roots(index: Index):
    for row in index.rows(roots):
        told = index.event(row).args
        assert (row.root, row.size, row.data_hash) == (told["root"], told["size"], told["dataHash"])
        assert len(row.signers) == 3 and row.time % SLOT_SECONDS == 0
    assert len(index.rows(roots)) == len(index.rows(events, name="RootPosted"))


def test_tenders_quotes_and_supplies(index: Index):
    fair = index.fair
    awarded, declined = (index.one(tenders, tender=fair.tenders[name]) for name in ("awarded", "declined"))
    terms = fair.market.tenders.terms_of(awarded.tender)
    assert (awarded.wh, awarded.reserve, awarded.device) == (100_000, 0, terms.device)
    assert (awarded.zone, awarded.carrier, awarded.bond) == (1, 0, fair.market.tenders.bond_of(100_000))
    for name in ("delivery_start", "delivery_end", "quote_end", "decide_end"):
        assert getattr(awarded, name) == getattr(terms, name)
    assert int(awarded.terms["key"]) == terms.key and awarded.terms["userMarginBps"] == 2_000
    assert (awarded.ended, awarded.awarded_wh) == ("awarded", 100_000)
    assert (declined.ended, declined.awarded_wh, declined.reserve) == ("declined", None, 400)
    found = {row.quote: row for row in index.rows(quotes, tender=awarded.tender)}
    assert [(found[place].wh, found[place].price, found[place].ended) for place in range(3)] == [
        (60_000, 520, None),
        (40_000, 500, None),
        (None, None, "withdrawn"),
    ]
    assert set(found[0].box) == {"point", "masked", "challenge", "response"} and len(found[0].hash) == 66
    first, second = index.rows(supplies)
    assert (first.supply, first.user, first.wh, first.price) == (fair.supplies[0], found[0].trader, 60_000, 520)
    assert first.owner_margin == first.user_margin == 60_000 * 520 * 2_000 // 10_000
    assert (first.ended, first.outcome["delivered"], second.ended, second.outcome) == ("executed", "59000", None, None)


def test_packages(index: Index):
    fair = index.fair
    open_, withdrawn = (index.one(tariffs, version=version) for version in fair.tariffs)
    assert open_.provider == withdrawn.withdrawn_by == low(fair.provider) and open_.withdrawn_block is None
    assert (open_.tariff["terms"]["postpaid"], withdrawn.tariff["terms"]["postpaid"]) == (968, 900)
    assert open_.tariff["steps"][1] == {"threshold": 1_000, "price": 860} and len(open_.tariff["weights"]) == 12
    row = index.one(subscriptions, subscription=fair.subscription)
    assert (row.version, row.provider, row.paid) == (open_.version, low(fair.provider), 10_000_000)
    assert row.purchase["amount"] == "10000000"
    holder = index.one(subscription_holders, subscription=fair.subscription)
    assert holder.customer == low(fair.subscriber)


def test_certificates_and_slices(index: Index):
    fair = index.fair
    found = {name: index.one(certificates, certificate=id) for name, id in fair.certificates.items()}
    ended = {"held": None, "retired": "retired", "exported": "exported", "unwrapped": "unwrapped", "wrapped": None}
    assert {name: row.ended for name, row in found.items()} == ended
    retired, exported = found["retired"], found["exported"]
    assert (retired.holder, retired.beneficiary, retired.purpose) == (low(fair.buyer), low(fair.buyer), MARKUP)
    assert (exported.holder, exported.beneficiary, exported.purpose) == (low(fair.certifier), None, "AIB")
    wrapped = found["wrapped"]
    assert [int(one) for one in wrapped.slices] == fair.slices
    assert [int(one) for one in wrapped.amounts] == [600_000, 400_000] and sum(map(int, wrapped.amounts)) == WHOLE_WH
    assert wrapped.number == 5 and wrapped.maker == low(fair.certifier)
    assert wrapped.expires == min(slice_of(one).expires for one in fair.slices)
    for row in index.rows(slices):
        assert slice_of(row.slice).device == row.device and row.owner == low(fair.certifier)
    # Of the whole ones, of the two that were wrapped, of what was stored, and what came out of the battery.
    assert len(index.rows(slices)) == 4 + 2 + 1 + 1
    assert index.held(fair.buyer, "slice", fair.slices[1]) == 30_000
    assert index.held(fair.certifier, "slice", fair.slices[1]) == 500_000 - 400_000 - 50_000 - 10_000
    assert index.held(fair.certifier, "certificate", fair.certificates["held"]) == 1
    assert index.held(fair.buyer, "certificate", fair.certificates["retired"]) == 0


def test_bills(index: Index):
    fair = index.fair
    first, second = index.rows(bills)
    assert (first.month, first.version, second.version) == (fair.month, 0, 1)
    assert first.root == second.root == hexed(fair.bills.tree.root) and first.size == fair.bills.tree.size
    assert (first.withdrawn_by, first.reason) == (low(known_account("regulator").address), MARKUP)
    assert second.withdrawn_block is None


def test_money(index: Index):
    fair, vault = index.fair, index.fair.market.vault
    trader = fair.park.traders[2]
    rows = index.rows(holdings, account=low(trader), kind="token")
    assert [row.change for row in rows] == [MONEY, -MONEY] and [row.after for row in rows] == [MONEY, 0]
    assert index.held(fair.debtor, "owed") == vault.debt_of(fair.debtor) > 0
    owed = index.rows(holdings, account=low(fair.debtor), kind="owed")
    assert owed[-1].change == -1_000
    # Who spends from a purse takes from it, and what was free of a replaced account is the other's.
    spent = index.one(events, name="Spent")
    taken = index.one(holdings, block=spent.block, log=spent.log, account=low(purse_account(Purse.COMMON_FUND)))
    assert taken.change == -7_000
    assert index.held(fair.replaced, "free") == 0
    assert index.held(fair.replacement, "free") == vault.account_of(fair.replacement).free == MONEY - 700
    assert index.held(fair.replacement, "token") == 700
    for name in ("Auction", "Tenders", "Imbalance", "EnergyPackages", "Supplies"):
        module = fair.market.deployment.address(name)
        assert index.held(module, "locked") == vault.module_of(module).locked
    assert index.held(fair.buyer, "unit", fair.unit) == 200 and index.held(fair.seller, "unit", fair.unit) == 600
    assert index.held(fair.seller, "points") == fair.market.power_points.balance_of(fair.seller)
    issued = next(row for row in index.rows(events, name="Issued") if row.args["reason"] == REASON)
    assert issued.args["amounts"] == [str(10**19), str(10**18)]


def test_each_change_follows_the_one_before(index: Index):
    found: dict[tuple[str, str, int], int] = {}
    with index.database.reading() as connection:
        order = holdings.c.block, holdings.c.log, holdings.c.part
        for row in connection.execute(select(holdings).order_by(*order)):
            key = row.account, row.kind, row.item
            assert row.change and row.after == found.get(key, 0) + row.change >= 0
            found[key] = row.after


def test_subjects(index: Index):
    fair = index.fair
    found = {(row.block, row.log) for row in index.rows(subjects, kind="account", subject=low(fair.debtor))}
    told = {(row.block, row.log) for row in index.rows(events) if low(fair.debtor) in json.dumps(row.args)}
    assert told <= found
    contracts = {low(one.address) for one in fair.market.deployment.contracts.values()}
    assert not contracts & {row.subject for row in index.rows(subjects, kind="account")}


# -------------------------------------------------------------------------------------------- what should not happen


def apply_to(database: Database, fair: Fair, event: Event) -> None:
    contracts = {low(one.address): name for name, one in fair.market.deployment.contracts.items()}
    with database.writing() as connection:
        apply(Writing(connection, Known(), 31_337, contracts), [_Only(event)])


@dataclass
class _Only:
    event: Event


KEY = "0x" + "77" * 32
STRANGE = {
    "an order that was never committed": (
        (
            "Auction",
            "OrderSlashed",
            {"book": KEY, "trader": "0x" + "11" * 20, "number": 1, "keeper": None, "bond": "1"},
        ),
        r"Auction.OrderSlashed: what it tells of in orders, book 0x77.*, is not there",
    ),
    "a book that was opened nowhere": (
        ("Clearing", "OutcomeFound", {"book": KEY, "proposal": [], "outcome": []}),
        r"Clearing.OutcomeFound: the terms of the book 0x77.* were never told",
    ),
    "more than there is": (
        ("Vault", "Withdrawn", {"account": "0x" + "11" * 20, "to": "0x" + "11" * 20, "amount": "5"}),
        r"Vault.Withdrawn: it leaves 0x1111.* with -5 of free 0",
    ),
    "a replaced account of nobody": (
        (
            "Membership",
            "RecoveryCompleted",
            {"account": "0x" + "11" * 20, "replacement": "0x" + "22" * 20, "member": 1},
        ),
        "was replaced, of which nothing was told before",
    ),
    "no zone": (
        ("DirectSale", "Sold", {"tradeId": KEY, "sale": {"carrier": 0, "zone": 9, "slotStart": 0}, "margin": "0"}),
        "DirectSale.Sold: the zone 9 was never told",
    ),
    "an argument that is missing": (("Vault", "Locked", {}), r"Vault.Locked is not as expected \(KeyError: 'amount'\)"),
    "a device twice": (
        ("Tariffs", "TariffPublished", {"version": 1, "provider": "0x" + "11" * 20, "tariff": {}}),
        "blocks 999 to 999 tell of what cannot be: .*(UNIQUE|duplicate)",
    ),
}


@pytest.mark.parametrize("what", STRANGE)
def test_what_no_rule_expects(what, fair: Fair, database: Database):
    """It says what, and where; nothing is written."""
    Follower(fair.market, database).catch_up()
    (contract, name, args), word = STRANGE[what]
    with database.reading() as connection:
        before = {table: len(list(connection.execute(select(rows)))) for table, rows in facts.tables.items()}
    with pytest.raises(IndexingError, match=word):
        apply_to(database, fair, Event(999, 5, KEY, contract, name, args))
    with database.reading() as connection:
        assert before == {table: len(list(connection.execute(select(rows)))) for table, rows in facts.tables.items()}


def test_a_group_is_filled_once(fair: Fair, database: Database):
    Follower(fair.market, database).catch_up()
    args = {"version": fair.tariffs[1], "by": "0x" + "11" * 20}
    with pytest.raises(
        IndexingError, match=rf"in tariffs, version {fair.tariffs[1]}, was told of in block \d+ already"
    ):
        apply_to(database, fair, Event(999, 5, KEY, "Tariffs", "TariffWithdrawn", args))


def test_the_greatest_numbers_that_a_root_can_have(fair: Fair, database: Database):
    """Nothing keeps attesters from putting their names to them."""
    greatest = {"zone": 2**16 - 1, "time": 2**40 - 1, "version": 2**8 - 2, "size": 2**32 - 1}
    args = {**greatest, "root": KEY, "dataHash": KEY, "devices": [], "signers": []}
    apply_to(database, fair, Event(999, 5, KEY, "Readings", "RootPosted", args))
    with database.reading() as connection:
        assert connection.execute(select(*(roots.c[name] for name in greatest))).one()._asdict() == greatest
