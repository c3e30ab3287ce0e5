"""Blocks that are undone while the chain is followed: the index is as if they had never been."""

import random
import time
from threading import Event, Thread

import pytest
from sqlalchemy import select

from frontend_api.database.database import Database
from frontend_api.database.tables import GROUPS, facts, holdings, progress
from frontend_api.index.audit import audit
from frontend_api.index.following import Follower
from frontend_api.index.place import KEPT
from tests.frontend.index.comparing import assert_same, fresh, rows_of
from tests.frontend.market import ANVIL, Fair
from wattbook.deployment.anvil import PlainAnvil
from wattbook.trial.blocks import Blocks
from wattbook.trial.books import Run, Running
from wattbook.trial.clearing import given_by

REORGANISATIONS, DEEPEST = 5, 5


@pytest.fixture(scope="module")
def wild(tmp_path_factory):
    """A market of these tests' own."""
    with PlainAnvil(*ANVIL) as chain:
        yield Fair(chain, tmp_path_factory.mktemp("wild"))


def place_of(database: Database) -> tuple[int, str]:
    with database.reading() as connection:
        return tuple(connection.execute(select(progress.c.indexed, progress.c.indexed_hash)).one())


def wait_until_there(fair: Fair, databases: list[Database]) -> None:
    """Until followers have the newest block."""
    deadline = time.monotonic() + 30
    newest = fair.chain.web3.eth.get_block("latest")
    there = int(newest["number"]), "0x" + bytes(newest["hash"]).hex()
    while any(place_of(database) != there for database in databases):
        assert time.monotonic() < deadline, [place_of(database) for database in databases]
        time.sleep(0.02)


def take_back(fair: Fair, depth: int) -> None:
    """The last blocks are empty now, and what was in them is nowhere."""
    fair.ask("anvil_reorg", depth, [])
    fair.blocks = fair.park.blocks = Blocks(fair.chain)


def live(fair: Fair, luck: random.Random) -> None:
    """A book from its opening to the end, and money that changes hands meanwhile."""
    orders_ = [
        {"id": place, "side": luck.choice("BS"), "qty": luck.randint(100, 5_000), "price": luck.randint(300, 600)}
        for place in range(4)
    ]
    given = given_by(fair.park, {"rule": "uniform", "orders": orders_, "kBps": 5_000})
    running = Running(fair.park, given, Run(fair.park.next_book()))
    running.prepare()
    trader = fair.park.traders[5]
    for step in (running.commit, lambda: running.reveal(2), running.clear, running.settle):
        step()
        if luck.random() < 0.5:
            fair.does(trader, fair.market.power_token, "transfer", fair.park.traders[6], 0)
            fair.does(trader, fair.market.vault, "withdraw", luck.randint(1, 1_000))


def test_random_reorganisations_during_live_traffic(wild: Fair, tmp_path, postgres):
    luck = random.Random(20261122)
    places = [str(tmp_path / "index.db"), postgres.new_url()]
    databases = [Database(where) for where in places]
    stop = Event()
    threads = [
        Thread(target=Follower(wild.market, database).run, args=(stop, 0.02), daemon=True) for database in databases
    ]
    for thread in threads:
        thread.start()
    try:
        depths = [luck.randint(1, DEEPEST) for _ in range(REORGANISATIONS)]
        for depth in depths:
            live(wild, luck)
            wait_until_there(wild, databases)
            take_back(wild, depth)
            wild.blocks.mine([])
        live(wild, luck)
        wait_until_there(wild, databases)
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    expected = fresh(wild.market, str(tmp_path / "fresh.db"))
    for database in databases:
        assert_same(rows_of(database), expected)
        with database.reading() as connection:
            row = connection.execute(select(progress)).one()
        assert (row.reorganisations, row.deepest, row.trouble) == (REORGANISATIONS, max(depths), None)
        database.close()


def test_groups_are_emptied_and_rows_deleted(wild: Fair, database: Database):
    """Of a book that was committed to, revealed and cleared, block by block back to nothing."""
    follower = Follower(wild.market, database)
    given = given_by(
        wild.park,
        {"rule": "uniform", "orders": [{"id": 0, "side": "B", "qty": 500, "price": 400}], "kBps": 5_000},
    )
    running = Running(wild.park, given, Run(wild.park.next_book()))
    running.prepare()
    follower.catch_up()
    states = [rows_of(database)]
    for step in (running.commit, lambda: running.reveal(1), running.clear, running.settle):
        step()
        follower.catch_up()
        states.append(rows_of(database))
    for before in reversed(states[:-1]):
        wild.ask("anvil_rollback", 1)
        wild.blocks = wild.park.blocks = Blocks(wild.chain)
        wild.ask("evm_increaseTime", 7)
        wild.blocks.mine([])
        wild.ask("anvil_rollback", 1)
        # Shorter than what is indexed: it may only lag.
        assert follower.catch_up().undone == 0
        wild.blocks.mine([])
        follower.catch_up()
        now = rows_of(database)
        for name in set(facts.tables) - {"blocks", "headers"}:
            assert now[name] == before[name], name
        wild.ask("anvil_rollback", 1)


def test_a_chain_that_is_shorter_afterwards(wild: Fair, database: Database, path: str):
    """The blocks that are kept are the last of the chain, also of those that were let go of before."""
    follower = Follower(wild.market, database)
    for _ in range(8):
        wild.blocks.mine([])
    follower.catch_up()
    wild.ask("anvil_rollback", 7)
    wild.blocks = wild.park.blocks = Blocks(wild.chain)
    wild.does(wild.park.traders[9], wild.market.vault, "withdraw", 5)
    assert follower.catch_up().is_there
    assert_same(rows_of(database), fresh(wild.market, path))


def test_deeper_than_what_is_kept(wild: Fair, tmp_path, path: str):
    """By the hashes of blocks with events. So many blocks take the node a while: into one kind of database only."""
    database = Database(str(tmp_path / "index.db"))
    follower = Follower(wild.market, database)
    follower.catch_up()
    before = wild.ask("evm_snapshot")
    trader = wild.park.traders[7]
    wild.does(trader, wild.market.vault, "withdraw", 11)
    wild.ask("anvil_mine", hex(KEPT + 40))
    wild.does(trader, wild.market.vault, "withdraw", 12)
    follower.catch_up()
    assert wild.ask("evm_revert", before)
    wild.blocks = wild.park.blocks = Blocks(wild.chain)
    wild.does(trader, wild.market.vault, "withdraw", 13)
    wild.ask("anvil_mine", hex(KEPT + 50))
    follower.catch_up()
    with database.reading() as connection:
        assert connection.execute(select(progress.c.deepest)).scalar_one() > KEPT
        newest = select(holdings.c.change).where(holdings.c.account == trader.lower(), holdings.c.kind == "free")
        changes = connection.execute(newest.order_by(holdings.c.block)).scalars().all()
    assert changes[-1] == -13
    assert_same(rows_of(database), fresh(wild.market, path))
    database.close()


def test_what_is_known_of_gone_blocks_is_forgotten(wild: Fair, database: Database, path: str):
    """A balance that was reckoned on a gone one would go on being wrong."""
    follower = Follower(wild.market, database)
    follower.catch_up()
    trader = wild.park.traders[8]
    for amount in (100, 10, 1):
        wild.does(trader, wild.market.vault, "withdraw", amount)
        follower.catch_up()
        take_back(wild, 1)
        wild.does(trader, wild.market.vault, "withdraw", amount + 1)
        follower.catch_up()
    assert audit(wild.market, database).differences == ()
    assert_same(rows_of(database), fresh(wild.market, path))


def test_every_group_is_led_by_its_block():
    """What empties groups knows them all."""
    for name, groups in GROUPS.items():
        filled = {column for columns in groups.values() for column in columns}
        left = [column for column in facts.tables[name].c if column.nullable and not column.primary_key]
        assert {column.name for column in left} == filled, name
