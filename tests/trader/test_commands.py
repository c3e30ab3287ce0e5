"""`wattbook trader` as its users meet it."""

import json
from pathlib import Path

import pytest

from wattbook.contracts.structs import SealedOrder, SignedCommit, SizeClass
from wattbook.trader.orders import read_wishes
from wattbook.trader.records import State

EXAMPLE = Path(__file__).parents[2] / "examples" / "orders.toml"
ORDER = ("buy", "--zone", "park", "--wh", "1000", "--price", "400")


@pytest.fixture
def book(park):
    """A book that takes commitments, so that it is the next one."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    return book


def lines(done):
    assert (done.status, done.err) == (0, "")
    return done.out.splitlines()


def test_place_and_list(desk, book):
    placed = lines(desk.command("place", *ORDER, "--name", "laundry"))
    about = f"buy 1000 Wh at 400 mPT/kWh, electricity in park, slot {book.slot_start}"
    assert placed[0] == f"order 1, committed: {about}"
    assert [line.split()[1] for line in placed[1:3]] == ["committing:", "committed:"]
    assert placed[-1].startswith("keep `wattbook trader run` running")
    assert lines(desk.command("list")) == [f"order 1, committed: {about}"]


def test_place_and_list_as_json(park, desk, book):
    placed = json.loads(desk.command("place", *ORDER, "--size", "large", "--json").out)
    [listed] = json.loads(desk.command("list", "--json").out)
    assert placed == listed
    assert placed["book"] == "0x" + book.key.hex()
    expected = {"id": 1, "state": "committed", "number": 0, "wh": 1000, "price": 400, "size_class": "large"}
    assert expected.items() <= placed.items()
    [entry] = desk.journal().entries()
    assert entry.salt.hex() not in json.dumps(placed), "salts stay in the journal"


def test_a_list_without_orders(desk):
    desk.journal().close()
    assert lines(desk.command("list", rpc="http://127.0.0.1:9")) == ["no orders"]


def test_place_for_a_relayer(park, desk, book):
    signed = json.loads(desk.command("place", *ORDER, "--relayed", "--json").out)["signed"]
    assert park.committed(book, park.buyer) == []
    order = SealedOrder(signed["trader"], SizeClass(signed["sizeClass"]), signed["number"], word(signed["seal"]))
    commit = SignedCommit(order, word(signed["r"]), word(signed["vs"]))
    park.market.auction.commit_for(book.key, [commit], sender=park.seller)
    assert desk.command("run", "--once").status == 0
    assert [entry.state for entry in desk.journal().entries()] == [State.COMMITTED]


def word(text):
    return bytes.fromhex(text.removeprefix("0x"))


def test_the_example(park, desk, book):
    wishes = read_wishes(EXAMPLE)
    assert [wish.name for wish in wishes] == ["hotel laundry", "roof at noon", "a decoy"]
    daemon = desk.run("--orders", str(EXAMPLE), "--once")
    daemon.end()
    assert daemon.whats()[:3] == ["sealed", "sealed", "sealed"]
    [laundry, roof, decoy] = desk.journal().entries()
    assert (laundry.book, decoy.book) == (book, book)
    assert roof.slot_start == 1_813_550_400


@pytest.mark.parametrize(
    "arguments",
    [
        ["place"],
        ["place", "lend", *ORDER[1:]],
        ["place", "buy", "--zone", "park", "--wh", "1000"],
        ["place", *ORDER, "--wh", "50"],
        ["place", *ORDER, "--wh", "10000001"],
        ["place", *ORDER, "--price", "65536"],
        ["place", *ORDER, "--price", "0.4"],
        ["place", *ORDER, "--device", "3"],
        ["place", "sell", *ORDER[1:]],
        ["place", *ORDER, "--size", "tiny"],
        ["place", *ORDER, "--wh", "20000", "--size", "small"],
        ["place", *ORDER, "--slot", "soon"],
        ["place", *ORDER, "--slot", "2027-01-01T00:00:00"],
        ["place", *ORDER, "--carrier", "steam"],
        ["run", "--every", "0"],
        ["run", "now"],
    ],
    ids=" ".join,
)
def test_bad_usage(desk, arguments):
    done = desk.command(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("wattbook: ") and done.err.count("\n") == 1
    assert not desk.journal_path.exists()


def complaint(done):
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("wattbook: ") and done.err.count("\n") == 1
    return done.err.removeprefix("wattbook: ").removesuffix("\n")


def test_no_account(park, desk):
    desk.key = ()
    expected = "who sends it? name a --keystore, or on a local chain a known --account"
    assert complaint(desk.command("place", *ORDER)) == expected
    desk.key = ("--account", "mine")
    assert complaint(desk.command("place", *ORDER)) == "mine is no account of the test mnemonic; give its number"


def test_no_node(desk):
    expected = "no node answers at http://127.0.0.1:9 (ConnectionError); is the chain running?"
    assert complaint(desk.command("run", rpc="http://127.0.0.1:9")) == expected


def test_no_journal(desk):
    assert complaint(desk.command("list")) == f"there is no journal {desk.journal_path}"


def test_a_slot_that_is_over(park, desk):
    book, phases = park.next_book()
    park.go_to(phases.reveals_at)
    expected = f"no orders are taken any more for the slot at {book.slot_start}: they were until {phases.reveals_at}"
    assert complaint(desk.command("place", *ORDER, "--slot", str(book.slot_start))) == expected
    assert desk.journal().entries() == []


def test_a_name_twice(desk, book):
    lines(desk.command("place", *ORDER, "--name", "laundry"))
    assert complaint(desk.command("place", *ORDER, "--name", "laundry")) == "an order called laundry was placed already"


def test_a_journal_of_another(park, desk, book):
    lines(desk.command("place", *ORDER))
    desk.key = ("--account", "12")
    assert f"is of {park.buyer.address} on chain 31337" in complaint(desk.command("place", *ORDER))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders = 3", "is not a list of orders, each beginning with [[orders]]"),
        ("[[orders]]\nname = 'x'", "order 1 has no price"),
        ("[[orders", "Expected ']]'"),
        ("{good}\n{good}", "two orders have the same name"),
        ("{good}\ncolour = 1", "order 1 has an unknown field colour"),
        ("{good}\nsize = 'tiny'", "order 1: size is one of small, medium, large, huge, not 'tiny'"),
        ("{bad}", "order 1: wh must be a whole number, not '9'"),
    ],
)
def test_files_of_orders_that_cannot_be_read(desk, text, expected):
    good = "[[orders]]\nname = 'x'\nzone = 'park'\nslot = 'next'\nside = 'buy'\nprice = 1\nwh = 900"
    file = desk.folder / "orders.toml"
    file.write_text(text.replace("{good}", good).replace("{bad}", good.replace("900", "'9'")))
    assert expected in complaint(desk.command("run", "--orders", str(file)))
    assert not desk.journal_path.exists()
