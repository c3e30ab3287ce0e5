"""What comes in wrong, by mistake or not, is answered by a document that says what is wrong with it."""

import pytest
from starlette.testclient import TestClient

from frontend_api.api.paging import Pages
from tests.frontend.api.asking import PREFIX, Asking
from tests.frontend.market import MARKUP, Fair

_HOSTILE = (
    MARKUP,
    "' OR 1=1 --",
    "trial'; DROP TABLE events; --",
    "<img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "%00",
    "\u202e",
    "電力",
    "x" * 5_000,
)
_TEXTS = (
    "/books?zone=",
    "/books?carrier=",
    "/books?state=",
    "/books?cursor=",
    "/orders?trader=",
    "/trades?account=",
    "/members?role=",
    "/devices?technology=",
    "/roots?zone=",
    "/certificates?holder=",
    "/events?contract=",
    "/events?name=",
    "/events?kind=account&subject=",
    "/prices?carrier=gas&zone=",
)
_PATHS = ("/zones/", "/books/", "/trades/", "/certificates/", "/slices/", "/tenders/", "/members/", "/devices/")


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_no_text_does_more_than_be_a_text(client: TestClient, hostile: str):
    for path in _TEXTS:
        before, name = path.rsplit("?", 1) if path.count("=") == 1 else (path.split("?")[0], path.split("?")[1])
        asked = dict(one.split("=") for one in name.split("&"))
        asked[name.rsplit("&", 1)[-1].rstrip("=")] = hostile
        found = client.get(PREFIX + before, params=asked)
        assert found.status_code in (200, 400, 422), (path, found.text)
        if found.status_code == 200:
            assert found.json()["items"] == []
        assert "json" in found.headers["content-type"]
        assert found.headers["x-content-type-options"] == "nosniff"
        assert hostile not in found.text or len(hostile) < 6
    for path in _PATHS:
        found = client.get(PREFIX + path + hostile.replace("/", "%2F").replace("?", "%3F").replace("#", "%23"))
        assert found.status_code in (404, 422), (path, found.text)
        assert "json" in found.headers["content-type"]
    assert client.get(f"{PREFIX}/events?limit=1").json()["items"]


def test_a_cursor_is_good_for_its_own_list_only(ask: Asking, app):
    cursor = ask.get("list_events", "/events?limit=1")["next"]
    ask.get("list_events", f"/events?limit=7&cursor={cursor}")
    for path in ("/events?name=Transfer", "/events?order=desc", "/events?from_block=0", "/orders?limit=1", "/trades?"):
        between = "&" if "?" in path else "?"
        ask.problem(f"{PREFIX}{path}{between}cursor={cursor}", 400, "bad-cursor")
    for wrong in (cursor[:-1], cursor[1:], cursor + "x", cursor.swapcase(), "", "x", ".", "e30.x", "W10.abc"):
        ask.problem(f"{PREFIX}/events?cursor={wrong}", 400, "bad-cursor")
    ask.problem(f"{PREFIX}/events?cursor={'x' * 600}", 422, "bad-parameter")


def test_a_cursor_of_another_secret_is_none(ask: Asking, app):
    ours = app.state.pages
    app.state.pages = Pages(b"another")
    try:
        foreign = ask.get("list_events", "/events?limit=1")["next"]
    finally:
        app.state.pages = ours
    ask.problem(f"{PREFIX}/events?limit=1&cursor={foreign}", 400, "bad-cursor")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/events?limit=0", "query.limit"),
        ("/events?limit=201", "query.limit"),
        ("/events?limit=-1", "query.limit"),
        ("/events?limit=many", "query.limit"),
        ("/events?limit=1e1", "query.limit"),
        ("/events?limit=99999999999999999999999", "query.limit"),
        ("/events?from_block=-1", "query.from_block"),
        ("/events?from_block=9007199254740993", "query.from_block"),
        ("/events?order=up", "query.order"),
        ("/events?kind=account", "query.subject"),
        ("/events?subject=1", "query.kind"),
        ("/events?contract=Auction&contract=Pool", "query.contract"),
        ("/events?contracts=Auction", "query.contracts"),
        ("/books?state=gone", "query.state"),
        ("/books?from=yesterday", "query.from"),
        ("/books?carrier=nuclear", "query.carrier"),
        ("/books/0x12", "path.key"),
        ("/orders?trader=0x12", "query.trader"),
        ("/orders/0x12/1", "path.book"),
        ("/devices/-1", "path.device"),
        ("/devices/9007199254740993", "path.device"),
        ("/devices?technology=1", "query.technology"),
        ("/certificates/abc", "path.id"),
        ("/certificates/" + "1" * 79, "path.id"),
        ("/prices?zone=trial", "query.carrier"),
        ("/prices?zone=trial&carrier=gas&limit=1001", "query.limit"),
        ("/members?role=king", "query.role"),
    ],
)
def test_a_wrong_parameter_is_named(ask: Asking, path: str, where: str):
    document = ask.problem(PREFIX + path, 422, "bad-parameter")
    assert where in [one["where"] for one in document["errors"]], document


def test_what_there_is_not_is_not_found(ask: Asking):
    nothing = "0x" + 64 * "0"
    for path in (
        f"/books/{nothing}",
        f"/books/{nothing}/orders",
        f"/books/{nothing}/curve",
        f"/books/{nothing}/result",
        f"/orders/{nothing}/0",
        f"/trades/{nothing}",
        f"/trades/{nothing}/trace",
        "/members/999999",
        "/devices/999999",
        "/roots/trial/1/1",
        "/roots/nowhere/1/1",
        "/tenders/999999",
        "/tenders/999999/quotes",
        "/supplies/999999",
        "/tariffs/999999",
        "/certificates/0",
        "/slices/0",
        "/events/0/0",
        "/nothing",
        "/books/",
    ):
        ask.problem(PREFIX + path, 404, "not-found")
    ask.problem("/api/v2/books", 404, "not-found")


def test_a_method_that_there_is_not(ask: Asking):
    found = ask.client.post(f"{PREFIX}/books", json={})
    assert (found.status_code, found.headers["allow"]) == (405, "GET")
    ask.problem(f"{PREFIX}/books", 405, "wrong-method", method="DELETE")
    assert ask.client.patch(f"{PREFIX}/session").headers["allow"] == "DELETE, GET, POST"


def test_a_body_that_is_too_large(ask: Asking):
    for options in (
        {"content": b"x" * 70_000, "headers": {"content-type": "application/json"}},
        {"content": b"x", "headers": {"content-type": "application/json", "content-length": "9" * 40}},
    ):
        ask.problem(f"{PREFIX}/session", 413, "too-large", method="POST", **options)


def test_a_body_that_goes_on_without_telling_its_length(ask: Asking):
    parts = (b" " * 10_000 for _ in range(8))
    headers = {"content-type": "application/json"}
    ask.problem(f"{PREFIX}/session", 413, "too-large", method="POST", content=parts, headers=headers)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_a_body_of_another_kind(ask: Asking, kind: str):
    headers = {"content-type": kind} if kind else {}
    ask.problem(f"{PREFIX}/session", 415, "wrong-content-type", method="POST", content=b"{}", headers=headers)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 10_000, b"NaN", b'{"a": 1e999999}'])
def test_a_body_that_is_no_json(ask: Asking, body: bytes):
    headers = {"content-type": "application/json"}
    found = ask.client.post(f"{PREFIX}/session", content=body, headers=headers)
    assert found.status_code in (400, 422), found.text
    assert found.headers["content-type"] == "application/problem+json"


def test_capitals_of_an_address_do_not_matter(ask: Asking, fair: Fair):
    for written in (fair.seller, fair.seller.lower(), "0x" + fair.seller[2:].upper()):
        assert ask.get("list_trades", f"/trades?account={written}")["items"]
