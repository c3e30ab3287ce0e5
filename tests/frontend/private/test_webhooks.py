"""Events come to whoever asked for them: all, in their sequence, signed, to public places, as long as he may know."""

import hmac
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
from sqlalchemy import insert, select

from frontend_api.api.access import viewer_of
from frontend_api.api.shapes.events import Which
from frontend_api.database.database import Database
from frontend_api.database.tables import accounts, events, subjects
from frontend_api.index.following import Follower
from frontend_api.settings import WebhookPolicy
from frontend_api.webhooks import caller as calling
from frontend_api.webhooks.addresses import AddressRefused, resolved, target_of
from frontend_api.webhooks.caller import Caller
from frontend_api.webhooks.hooks import END_OF_BLOCK, HookRefused, Hooks
from tests.frontend.private.receiver import Receiver

OPEN = WebhookPolicy(plain_http=True, private_networks=True)
CLOSED = WebhookPolicy()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


class Post:
    """Hooks of an index of their own, called when the test says so."""

    def __init__(self, fair, database: Database) -> None:
        self.fair, self.database = fair, database
        self.follower = Follower(fair.market, database)
        self.hooks = Hooks(database)
        self.now = int(time.time())
        self.caller = Caller(database, OPEN, clock=lambda: self.now)

    def hook(self, account: str, url: str, which: Which | None = None, *, from_start: bool = True) -> int:
        with self.database.reading() as connection:
            viewer = viewer_of(connection, account)
        made = self.hooks.make(viewer, url, which or Which(), self.now)
        if from_start:
            self.hooks.note(made, block=-1, log=END_OF_BLOCK, marks=())
        return made.id

    def call(self, number: int) -> None:
        self.caller.turn(number)

    def call_until_told(self, number: int) -> None:
        """A turn is over after a while, whatever is left."""
        before = None
        while (hook := self.hooks.find(number)) != before:
            before = hook
            self.call(number)


@pytest.fixture
def post(fair, tmp_path):
    database = Database(str(tmp_path / "index.db"))
    post = Post(fair, database)
    post.follower.catch_up()
    yield post
    database.close()


def places(receiver: Receiver) -> list[tuple[int, int]]:
    return [(one["event"]["block"], one["event"]["log"]) for one in receiver.bodies if "event" in one]


def test_all_in_their_sequence(post, fair, keys, receiver):
    number = post.hook(keys["operator"].address, receiver.url)
    post.call_until_told(number)
    with post.database.reading() as connection:
        wanted = connection.execute(select(events.c.block, events.c.log).order_by(events.c.block, events.c.log)).all()
    assert places(receiver) == [tuple(row) for row in wanted]
    post.call(number)
    assert len(receiver.got) == len(wanted)


def test_signed(post, keys, receiver):
    number = post.hook(keys["owner"].address, receiver.url, Which("Auction", "BookExcused"))
    post.call(number)
    [(headers, body)] = receiver.got
    stamp, mac = (part.split("=", 1)[1] for part in headers["X-Wattbook-Signature"].split(","))
    secret = post.hooks.find(number).secret
    assert hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest() == mac
    assert int(stamp) == post.now and headers["Content-Type"] == "application/json"


def test_what_is_not_taken_comes_again_later_and_later(post, keys, receiver):
    number = post.hook(keys["owner"].address, receiver.url, Which("Membership"))
    receiver.answers = [200, 500, 404, 302, 200]
    waits = []
    for failures in (1, 2, 3):
        post.call(number)
        hook = post.hooks.find(number)
        assert hook.failures == failures and len(receiver.got) == 1
        waits.append(hook.try_at - post.now)
        assert str(hook.trouble).startswith("it answers")
    assert waits == [2, 4, 8]
    post.call(number)
    hook = post.hooks.find(number)
    found = places(receiver)
    assert (hook.failures, hook.trouble) == (0, None) and found == sorted(set(found)) and len(found) > 10


def test_nobody_there(post, keys, receiver):
    number = post.hook(keys["owner"].address, receiver.url)
    receiver.close()
    for _ in range(12):
        post.call(number)
    hook = post.hooks.find(number)
    assert hook.failures == 12 and hook.try_at - post.now == 3_600 and "does not answer" in hook.trouble
    post.hooks.note(hook, failures=179)
    post.call(number)
    assert post.hooks.find(number).stopped


@contextmanager
def answering(*parts: bytes, every: float = 0) -> Iterator[tuple[str, list[int]]]:
    """A server's URL, and how many connections it had. It answers the parts, the last for ever again if `every` so many
    seconds one comes."""
    listening, connections = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            connections.append(1)
            Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while connection.recv(65_536):
                for part in parts:
                    connection.sendall(part)
                while every:
                    time.sleep(every)
                    connection.sendall(parts[-1])

    def begin() -> None:
        with suppress(OSError):
            serve()

    Thread(target=begin, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", connections
    finally:
        listening.close()


@pytest.mark.parametrize(
    "parts", [(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"), (b"HTTP/1.1 100 Continue\r\n\r\n",)]
)
def test_who_answers_a_little_now_and_then_is_not_waited_for(post, keys, monkeypatch, parts):
    monkeypatch.setattr(calling, "_IN_ALL", 0.5)
    with answering(*parts, every=0.05) as (url, _):
        number = post.hook(keys["owner"].address, url)
        thread = Thread(target=post.call, args=(number,), daemon=True)
        thread.start()
        thread.join(8)
        assert not thread.is_alive()
    assert "does not answer" in post.hooks.find(number).trouble


def test_who_takes_all_has_his_turn_and_then_others_have_theirs(post, keys, receiver, monkeypatch):
    monkeypatch.setattr(calling, "_LONGEST_TURN", 0)
    number = post.hook(keys["owner"].address, receiver.url, Which("Membership"))
    for turn in (1, 2, 3):
        post.call(number)
        assert len(places(receiver)) == turn
    assert places(receiver) == sorted(set(places(receiver)))


def test_a_connection_is_for_one_call(post, keys):
    """A host that shares its address with another is asked itself who it is."""
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, connections):
        post.call(post.hook(keys["owner"].address, url, Which("Bills")))
        with post.database.reading() as connection:
            told = connection.execute(select(events).where(events.c.contract == "Bills")).all()
        assert len(connections) == len(told) > 2


def test_only_what_is_new_after_it_was_made(post, fair, keys, receiver):
    number = post.hook(keys["owner"].address, receiver.url, from_start=False)
    post.call(number)
    assert receiver.got == []
    with fair.undone():
        fair.does(fair.family, fair.market.power_token, "transfer", fair.buyer, 1)
        post.follower.catch_up()
        post.call(number)
    assert [one["event"]["name"] for one in receiver.bodies] == ["Transfer"]


def test_a_reorganisation_is_told(post, fair, keys, receiver):
    number = post.hook(keys["owner"].address, receiver.url, from_start=False)
    with fair.undone():
        kept = fair.chain.web3.eth.block_number
        fair.does(fair.family, fair.market.power_token, "transfer", fair.buyer, 1)
        fair.does(fair.family, fair.market.power_token, "transfer", fair.buyer, 2)
        post.follower.catch_up()
        post.call(number)
        assert [one["event"]["args"]["value"] for one in receiver.bodies] == ["1", "2"]
        fair.ask("anvil_reorg", 2, [])
        fair.ask("anvil_dropAllTransactions")
        post.follower.step()
        post.call(number)
        assert receiver.bodies[2] == {"hook": number, "rollback": {"block": kept}}
        fair.blocks = fair.park.blocks = type(fair.blocks)(fair.chain)
        fair.does(fair.family, fair.market.power_token, "transfer", fair.buyer, 3)
        post.follower.catch_up()
        post.call(number)
    assert [one["event"]["args"]["value"] for one in receiver.bodies[3:]] == ["3"]


def test_killed_between_delivery_and_note_it_comes_twice_and_none_is_lost(post, keys, receiver, monkeypatch):
    number = post.hook(keys["owner"].address, receiver.url, Which("Membership"))
    note, count = post.hooks.note, 0

    def fail(hook, **values):
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        note(hook, **values)

    monkeypatch.setattr(post.caller.hooks, "note", fail)
    with pytest.raises(KeyboardInterrupt):
        post.call(number)
    Caller(post.database, OPEN, clock=lambda: post.now).turn(number)
    found = places(receiver)
    assert found[2] == found[3] and sorted(set(found)) == [*found[:3], *found[4:]]


# -------------------------------------------------------------------------------------------------------------- rights


def test_what_settlement_tells_of_others_is_not_brought(post, fair, keys, receiver):
    which = Which("Imbalance", "AccountSettled")
    post.call(post.hook(keys["seller"].address, receiver.url, which))
    assert {one["event"]["args"]["account"] for one in receiver.bodies} == {fair.seller}
    receiver.got.clear()
    post.call(post.hook(keys["regulator"].address, receiver.url, which))
    assert {one["event"]["args"]["account"] for one in receiver.bodies} >= {fair.seller, fair.buyer}


@pytest.mark.parametrize(
    ("kind", "thing"), [("account", "buyer"), ("device", "devices"), ("subscription", "subscription")]
)
def test_hooks_on_what_is_private(post, fair, keys, receiver, kind, thing):
    found = getattr(fair, thing)
    subject = str(found["moved"] if isinstance(found, dict) else found).lower()
    with pytest.raises(HookRefused):
        post.hook(keys["stranger"].address, receiver.url, Which(kind=kind, subject=subject))
    owner = "subscriber" if kind == "subscription" else "owner"
    for name in (owner, "operator"):
        receiver.got.clear()
        post.call(post.hook(keys[name].address, receiver.url, Which(kind=kind, subject=subject)))
        assert receiver.got


def test_who_loses_his_rights_is_told_no_more(post, fair, keys, receiver):
    operator = keys["operator"].address
    number = post.hook(operator, receiver.url, Which(kind="account", subject=fair.buyer.lower()))
    with post.database.writing() as connection:
        mine = accounts.c.account == operator.lower()
        member = connection.execute(select(accounts.c.member).where(mine)).scalar_one()
        place = {"block": 1, "log": 10_000}
        args = {"member": member, "by": fair.buyer.lower(), "reason": "x"}
        row = {**place, "transaction": "0x", "contract": "Membership", "name": "MemberSuspended", "args": args}
        connection.execute(insert(events).values(**row, topics=b"", data=b""))
        connection.execute(insert(subjects).values(kind="member", subject=str(member), **place))
    post.call(number)
    hook = post.hooks.find(number)
    assert receiver.got == [] and hook.stopped and hook.trouble == "this account is not yours"


@pytest.mark.parametrize("name", ["replaced", "retired"])
def test_a_key_that_was_replaced_has_no_hooks(post, keys, receiver, name):
    with pytest.raises(HookRefused):
        post.hook(keys[name].address, receiver.url)


# ------------------------------------------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/", "ftp://example.org/", "https://", "https:///x", "example.org", "file:///etc/passwd"),
        *("https://user:secret@example.org/", "https://example.org@127.0.0.1/", "https://example.org/#part"),
        *("https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data"),
        *("https://[::ffff:10.0.0.1]/", "https://[fd00::1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/"),
        *("https://[fec0::1]/", "https://[::ffff:0:a00:1]/"),
        *("https://0.0.0.0/", "https://224.0.0.1/", "https://100.64.0.1/", "https://192.168.1.1:8443/"),
        *("https://example.org:0/", "https://example.org:99999/", "https://exa mple.org/", "https://example.org/\n"),
        "https://example.org/" + "x" * 3_000,
    ],
)
def test_urls_that_are_not_called(url):
    with pytest.raises(AddressRefused):
        target_of(url, CLOSED)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["fe80::1%eth0"], []])
def test_names_that_lead_inside(addresses):
    target = target_of("https://example.org/", CLOSED)
    with pytest.raises(AddressRefused):
        resolved(target, CLOSED, lambda host, port: addresses)


def test_numbers_that_are_names_of_addresses_are_looked_up_and_refused():
    """Resolvers take 2130706433, 0x7f.1 and 127.1 for 127.0.0.1."""
    for host in ("2130706433", "0x7f.1", "127.1", "localhost"):
        with pytest.raises(AddressRefused):
            resolved(target_of(f"https://{host}/", CLOSED), CLOSED, lambda host, port: ["127.0.0.1"])


def test_the_address_that_was_looked_at_is_the_one_that_is_called(post, keys, receiver):
    """There is no second look, at which a name could lead elsewhere. The host is named as it was given."""
    looked_up = []

    def look_up(host, port):
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

    url = f"http://hooks.example:{receiver.port}/x"
    number = post.hook(keys["owner"].address, url, Which("Auction", "BookExcused"))
    Caller(post.database, OPEN, look_up=look_up, clock=lambda: post.now).turn(number)
    [(headers, _)] = receiver.got
    assert looked_up == ["hooks.example"] and headers["Host"] == f"hooks.example:{receiver.port}"


def test_a_redirect_is_not_followed(post, keys, receiver):
    receiver.answers = [302]
    number = post.hook(keys["owner"].address, receiver.url, Which("Auction", "BookExcused"))
    post.call(number)
    assert receiver.got == [] and post.hooks.find(number).trouble == "it answers 302"


def test_as_it_runs(post, fair, keys, receiver):
    """In its thread, two hooks, one of which nobody answers: the other is not kept waiting."""
    dead = post.hook(keys["owner"].address, "http://127.0.0.1:1/")
    post.hook(keys["owner"].address, receiver.url, Which("Zones"))
    stop = Event()
    caller = Caller(post.database, OPEN, period=0.05)
    thread = Thread(target=caller.run, args=(stop,))
    thread.start()
    until = time.monotonic() + 20
    while time.monotonic() < until and (not receiver.got or not post.hooks.find(dead).failures):
        time.sleep(0.05)
    stop.set()
    thread.join(10)
    assert receiver.got and post.hooks.find(dead).failures
