"""Nodes that lag, lie, die and come back, databases that are gone for a while, and who may follow."""

import random
import time
from threading import Event, Thread

import pytest
from sqlalchemy import select, update

from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import progress
from frontend_api.index import following
from frontend_api.index.errors import NodeDoubted
from frontend_api.index.following import Follower
from frontend_api.index.place import KEPT
from tests.frontend.index.comparing import assert_same, fresh, rows_of, through
from wattbook.errors import ChainError


@pytest.fixture
def follower(fair, liar, path):
    """Of an index in a file, through the liar."""
    database = Database(path)
    yield Follower(through(fair.market, liar.url), database)
    database.close()


def rows(follower: Follower):
    return rows_of(follower._database)


@pytest.fixture
def expected(indexed):
    return rows_of(indexed)


def busiest(expected) -> int:
    """A block with several events, near the end."""
    blocks = [row[0] for row in expected["events"]]
    newest = max(blocks)
    return max(set(blocks), key=lambda block: (block > newest - KEPT + 40, blocks.count(block)))


def test_a_node_that_lags(follower, liar, expected):
    """It says that there is nothing yet, and answers an empty list where it has no logs."""
    newest = 40

    def lags(method, parameters, answer):
        if method == "eth_getBlockByNumber":
            if parameters[0] == "latest":
                return blocks.setdefault(newest, answer)
            number = int(parameters[0], 16)
            return answer if number <= newest else None
        return answer

    blocks = {}
    true = follower._node.headers([40, 200])
    for header in true:
        blocks[header.number] = {
            "number": hex(header.number),
            "hash": header.hash,
            "parentHash": header.parent,
            "timestamp": hex(header.time),
        }
    liar.tells = lags
    assert follower.catch_up().block == 40
    newest = 200
    assert follower.catch_up().block == 200
    newest = 40
    assert follower.catch_up().undone == 0
    with follower._database.reading() as connection:
        assert connection.execute(select(progress.c.indexed)).scalar_one() == 200
    liar.tells = lambda method, parameters, answer: answer
    follower.catch_up()
    assert_same(rows(follower), expected)


def of_block(number, change):
    """A lie about the logs of one block."""

    def lie(method, parameters, answer):
        if method == "eth_getLogs":
            return change([one for one in answer if int(one["blockNumber"], 16) == number], answer, number)
        return answer

    return lie


def without(some, answer, number):
    return [one for one in answer if int(one["blockNumber"], 16) != number]


LIES = {
    "none of its logs": (without, "gave 0 logs of block"),
    "not all of its logs": (
        lambda some, answer, _: answer[:-1] if some == answer and some else answer,
        "gave .* logs of",
    ),
    "a log twice": (lambda some, answer, _: answer + some[:1], "gave a log of block .* twice"),
    "of another block": (
        lambda some, answer, _: [{**one, "blockHash": "0x" + "77" * 32} if one in some else one for one in answer],
        "gave a log of block .*77777777.* for block",
    ),
    "that are made up": (
        lambda some, answer, _: [
            {**one, "topics": [one["topics"][0], *(["0x" + "77" * 32] * (len(one["topics"]) - 1))]}
            if one in some
            else one
            for one in answer
        ],
        "that are not in it",
    ),
    "that are none": (lambda some, answer, _: "many" if some else answer, "logs that are none"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_node_that_lies_about_logs(lie, follower, liar, expected):
    change, refusal = LIES[lie]
    number = busiest(expected)
    liar.tells = of_block(number, change)
    with pytest.raises(NodeDoubted, match=refusal):
        follower.catch_up()
    assert all(row[0] < number for row in rows(follower)["events"])
    liar.tells = lambda method, parameters, answer: answer
    follower.catch_up()
    assert_same(rows(follower), expected)


def test_a_node_that_lies_far_from_the_newest_block(follower, liar, expected):
    first = min(row[0] for row in expected["events"])
    for change in (lambda some, answer, _: answer + some[:1], LIES["of another block"][0]):
        liar.tells = of_block(first, change)
        with pytest.raises(NodeDoubted):
            follower.catch_up()
        assert rows(follower)["events"] == []
    liar.tells = lambda method, parameters, answer: answer
    follower.catch_up()
    assert_same(rows(follower), expected)


@pytest.mark.parametrize("kept_back", [20, KEPT + 20])
def test_a_node_that_names_another_block_before(kept_back, follower, liar, expected):
    """What it had said is still there, so nothing was reorganised."""
    number = follower._node.newest().number - kept_back

    def lies(method, parameters, answer):
        if method == "eth_getBlockByNumber" and answer["number"] == hex(number):
            return {**answer, "parentHash": "0x" + "66" * 32}
        return answer

    liar.tells = lies
    with pytest.raises(NodeDoubted, match=f"block {number} names another block before it"):
        while True:
            follower._range = 1
            follower.catch_up()
    with follower._database.reading() as connection:
        row = connection.execute(select(progress)).one()
    assert (row.reorganisations, row.indexed < number) == (0, True)
    liar.tells = lambda method, parameters, answer: answer
    follower.catch_up()
    assert_same(rows(follower), expected)


HEADER = {"number": "0x5", "hash": "0x" + "11" * 32, "parentHash": "0x" + "22" * 32, "timestamp": "0x5"}


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (None, "the node has no blocks"),
        ({}, "a block that is none"),
        ({"number": "five"}, "a block that is none"),
        ([1], "a block that is none"),
        ({**HEADER, "number": "0x8000000000000000"}, "a block that is none"),
        ({**HEADER, "timestamp": "0x8000000000000000"}, "a block that is none"),
        ({**HEADER, "number": "-0x5"}, "a block that is none"),
    ],
)
def test_a_node_that_answers_nonsense(answer, refusal, follower, liar):
    liar.tells = lambda method, parameters, _: answer if method == "eth_getBlockByNumber" else _
    with pytest.raises(NodeDoubted, match=refusal):
        follower.catch_up()


def test_a_node_that_refuses_without_a_word(follower, liar):
    liar.retold = lambda asked, _: {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32000}}
    with pytest.raises(ChainError, match="the node"):
        follower.catch_up()


def test_a_node_that_takes_no_long_ranges(follower, liar, expected, monkeypatch):
    """Each by limits of its own: what is refused is asked for in halves."""

    def short(asked, answered):
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs" and "fromBlock" in asked["params"][0]:
            first, last = (int(asked["params"][0][name], 16) for name in ("fromBlock", "toBlock"))
            ranges.append(last - first + 1)
            if ranges[-1] > 5:
                return {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32005, "message": "too much"}}
        return retold(asked, answered)

    ranges, retold = [], liar.retold
    liar.retold = short
    follower.catch_up()
    assert max(ranges) > 5 and sum(size for size in ranges if size <= 5) == follower._node.newest().number - KEPT
    assert_same(rows(follower), expected)


def test_ranges_grow_when_answers_are_quick(follower, monkeypatch):
    monkeypatch.setattr(following, "_FIRST_RANGE", 1)
    follower._range = 1
    follower.catch_up()
    assert follower._range > 16


def test_a_node_that_dies_and_comes_back(follower, liar, expected):
    """Meanwhile it is written down since when nothing is heard, and why."""

    def until(condition):
        deadline = time.monotonic() + 20
        while True:
            with database.reading() as connection:
                row = connection.execute(select(progress)).one()
            if condition(row):
                return row
            assert time.monotonic() < deadline, row
            time.sleep(0.02)

    database, stop = follower._database, Event()
    liar.silent = True
    thread = Thread(target=follower.run, args=(stop, 0.05))
    thread.start()
    try:
        until(lambda row: row.trouble)
        liar.silent = False
        until(lambda row: row.indexed == row.head)
        liar.silent = True
        row = until(lambda row: row.trouble)
        assert "the node does not answer any more" in row.trouble
        assert abs(row.heard_at - time.time()) < 60
        liar.silent = False
        until(lambda row: row.trouble is None)
    finally:
        stop.set()
        thread.join(20)
    assert_same(rows(follower), expected)


def test_a_database_that_is_gone_for_a_while(fair, liar, postgres, expected):
    database, stop = Database(postgres.new_url()), Event()
    liar.delay = 0.02
    thread = Thread(target=Follower(through(fair.market, liar.url), database).run, args=(stop, 0.05))
    thread.start()
    try:
        time.sleep(random.uniform(0.1, 0.5))
        postgres.stop()
        time.sleep(0.2)
        postgres.start()
        deadline = time.monotonic() + 40
        while True:
            assert time.monotonic() < deadline
            try:
                with database.reading() as connection:
                    row = connection.execute(select(progress)).one()
                if row.indexed == row.head:
                    break
            except DatabaseError:
                pass
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(20)
    assert_same(rows_of(database), expected)
    database.close()


def test_an_index_of_another_market(fair, follower, path):
    follower.catch_up()
    for column, value in (("chain_id", 1), ("genesis", "0x" + "11" * 32), ("market", "0x" + "22" * 20)):
        with follower._database.writing() as connection:
            was = connection.execute(select(progress.c[column])).scalar_one()
            connection.execute(update(progress).values({column: value}))
        with pytest.raises(DatabaseError, match=r"is the index of 0x\w+ on chain \d+ .*; this is 0x\w+ on chain 31337"):
            Follower(fair.market, follower._database)
        with follower._database.writing() as connection:
            connection.execute(update(progress).values({column: was}))
    Follower(fair.market, follower._database)


def test_a_second_follower_waits(fair, where):
    one, other = Database(where), Database(where)
    first, second = Follower(fair.market, one), Follower(fair.market, other)
    stop = Event()
    thread = Thread(target=first.run, args=(stop, 0.05))
    thread.start()
    try:
        while not first._lock:
            time.sleep(0.01)
        with pytest.raises(DatabaseError, match="another process follows the chain"):
            second.catch_up()
    finally:
        stop.set()
        thread.join(20)
    assert second.catch_up().is_there
    one.close()
    other.close()


def test_whoever_lost_the_right_writes_nothing(fair, path):
    """Two who both think that they may: the one who is behind is refused, and nothing is there twice."""
    databases = [Database(path), Database(path)]
    slow, quick = (Follower(fair.market, database) for database in databases)

    class Right:
        def check(self) -> None:
            """It was had."""

    slow._lock = quick._lock = Right()
    place = slow._store.place()
    head = slow._node.newest()
    quick.step()
    with pytest.raises(DatabaseError, match=r"another process wrote to .* meanwhile; one at a time can"):
        slow._reach(place, head)
    while not slow.step().is_there:
        pass
    assert_same(rows_of(databases[0]), fresh(fair.market, path + ".other"))
    for database in databases:
        database.close()


def test_nobody_writes_without_the_right(follower):
    with pytest.raises(DatabaseError, match="nobody holds the right to write"):
        follower.step()


def test_no_node_at_all(fair, path, liar):
    liar.silent = True
    with pytest.raises(ChainError):
        through(fair.market, liar.url)
