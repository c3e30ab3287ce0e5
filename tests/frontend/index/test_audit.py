"""The audit finds whatever is not as the contracts have it, and an index that is made anew is the same."""

import pytest
from sqlalchemy import delete, text, update

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import (
    accounts,
    bills,
    books,
    certificates,
    device_owners,
    devices,
    facts,
    holdings,
    members,
    orders,
    progress,
    quotes,
    roots,
    subscription_holders,
    supplies,
    tariffs,
    tenders,
)
from frontend_api.index.audit import audit
from frontend_api.index.errors import NodeDoubted
from frontend_api.index.following import Follower
from frontend_api.index.rebuilding import rebuild
from tests.frontend.index.comparing import assert_same, rows_of
from tests.frontend.market import Fair


class _Back(Exception):
    """Nothing of what was changed stays."""


class _Changed:
    """An index in which something is changed, to be read before that is undone."""

    def __init__(self, database: Database, connection) -> None:
        self.name, self._connection = database.name, connection

    def reading(self):
        return _Open(self._connection)


class _Open:
    def __init__(self, connection) -> None:
        self._connection = connection

    def __enter__(self):
        return self._connection

    def __exit__(self, *_: object) -> None:
        """It stays open."""


@pytest.fixture(scope="module")
def own(fair: Fair, tmp_path_factory):
    database = Database(str(tmp_path_factory.mktemp("audited") / "index.db"))
    Follower(fair.market, database).catch_up()
    yield database
    database.close()


def differences(fair: Fair, database: Database, changes) -> list[str]:
    """What the audit says after changes, which are undone then."""
    found: list[str] = []
    with pytest.raises(_Back), database.writing() as connection:
        for change in changes:
            connection.execute(change)
        found += [str(one) for one in audit(fair.market, _Changed(database, connection)).differences]
        raise _Back
    return found


def test_all_agree(fair: Fair, indexed: Database):
    found = audit(fair.market, indexed)
    assert found.agrees and found.compared > 200


LAST_BALANCE = "rowid = (SELECT rowid FROM holdings WHERE kind = '{}' ORDER BY block DESC, log DESC, part DESC LIMIT 1)"


CHANGES = [
    (delete(members).where(members.c.member == 3), "the number of members: "),
    (delete(devices).where(devices.c.device == 3), "the number of devices: "),
    (delete(supplies).where(supplies.c.supply == 1), "the number of supplies: 1 in the index, 2 in the contract"),
    (update(accounts).values(member=1).where(accounts.c.member == 4), "whose account 0x"),
    (update(accounts).values(ended_block=1).where(accounts.c.member == 4), "the status of account 0x"),
    (update(books).values(settled_block=None), "the state of book 0x"),
    (update(books).values(ended="cleared"), "the state of book 0x"),
    (delete(orders).where(orders.c.place == 6), "the orders of book 0x"),
    (
        update(orders).values(bond_fate="refunded").where(orders.c.bond_fate == "slashed"),
        "the state of the order 6",
    ),
    (update(orders).values(place=orders.c.place + 1).where(orders.c.place == 6), "the place of the order 7"),
    (update(device_owners).values(owner="0x" + "11" * 20), "the owner of device 1: 0x1111"),
    (update(tenders).values(ended="expired").where(tenders.c.tender == 1), "the state of tender 1: "),
    (update(quotes).values(ended="rejected").where(quotes.c.quote == 2), "the state of quote 2 of tender 1: "),
    (update(supplies).values(ended=None), "the state of supply 1: "),
    (update(certificates).values(ended=None), "the state of certificate 2: "),
    (update(certificates).values(ended="retired"), "Wh in certificates that are held: 0 in the index"),
    (update(tariffs).values(withdrawn_block=None), "whether tariff 2 is withdrawn: False in the index, True in"),
    (update(subscription_holders).values(customer="0x" + "11" * 20), "the customer of subscription 1: "),
    (update(bills).values(withdrawn_block=1), "the bills of month "),
    (update(roots).values(version=7), "when the root of zone 1 "),
    *(
        (text(f"UPDATE holdings SET after = '7' WHERE {LAST_BALANCE.format(kind)}"), said)
        for kind, said in (
            ("token", "token of 0x"),
            ("points", "points of 0x"),
            ("free", "free of 0x"),
            ("locked", "locked of 0x"),
            ("owed", "owed of 0x"),
            ("slice", "slice "),
        )
    ),
    (
        text(f"UPDATE holdings SET after = '1' WHERE {LAST_BALANCE.format('certificate')}"),
        "Wh in certificates of all",
    ),
    (update(holdings).values(account="0x" + "11" * 20).where(holdings.c.kind == "certificate"), "who holds certif"),
    (delete(holdings).where(holdings.c.kind == "token"), "PT of all: 0 in the index"),
    (delete(holdings).where(holdings.c.kind == "points"), "points of all: 0 in the index"),
    (delete(holdings).where(holdings.c.kind == "slice"), "Wh in slices of all: 0 in the index"),
    (delete(holdings).where(holdings.c.kind == "locked"), "PT in the Vault, and what is free and locked there"),
]
# What does not hide what another changes is audited at once.
AT_ONCE = 7


@pytest.mark.parametrize("place", range(AT_ONCE))
def test_what_is_not_so(place, fair: Fair, own: Database):
    chosen = CHANGES[place::AT_ONCE]
    found = differences(fair, own, (change for change, _ in chosen))
    for _, said in chosen:
        assert any(one.startswith(said) for one in found), (said, found)


def test_of_another_chain(fair: Fair, own: Database):
    """A block that the node has not: it would be asked about something else."""
    with pytest.raises(_Back), own.writing() as connection:
        connection.execute(update(progress).values(indexed_hash="0x" + "11" * 32))
        with pytest.raises(NodeDoubted, match=r"the node's block \d+ is not the index's"):
            audit(fair.market, _Changed(own, connection))
        raise _Back


def test_of_an_index_without_blocks(fair: Fair, database: Database):
    with pytest.raises(DatabaseError, match="has no block yet"):
        audit(fair.market, database)


def test_made_anew(fair: Fair, database: Database):
    """Whatever became of the rows, without asking the node."""
    Follower(fair.market, database).catch_up()
    before = rows_of(database)
    with database.writing() as connection:
        for name in set(facts.tables) - {"blocks", "headers", "events"}:
            connection.execute(delete(facts.tables[name]).where(facts.tables[name].c.block % 2 == 0))
    assert rows_of(database) != before
    contracts = {name: one.address for name, one in fair.market.deployment.contracts.items()}
    assert rebuild(database, contracts) == len(before["events"])
    assert_same(rows_of(database), before)


def test_made_anew_of_another_market(fair: Fair, own: Database):
    others = {name: "0x" + f"{place:040x}" for place, name in enumerate(fair.market.deployment.contracts, 1)}
    with pytest.raises(DatabaseError, match="is not the index of this deployment"):
        rebuild(own, others)
