"""Readings with their proofs, from a real bridge; without it what the chain has."""

import pytest
from sqlalchemy import insert, select
from starlette.testclient import TestClient

from frontend_api.api.app import build
from frontend_api.api.node import Node
from frontend_api.api.private.signed_in import sessions_of
from frontend_api.bridge import BridgeReader
from frontend_api.database.database import Database
from frontend_api.database.tables import blocks, device_owners, roots
from frontend_api.index.following import Follower
from frontend_api.settings import Limits, Settings
from tests.bridge.attesting.bridges import NAMES, Bridge
from tests.bridge.attesting.conftest import devices as devices
from tests.bridge.attesting.conftest import park as park
from tests.bridge.attesting.test_agreement import everybody_hears, settle
from tests.devices import QUARTER
from tests.frontend.private.people import Client, begun
from wattbook.deployment.local import known_account
from wattbook.metering.tree import Leaf, is_covered, leaf_hash


@pytest.fixture(scope="module")
def time(park) -> int:
    """A time of the grid that is just over."""
    park.go_to(park.now // QUARTER * QUARTER + 100 * QUARTER)
    return park.now // QUARTER * QUARTER


@pytest.fixture(scope="module")
def bridge(park, devices, time, tmp_path_factory):
    """One with a time of readings that is on the chain."""
    folder = tmp_path_factory.mktemp("bridges")
    bridges = [Bridge(park, name, folder, devices) for name in NAMES]
    for one in bridges:
        one.listen(bridges)
    for one in bridges:
        one.join(bridges)
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    yield next(one for one in bridges if one.outbox.batches.find(1, time, 0))
    for one in bridges:
        one.close()


@pytest.fixture
def ask(bridge, park, tmp_path):
    """Asks for a device's readings as somebody, of an application that knows the bridge."""
    database = Database(str(tmp_path / "index.db"))
    Follower(park.market, database).catch_up()
    settings = Settings(secret_file=tmp_path / "secret", deployment=park.deployment, limits=Limits(0))
    app = build(settings, database, Node.of(park.market))
    url = f"http://127.0.0.1:{bridge.server.port}"
    app.state.bridge = BridgeReader(url, lambda: park.market, known_account("operator"), lambda: park.now)
    request = type("Request", (), {"app": app})
    with TestClient(app, base_url="http://127.0.0.1:8080") as http:

        def run(key, device: int, **parameters):
            client = Client(app, http, begun(sessions_of(request), key, park.chain.chain_id))
            text = "&".join(f"{name}={value}" for name, value in parameters.items())
            return client.ask("GET", f"/devices/{device}/readings?{text}")

        run.app, run.database = app, database
        yield run
    database.close()


def test_the_owner_sees_values_that_the_root_bears_out(ask, bridge, park, devices, time):
    said = ask(park.seller, devices[1]).json()
    [found] = [one for one in said["items"] if one["time"] == time]
    assert (said["bridge"], found["source"]) == (None, "bridge")
    leaf = Leaf(
        *(devices[1], found["register_wh"], found["sequence"], found["quality"], found["trust"]),
        *(bytes.fromhex(found[name][2:]) for name in ("record", "salt")),
    )
    proof = [bytes.fromhex(one[2:]) for one in found["proof"]]
    assert "0x" + leaf.content_hash.hex() == found["content_hash"]
    root = bytes.fromhex(found["root"][2:])
    assert is_covered(root, found["size"], found["place"], leaf_hash(devices[1], leaf.content_hash), proof)


def test_offices_see_them_and_others_do_not(ask, park, devices):
    for name in ("operator", "regulator"):
        assert ask(known_account(name), devices[0]).json()["items"][0]["source"] == "bridge"
    assert ask(park.buyer, devices[0]).status_code == 403
    assert ask(park.seller, 4_000_000).status_code == 404


def test_whose_it_was_then(ask, park, devices, time):
    """Who got the device later does not see what it told of the one before, and the other way round."""
    with ask.database.writing() as connection:
        number = connection.execute(select(roots.c.block).where(roots.c.time == time)).scalar_one()
        row = {"device": devices[0], "owner": park.buyer.address.lower(), "block": number, "log": 10_000}
        connection.execute(insert(device_owners).values(**row))
        moved = connection.execute(select(blocks.c.time).where(blocks.c.number == number)).scalar_one()
    assert moved > time
    assert [one["time"] for one in ask(park.seller, devices[0]).json()["items"]].count(time) == 1
    new = ask(park.buyer, devices[0])
    assert new.status_code == 200 and new.json()["items"] == []


def test_without_the_bridge_the_roots_alone(ask, park, devices):
    ask.app.state.bridge = BridgeReader("http://127.0.0.1:1", lambda: park.market, known_account("operator"))
    said = ask(park.seller, devices[1]).json()
    assert {one["source"] for one in said["items"]} == {"chain"} and "does not answer" in said["bridge"]
    assert all(one["register_wh"] is None and one["root"] for one in said["items"])
    del ask.app.state.bridge
    assert ask(park.seller, devices[1]).json()["bridge"] == "no bridge is set up here"


def test_a_bridge_that_lies(ask, bridge, park, devices, monkeypatch):
    """A value that is not under the root is not shown."""
    leaf_of = bridge.outbox.batches.leaf

    def lie(batch, device):
        found = leaf_of(batch, device)
        return type(found)(
            **{name: getattr(found, name) for name in found.__slots__} | {"register": found.register + 1}
        )

    monkeypatch.setattr(bridge.outbox.batches, "leaf", lie)
    said = ask(park.seller, devices[1]).json()
    assert {one["source"] for one in said["items"]} == {"chain"} and "not under the root" in said["bridge"]


def test_times_and_pages(ask, park, devices, time):
    found = ask(park.seller, devices[0], **{"from": time, "to": time + 1}).json()["items"]
    assert [one["time"] for one in found] == [time]
    for wrong in ({"from": -1}, {"to": "x"}, {"limit": 0}, {"limit": 201}, {"until": 5}):
        assert ask(park.seller, devices[0], **wrong).status_code == 422
    assert ask(park.seller, devices[0], cursor="x").status_code == 400
