"""The daemon as a process: beside another one, without disk, without node, with a clock that is wrong."""

import json
import resource
import signal

import pytest
from eth_account import Account

from tests.trader.park import Desk, Park
from tests.trader.test_kill import until
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.trader.records import State


@pytest.fixture
def day(park, desk):
    """A book that takes commitments, and a file with one order for it."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    return book, phases, desk.orders(book, 1_000, 400)


def placing(book):
    """The words that place a small order."""
    return ["place", "buy", "--zone", "park", "--slot", str(book.slot_start), "--wh", "500", "--price", "1"]


def complaint(daemon):
    """The one line with which it ended."""
    assert daemon.end() == 1
    [line] = daemon.output.splitlines()[-1:]
    assert line.startswith("wattbook: ") and "Traceback" not in daemon.output
    return line.removeprefix("wattbook: ")


def test_a_second_one(desk, day):
    first = desk.run()
    first.wait_for("running")
    second = desk.run()
    assert complaint(second) == f"{desk.journal_path} is in use by another trader; one at a time can send"
    assert second.said == []
    assert first.process.poll() is None
    # What was killed holds nothing.
    first.kill()
    desk.run().wait_for("running")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_clean_end(desk, day, number):
    daemon = desk.run("--orders", str(day[2]))
    daemon.wait_for("committed")
    daemon.process.send_signal(number)
    assert daemon.end() == 0
    assert daemon.whats()[-1] == "stopped"


def test_a_file_read_twice(park, desk, day):
    """An order of a name is placed once, also when the file is read again."""
    book, _, file = day
    for _ in range(2):
        desk.run("--orders", str(file), "--once").end()
    desk.run("--once").end()
    assert len(park.committed(book, park.buyer)) == 1
    assert [entry.state for entry in desk.journal().entries()] == [State.COMMITTED]


def test_an_order_that_cannot_be_placed(park, desk, day):
    """It is told, and does not keep the others from being revealed."""
    _, phases, file = day
    desk.run("--orders", str(file), "--once").end()
    late = desk.orders(park.next_book()[0], 1_000, 400, "late")
    late.write_text(late.read_text().replace('zone = "park"', 'zone = "moon"'))
    park.go_to(phases.reveals_at)
    daemon = desk.run("--orders", str(late))
    assert "late is not placed: UnknownZone" in str(daemon.wait_for("refused")["text"])
    daemon.wait_for("revealing")


def test_an_order_placed_beside_it(park, desk, day):
    book, _, _ = day
    daemon = desk.run()
    daemon.wait_for("running")
    placed = desk.command(*placing(book))
    assert (placed.status, placed.err) == (0, "")
    assert "the trader that is running will commit it" in placed.out
    daemon.wait_for("committed")
    assert len(park.committed(book, park.buyer)) == 1


def limit(daemon, size):
    """From now on the process finds no room for files beyond this size."""
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_before_an_order(park, desk, day, wire):
    """An order that cannot be written down is not sent."""
    book, phases, _ = day
    daemon = desk.run(rpc=wire.url)
    daemon.wait_for("running")
    desk.command(*placing(book))
    daemon.wait_for("committed")
    wire.transactions.clear()
    limit(daemon, 4_096)
    desk.command(*placing(book))
    assert "cannot be written" in str(daemon.wait_for("trouble")["text"])
    assert wire.transactions == []
    assert len(park.committed(book, park.buyer)) == 1
    # What it cannot write down it reveals all the same: that is worth a bond, and cannot be done twice.
    park.go_to(phases.reveals_at)
    until(lambda: wire.transactions)
    until(lambda: park.market.auction.group_of(book.key, 0) & 1)
    daemon.kill()
    restarted = desk.run()
    restarted.wait_for("revealed")
    restarted.wait_for("expired")
    assert [entry.state for entry in desk.journal().entries()] == [State.REVEALED, State.EXPIRED]


def test_a_full_disk_from_the_start(park, desk, day):
    book, _, _ = day
    before = park.chain.nonce_of(park.buyer)
    desk.journal()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        placed = desk.command(*placing(book))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert placed.status == 1
    assert placed.err.startswith(f"wattbook: {desk.journal_path} cannot be written: ")
    assert placed.err.count("\n") == 1
    assert park.chain.nonce_of(park.buyer) == before
    assert desk.journal().entries() == []


def test_a_node_that_comes_back(park, desk, day, wire):
    """While it is gone the trader says what there is to lose; when it is back he goes on."""
    _, phases, file = day
    daemon = desk.run("--orders", str(file), rpc=wire.url)
    daemon.wait_for("committed")
    wire.lost = "everything"
    trouble = str(daemon.wait_for("trouble")["text"])
    assert f"the next of 1 orders is to be revealed before {phases.clears_at}" in trouble
    park.go_to(phases.reveals_at)
    wire.lost = None
    daemon.wait_for("back")
    daemon.wait_for("revealed")


def test_a_node_that_comes_back_as_another(desk, day, wire):
    """Its chain has the same number, and another first block."""
    daemon = desk.run("--orders", str(day[2]), rpc=wire.url)
    daemon.wait_for("committed")
    with Anvil("--timestamp", "1700000000") as other:
        wire.lost = "everything"
        daemon.wait_for("trouble")
        wire.node = str(other.web3.provider.endpoint_uri)
        wire.lost = None
        assert "is for another chain 31337: its first block is" in complaint(daemon)
        assert other.nonce_of(known_account(desk.account)) == 0


def test_another_chain(desk, day):
    with Anvil("--chain-id", "1337") as other:
        daemon = desk.run(rpc=str(other.web3.provider.endpoint_uri))
        assert complaint(daemon) == f"{desk.park.deployment} is for chain 31337, the node serves 1337"
    assert not desk.journal_path.exists()


def test_a_missed_reveal(park, desk, day):
    """It is told as it is, by the daemon and by the list."""
    _, phases, file = day
    desk.run("--orders", str(file), "--once").end()
    desk.run("--once").end()
    park.go_to(phases.clears_at)
    daemon = desk.run()
    text = str(daemon.wait_for("missed")["text"])
    assert text.startswith(f"was not revealed before {phases.clears_at} and takes no part; its bond of 0.25 PT can be")
    [listed] = json.loads(desk.command("list", "--json").out)
    assert listed["state"] == "missed"


def test_a_clock_that_is_years_off(tmp_path):
    """A chain of its own number with blocks of its own, a keystore, and a machine whose clock is years ahead of the
    chain's: only the chain's counts."""
    keystore = tmp_path / "trader.json"
    options = ("--chain-id", "20260", "--timestamp", "1500000000", "--accounts", "20")
    with Anvil(*options) as chain:
        park = Park(chain, tmp_path)
        keystore.write_text(json.dumps(Account.encrypt(park.buyer.key, "a password", iterations=2)))
        book, phases = park.next_book()
        park.open(book)
        desk = Desk(park, tmp_path)
        desk.key = ("--keystore", str(keystore))
        password = {"WATTBOOK_PASSWORD": "a password"}
        daemon = desk.run("--orders", str(desk.orders(book, 1_000, 400)), environment=password)
        try:
            # How long a program takes to start says nothing of its clock.
            daemon.wait_for("running")
            park.go_to(phases.opens_at - 5)
            park.ask("evm_setIntervalMining", 1)
            committed = daemon.wait_for("committed")
            assert phases.opens_at <= committed["time"] < phases.opens_at + 60
            park.ask("evm_setIntervalMining", 0)
            park.go_to(phases.reveals_at - 5)
            park.ask("evm_setIntervalMining", 1)
            assert int(daemon.wait_for("revealed")["time"]) >= phases.reveals_at
            assert daemon.whats().count("refused") == 0, "nothing was tried before its time"
            assert daemon.stop() == 0
        finally:
            desk.clear_up()
