"""What an index on a PostgreSQL server would refuse, and one in a file would not."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from frontend_api.api.app import build
from frontend_api.api.node import Node
from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from frontend_api.settings import Settings
from tests.frontend.api.asking import PREFIX
from tests.frontend.market import Fair
from tests.postgres import Postgres
from tests.postgres import postgres as postgres

_SAFE = 2**53 - 1
_KEY = "0x" + "ab" * 32


@pytest.fixture(scope="module")
def client(fair: Fair, postgres: Postgres, settings: Settings) -> Iterator[TestClient]:
    database = Database(postgres.new_url())
    Follower(fair.market, database).catch_up()
    with TestClient(build(settings, database, Node.of(fair.market)), raise_server_exceptions=False) as client:
        yield client
    database.close()


@pytest.mark.parametrize(
    "path",
    [
        f"/orders/{_KEY}/{2**31 - 1}",
        f"/roots/trial/{_SAFE}/0",
        f"/roots/trial/0/{2**31 - 1}",
        f"/events/{_SAFE}/0",
        f"/events/0/{2**31 - 1}",
        f"/tenders/{_SAFE}",
        f"/tenders/{_SAFE}/quotes",
        f"/supplies/{_SAFE}",
        f"/tariffs/{_SAFE}",
        f"/members/{_SAFE}",
        f"/devices/{_SAFE}",
        f"/certificates/{'9' * 78}",
        f"/certificates/{_SAFE}",
        f"/slices/{'9' * 78}",
    ],
)
def test_there_is_nothing_at_the_greatest_number(client: TestClient, path: str):
    found = client.get(PREFIX + path)
    assert (found.status_code, found.json()["type"]) == (404, "/problems/not-found"), found.text


@pytest.mark.parametrize("path", [f"/orders/{_KEY}", "/roots/trial/0", "/events/0"])
def test_what_no_column_holds_is_no_number(client: TestClient, path: str):
    found = client.get(f"{PREFIX}{path}/{2**31}")
    assert (found.status_code, found.json()["type"]) == (422, "/problems/bad-parameter"), found.text


@pytest.mark.parametrize(
    "path",
    [
        f"/events?from_block={_SAFE}",
        f"/events?from_block={_SAFE}&order=desc",
        f"/books?from={2**40 - 1}",
        f"/trades?from={2**40 - 1}",
        f"/roots?from={2**40 - 1}",
        f"/events?kind=slice&subject={'9' * 78}",
    ],
)
def test_there_is_nothing_after_the_greatest_number(client: TestClient, path: str):
    found = client.get(PREFIX + path)
    assert (found.status_code, found.json()["items"]) == (200, []), found.text


@pytest.mark.parametrize("path", ["/books", "/orders", "/trades", "/roots", "/certificates", "/events", "/tenders"])
def test_lists_go_on(client: TestClient, path: str):
    first = client.get(f"{PREFIX}{path}?limit=1").json()
    following = client.get(f"{PREFIX}{path}?limit=1&cursor={first['next']}")
    assert following.status_code == 200 and following.json()["items"] not in ([], first["items"]), following.text
