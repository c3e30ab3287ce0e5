"""What all answers have in common: their moment, tags, limits, and what holds when a part is gone."""

import json
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update

from frontend_api.api.limits import Buckets, client_of
from frontend_api.api.node import Node
from frontend_api.api.problems import KINDS
from frontend_api.database.database import Database
from frontend_api.database.tables import progress
from frontend_api.index.following import Follower
from frontend_api.settings import BridgeAccess, KeyPlace, Limits
from tests.frontend.api.asking import PREFIX, Asking
from tests.frontend.api.conftest import Make
from tests.frontend.market import Fair


def test_an_answer_says_of_which_block_it_is(ask: Asking, fair: Fair):
    found = ask.response("list_books", "/books")
    assert int(found.headers["x-index-block"]) == fair.chain.web3.eth.block_number
    assert int(found.headers["x-index-time"]) == fair.blocks.now
    assert found.headers["cache-control"] == "no-cache"
    assert "frame-ancestors 'none'" in found.headers["content-security-policy"]


def test_an_answer_that_is_held_is_not_made_again(ask: Asking):
    first = ask.response("list_books", "/books")
    tag = first.headers["etag"]
    for held in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
        found = ask.client.get(f"{PREFIX}/books", headers={"if-none-match": held})
        assert (found.status_code, found.content, found.headers["etag"]) == (304, b"", tag)
    for other in ("", '"x"', tag[:-2] + '"'):
        assert ask.client.get(f"{PREFIX}/books", headers={"if-none-match": other}).status_code == 200
    assert ask.response("list_books", "/books?limit=1").headers["etag"] != tag


def test_a_tag_is_another_when_contracts_become_known(another: Make, database: Database, tmp_path: Path, fair: Fair):
    path = tmp_path / "deployment.json"
    client = another(database, Node("http://127.0.0.1:1", path))
    for asked in ("/market", f"/books/0x{fair.cleared.hex()}"):
        path.unlink(missing_ok=True)
        client.app.state.node._deployment = None
        before = client.get(PREFIX + asked)
        path.write_bytes(fair.deployment.read_bytes())
        after = client.get(PREFIX + asked, headers={"if-none-match": before.headers["etag"]})
        assert after.status_code == 200 and after.json() != before.json()


def test_a_tag_is_another_when_the_settings_are(another: Make, database: Database):
    one, other = another(database), another(database, bridge=BridgeAccess("http://127.0.0.1:1", KeyPlace(None, "KEY")))
    tag = one.get(f"{PREFIX}/market").headers["etag"]
    assert other.get(f"{PREFIX}/market", headers={"if-none-match": tag}).json()["bridge"]


def test_a_tag_is_another_after_a_block(another: Make, tmp_path: Path, fair: Fair):
    with fair.undone():
        database = Database(str(tmp_path / "index.db"))
        Follower(fair.market, database).catch_up()
        client = another(database)
        tag = client.get(f"{PREFIX}/zones").headers["etag"]
        fair.blocks.mine([])
        Follower(fair.market, database).catch_up()
        assert client.get(f"{PREFIX}/zones", headers={"if-none-match": tag}).status_code == 200
    # The chain goes back, and the index with it, to another block of the same number.
    newer = client.get(f"{PREFIX}/zones").headers["etag"]
    with fair.undone():
        fair.blocks.mine([], fair.blocks.now + 77)
        Follower(fair.market, database).catch_up()
        found = client.get(f"{PREFIX}/zones", headers={"if-none-match": newer})
        assert found.status_code == 200 and found.headers["etag"] not in (tag, newer)
    database.close()


def test_whoever_asks_too_often_waits(another: Make, database: Database):
    client = another(database, limits=Limits(requests_per_second=1, burst=3))
    answers = [client.get(f"{PREFIX}/zones") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert client.get("/health").status_code == 200


def test_a_bucket_fills_again_and_few_are_kept():
    now = 0.0
    buckets = Buckets(2, 4, lambda: now, most=3)
    assert [buckets.wait("a") for _ in range(4)] == [0] * 4
    assert buckets.wait("a") == pytest.approx(0.5)
    now = 0.5
    assert buckets.wait("a") == 0 and buckets.wait("a") > 0
    now = 100
    assert [buckets.wait("a") for _ in range(5)] == [0, 0, 0, 0, pytest.approx(0.5)]
    for other in "bcd":
        buckets.wait(other)
    assert buckets.wait("a") == 0


def test_a_home_is_one_client():
    first, second, other = (client_of({"client": (f"2001:db8:{one}", 1)}) for one in ("1::1", "1::2", "1:2::1"))
    assert first != other and first == second
    assert client_of({"client": ("::ffff:10.0.0.1", 1)}) == client_of({"client": ("10.0.0.1", 1)})


def test_pages_of_others_may_ask_only_if_they_are_allowed(another: Make, ask: Asking, database: Database):
    allowed, other = "https://partner.example", "https://else.example"
    assert "access-control-allow-origin" not in ask.client.get(f"{PREFIX}/zones", headers={"origin": allowed}).headers
    client = another(database, allow_origins=(allowed,))
    found = client.get(f"{PREFIX}/zones", headers={"origin": allowed})
    assert found.headers["access-control-allow-origin"] == allowed
    assert "ETag" in found.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in found.headers
    assert "access-control-allow-origin" not in client.get(f"{PREFIX}/zones", headers={"origin": other}).headers
    asked = {"origin": allowed, "access-control-request-method": "POST"}
    assert client.options(f"{PREFIX}/zones", headers=asked).status_code == 200


def test_every_problem_is_explained_in_the_guide():
    guide = Path("docs/api.md").read_text()
    for name, (status, _) in KINDS.items():
        assert f"| {status} | `{name}` |" in guide, name


def test_every_answer_of_an_operation_is_described(ask: Asking):
    document = ask.client.get("/openapi.json").json()
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))
    for path, methods in document["paths"].items():
        for one in methods.values():
            assert one["summary"], path
            assert {"200", "201", "202", "204"} & set(one["responses"]), path
            if path != f"{PREFIX}/health":
                assert {"422", "429", "503"} <= set(one["responses"]), path
            for status, answer in one["responses"].items():
                if int(status) >= 400 and path != f"{PREFIX}/health":
                    assert "application/problem+json" in answer["content"], (path, status)


def test_an_index_that_nobody_began_answers_with_nothing(another: Make, empty: Database):
    client = another(empty)
    found = client.get(f"{PREFIX}/books")
    assert (found.json(), found.headers["x-index-block"]) == ({"items": [], "next": None}, "-1")
    assert client.get(f"{PREFIX}/market").json()["chain_id"] == 0
    assert client.get("/health").json()["status"] == "stale"


def test_without_the_database_every_answer_says_so(another: Make, tmp_path: Path):
    path = tmp_path / "index.db"
    database = Database(str(path))
    client = another(database)
    database.close()
    path.write_bytes(b"no database at all" * 1_000)
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    document = Asking(client, client.app).problem(f"{PREFIX}/books", 503, "database-down")
    assert str(tmp_path) not in json.dumps(document)
    found = client.get("/health")
    assert (found.status_code, found.json()["status"]) == (503, "down")
    assert found.json()["database"] == {"answers": False}
    assert "wattbook_database_up 0.0" in client.get("/metrics").text


def test_without_the_node_everything_is_answered_and_called_stale(another: Make, tmp_path: Path, fair: Fair):
    database = Database(str(tmp_path / "index.db"))
    Follower(fair.market, database).catch_up()
    client = another(database, Node("http://127.0.0.1:9", Path(str(fair.deployment))))
    now = int(time.time())
    for values, status in (
        ({"heard_at": now, "trouble": None}, "ok"),
        ({"heard_at": now, "trouble": "the node does not answer any more"}, "stale"),
        ({"heard_at": now - 600, "trouble": None}, "stale"),
        ({"heard_at": now, "head": fair.chain.web3.eth.block_number + 1_000, "trouble": None}, "stale"),
    ):
        with database.writing() as connection:
            connection.execute(update(progress).values(values))
        found = client.get("/health")
        assert (found.status_code, found.json()["status"]) == (200, status), values
    assert found.json()["index"]["lag_blocks"] == 1_000
    assert client.get(f"{PREFIX}/books").json()["items"]
    assert client.get(f"{PREFIX}/market").json()["contracts"]["Auction"] == fair.market.auction.address
    database.close()


def test_metrics_tell_what_was_asked_and_how_far_the_index_is(ask: Asking, fair: Fair):
    ask.get("list_books", "/books")
    ask.client.get(f"{PREFIX}/books/0x12")
    ask.client.get("/no/such/place")
    found = {one.name: one for one in text_string_to_metric_families(ask.client.get("/metrics").text)}
    asked = {
        (one.labels["route"], one.labels["status"]): one.value
        for one in found["wattbook_http_requests"].samples
        if one.name.endswith("_total")
    }
    assert asked[f"{PREFIX}/books", "200"] >= 1
    assert asked[f"{PREFIX}/books/{{key}}", "422"] >= 1
    assert asked["none", "404"] >= 1
    assert found["wattbook_index_block"].samples[0].value == fair.chain.web3.eth.block_number
    for name in ("wattbook_index_lag_seconds", "wattbook_reorganisations", "wattbook_streams", "wattbook_node_up"):
        assert found[name].samples, name
    assert found["wattbook_database_up"].samples[0].value == 1


def test_what_goes_wrong_unexpectedly_tells_nothing_of_the_inside(another: Make, database: Database):
    client = another(database)
    client.app.state.directory = None
    found = client.get(f"{PREFIX}/zones")
    assert (found.status_code, found.json()["type"]) == (500, "/problems/unexpected")
    assert "NoneType" not in found.text


def test_an_index_of_a_fresh_market_has_no_newest_block_yet(another: Make, empty: Database):
    with empty.writing() as connection:
        values = {"place": 0, "chain_id": 1, "genesis": "0x", "market": "0x", "first_block": 5, "indexed": 4}
        connection.execute(insert(progress).values(**values, reorganisations=0, deepest=0))
    client = another(empty)
    found = client.get(f"{PREFIX}/books")
    assert (found.status_code, found.headers["x-index-block"], found.headers["x-index-time"]) == (200, "4", "0")
