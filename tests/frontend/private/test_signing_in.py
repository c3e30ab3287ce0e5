"""Signing in by EIP-4361: what is taken, and what is not."""

import time
from dataclasses import replace

import pytest
from eth_account import Account
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from frontend_api.api.signin.message import MessageError, parse_message
from frontend_api.api.signin.sessions import (
    MOST_SESSIONS,
    NONCE_SECONDS,
    SESSION_SECONDS,
    Place,
    Sessions,
    SignInRefused,
    token_hash,
)
from frontend_api.database.database import Database
from frontend_api.database.tables import nonces
from frontend_api.database.tables import sessions as session_rows
from tests.frontend.private.people import ORIGIN, Client, iso, signature_of, siwe

KEY = Account.from_key(b"\x11" * 32)
OTHER = Account.from_key(b"\x12" * 32)
PLACE = Place(ORIGIN, 1337)
# Written at a fixed time: the tests below are named after it, and every process of a run must find the same names.
GOOD = siwe(KEY.address, "abcdefgh12345678", 1337, issued="2026-02-03T00:00:00Z")


class Clock:
    def __init__(self) -> None:
        self.now = int(time.time())

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path, clock):
    """Sessions with a clock of the test's, and no contract wallets."""
    database = Database(str(tmp_path / "index.db"))
    yield Sessions(database, b"secret" * 8, clock, lambda *_: False)
    database.close()


def begin(desk: Sessions, key=KEY, place: Place = PLACE, **said):
    text = siwe(**{"account": KEY.address, "nonce": desk.nonce(), "chain_id": 1337, **said})
    return desk.begin(place, text, bytes.fromhex(signature_of(key, text)[2:]))


def refusal(desk: Sessions, *arguments, **said) -> str:
    with pytest.raises(SignInRefused) as caught:
        begin(desk, *arguments, **said)
    return caught.value.name


# ------------------------------------------------------------------------------------------------------- the message


def test_a_message_is_read():
    text = (
        GOOD + f"\nExpiration Time: {iso(4e9)}\nNot Before: {iso(5)}\nRequest ID: a%20b\nResources:\n- ipfs://x\n- a:b"
    )
    message = parse_message(text)
    assert (message.address, message.chain_id, message.nonce) == (KEY.address, 1337, "abcdefgh12345678")
    assert (message.expires, message.begins, message.uri, message.scheme) == (4_000_000_000, 5, ORIGIN, None)
    assert parse_message("https://" + GOOD).scheme == "https"
    assert parse_message(GOOD.replace("Sign in to Wattbook. This moves no money.\n", "")).statement is None


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "\n",
        "\n" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(KEY.address, KEY.address.lower()),
        GOOD.replace(KEY.address, KEY.address.upper().replace("X", "x", 1)),
        GOOD.replace("Version: 1", "Version: 2"),
        GOOD.replace("Version: 1", "version: 1"),
        GOOD.replace("Chain ID: 1337", "Chain ID: 01337"),
        GOOD.replace("Chain ID: 1337", "Chain ID: 0x539"),
        GOOD.replace("Chain ID: 1337", "Chain ID: 1337.0"),
        GOOD.replace("Nonce: abcdefgh12345678", "Nonce: abc"),
        GOOD.replace("Nonce: abcdefgh12345678", "Nonce: abcdefgh-12345678"),
        GOOD.replace("URI: " + ORIGIN, "URI: not a uri"),
        GOOD.replace("no money", "no m\u043eney"),
        GOOD.replace("no money.\n", "no money.\nURI: https://evil.example\n"),
        GOOD.replace("Issued At: 2", "Issued At: 3 2"),
        GOOD[: GOOD.index("Issued At:")] + "Issued At: 2026-02-30T00:00:00Z",
        GOOD[: GOOD.index("Issued At:")] + "Issued At: 2026-02-03 00:00:00Z",
        GOOD[: GOOD.index("Issued At:")] + "Issued At: 2026-02-03T00:00:00",
        GOOD[: GOOD.index("Issued At:")] + "Issued At: 2026-02-03T24:00:00Z",
        GOOD[: GOOD.index("Issued At:")] + "Issued At: \u0662026-02-03T00:00:00Z",
        GOOD + "\nNot Before: 2026-02-03T00:00:00Z\nExpiration Time: 2026-02-03T00:00:00Z",
        GOOD + "\nResources:\n- no uri",
        GOOD + "\nStatement: more",
        GOOD + "x" * 5_000,
        "",
    ],
)
def test_what_is_not_to_the_letter_is_refused(text):
    with pytest.raises(MessageError):
        parse_message(text)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_change_of_a_signed_message_signs_in(desk, data):
    """One character put in, taken out or changed: it is refused, or is not the message that was signed."""
    text = siwe(KEY.address, desk.nonce(), 1337)
    signature = bytes.fromhex(signature_of(KEY, text)[2:])
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.one_of(st.sampled_from("\n\r \t:/-0aZ"), st.characters(codec="utf-8")))
    changed = data.draw(
        st.sampled_from(
            [
                text[:place] + sign + text[place:],
                text[:place] + text[place + 1 :],
                text[:place] + sign + text[place + 1 :],
            ]
        )
    )
    if changed != text:
        with pytest.raises(SignInRefused):
            desk.begin(PLACE, changed, signature)


@given(st.text(max_size=200))
@example("0x" * 60)
def test_nothing_else_is_read_or_breaks_it(text):
    with pytest.raises(MessageError):
        parse_message(text)


# ---------------------------------------------------------------------------------------------------------- attacks


def test_whoever_signs_rightly_is_in(desk, clock):
    found = begin(desk)
    with desk._database.reading() as connection:
        assert desk.account_of(connection, found.token) == (KEY.address.lower(), clock.now + SESSION_SECONDS)
        assert desk.account_of(connection, found.token + "x") is None
        assert [row.token for row in connection.execute(select(session_rows))] == [token_hash(found.token)]


def test_a_message_is_good_once(desk):
    nonce = desk.nonce()
    begin(desk, nonce=nonce)
    assert refusal(desk, nonce=nonce) == "replayed"


def test_a_message_is_good_once_for_two_at_the_same_time(desk):
    from concurrent.futures import ThreadPoolExecutor

    nonce = desk.nonce()

    def attempt(_: int) -> bool:
        try:
            return bool(begin(desk, nonce=nonce))
        except SignInRefused:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(16))) == 1


def test_nonces_are_from_here_and_new(desk, clock):
    nonce = desk.nonce()
    assert refusal(desk, nonce="0" * 32) == "other-nonce"
    assert refusal(desk, nonce=nonce[:-1] + ("0" if nonce[-1] != "0" else "1")) == "other-nonce"
    later = f"{clock.now + 10:08x}" + nonce[8:]
    assert refusal(desk, nonce=later) == "other-nonce"
    clock.now += NONCE_SECONDS
    assert refusal(desk, nonce=nonce, issued=iso(clock.now)) == "expired"


def test_a_used_nonce_is_known_as_long_as_it_would_hold(desk, clock):
    nonce = desk.nonce()
    begin(desk, nonce=nonce)
    for _ in range(NONCE_SECONDS // 50):
        clock.now += 50
        begin(desk, issued=iso(clock.now))
        assert refusal(desk, nonce=nonce, issued=iso(clock.now)) in ("replayed", "expired")
    clock.now += 10 * NONCE_SECONDS
    begin(desk, issued=iso(clock.now))
    with desk._database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(nonces)).scalar_one() == 1


def test_other_places(desk):
    domain = ORIGIN.split("//")[1]
    assert refusal(desk, domain="evil.example") == "other-domain"
    assert refusal(desk, domain="evil." + domain) == "other-domain"
    assert refusal(desk, domain="https://" + domain) == "other-domain"
    assert refusal(desk, uri="https://evil.example") == "other-domain"
    assert refusal(desk, uri=ORIGIN + "@evil.example") == "malformed"
    assert refusal(desk, uri=ORIGIN + "0") == "other-domain"
    assert refusal(desk, chain_id=1) == "other-chain"
    assert refusal(desk, place=Place(ORIGIN, 1)) == "other-chain"
    assert refusal(desk, place=Place("http://localhost:8080", 1337)) == "other-domain"
    begin(desk, uri=ORIGIN + "/me")


def test_other_times(desk, clock):
    assert refusal(desk, issued=iso(clock.now + 120)) == "expired"
    assert refusal(desk, issued=iso(clock.now - 3_600)) == "expired"
    assert refusal(desk, rest=f"\nExpiration Time: {iso(clock.now)}") == "expired"
    assert refusal(desk, rest=f"\nNot Before: {iso(clock.now + 120)}") == "expired"
    begin(desk, rest=f"\nExpiration Time: {iso(clock.now + 5)}\nNot Before: {iso(clock.now)}")


def test_other_signers(desk):
    assert refusal(desk, key=OTHER) == "other-signer"
    text = siwe(KEY.address, desk.nonce(), 1337)
    for raw in (b"", b"\0" * 65, b"\xff" * 65, b"\x01" * 64, b"\x01" * 5_000):
        with pytest.raises(SignInRefused) as caught:
            desk.begin(PLACE, text, raw)
        assert caught.value.name == "other-signer"


def test_a_session_ends(desk, clock):
    found = begin(desk)
    clock.now += SESSION_SECONDS
    with desk._database.reading() as connection:
        assert desk.account_of(connection, found.token) is None
    again = begin(desk, issued=iso(clock.now))
    desk.end(again.token)
    with desk._database.reading() as connection:
        assert desk.account_of(connection, again.token) is None


def test_an_account_has_so_many_sessions(desk, clock):
    tokens = []
    for _ in range(MOST_SESSIONS + 3):
        clock.now += 1
        tokens.append(begin(desk, issued=iso(clock.now)).token)
    with desk._database.reading() as connection:
        live = [token for token in tokens if desk.account_of(connection, token)]
    assert live == tokens[3:]


# ------------------------------------------------------------------------------------------------------ over the wire


@pytest.fixture
def sign_in(app, http, fair):
    """Signs in as a key over HTTP."""

    def run(key, *, headers=None, bearer=True, said=None):
        nonce = http.get("/api/v1/session/nonce").json()["nonce"]
        text = siwe(key.address, nonce, fair.chain.chain_id, **(said or {}))
        body = {"message": text, "signature": signature_of(key, text), "bearer": bearer}
        return http.post("/api/v1/session", json=body, headers=headers or {})

    yield run
    http.cookies.clear()


def test_over_http(app, http, fair, keys, sign_in):
    said = sign_in(keys["owner"])
    assert said.status_code == 201
    found = said.json()
    assert (found["account"], found["status"]) == (fair.buyer, "active")
    assert "set-cookie" not in said.headers and said.headers["cache-control"] == "private, no-store"
    assert Client(app, http, found["token"]).get("/session")["account"] == fair.buyer


def test_the_host_header_says_nothing(http, fair, keys, sign_in):
    """What a browser, or somebody between, names as host is not where the sign-in is for."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
    said = sign_in(keys["owner"], headers=evil, said={"domain": "evil.example", "uri": "https://evil.example"})
    assert (said.status_code, said.json()["reason"]) == (403, "other-domain")
    assert http.get("/api/v1/session/nonce", headers=evil).json()["domain"] == ORIGIN.split("//")[1]
    assert sign_in(keys["owner"], headers=evil).status_code == 201


def test_a_cookie_alone_changes_nothing(app, http, keys, sign_in):
    """Another site can have a browser send its cookies, but not the header."""
    said = sign_in(keys["owner"], bearer=False)
    cookie = said.headers["set-cookie"]
    assert "token" not in said.json() and "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    hook = {"url": "https://example.org/"}
    assert http.get("/api/v1/me").status_code == 200
    assert http.post("/api/v1/webhooks", json=hook).status_code == 403
    assert http.delete("/api/v1/session").status_code == 403
    assert http.get("/api/v1/me").status_code == 200
    made = http.post("/api/v1/webhooks", json=hook, headers={"X-Wattbook": "1"})
    assert made.status_code == 201
    gone = http.delete(f"/api/v1/webhooks/{made.json()['id']}", headers={"X-Wattbook": "1"})
    assert gone.status_code == 200
    assert http.delete("/api/v1/session", headers={"X-Wattbook": "1"}).status_code == 200
    assert http.get("/api/v1/me").status_code == 401


def test_cookies_of_https_go_there_only(app, http, keys, sign_in, monkeypatch):
    monkeypatch.setattr(app.state, "settings", replace(app.state.settings, origin="https://market.example"))
    said = {"domain": "market.example", "uri": "https://market.example"}
    assert "Secure" in sign_in(keys["owner"], bearer=False, said=said).headers["set-cookie"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("631626ba7e60e01b60005260206000f3", 201),  # says yes
        ("63ffffffff60e01b60005260206000f3", 403),  # says no
        ("631626ba7e60005260206000f3", 403),  # says yes at the wrong end of the word
        ("631626ba7e60e01b60005260046000f3", 403),  # says too little
        ("60006000fd", 403),  # refuses
        ("5b600056", 403),  # never ends
        ("", 403),  # is no contract
    ],
)
def test_a_wallet_that_is_a_contract(http, fair, code, status):
    """It says itself what it signed (EIP-1271)."""
    wallet = OTHER.address
    with fair.undone():
        fair.ask("anvil_setCode", wallet, "0x" + code)
        nonce = http.get("/api/v1/session/nonce").json()["nonce"]
        text = siwe(wallet, nonce, fair.chain.chain_id)
        body = {"message": text, "signature": "0x1234", "bearer": True}
        assert http.post("/api/v1/session", json=body).status_code == status


@pytest.mark.parametrize("name", ["replaced", "retired"])
def test_a_key_that_is_nobodys_any_more(database, keys, sign_in, name):
    said = sign_in(keys[name])
    assert (said.status_code, said.json()["reason"]) == (403, "replaced")
    with database.reading() as connection:
        account = keys[name].address.lower()
        mine = select(func.count()).where(session_rows.c.account == account)
        assert connection.execute(mine).scalar_one() <= 1  # that of the matrix, at most


@pytest.mark.parametrize("token", ["", "x", "a" * 10_000, "Bearer", "' OR 1=1 --", "\xe9"])
def test_tokens_that_are_none(http, token):
    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": token},
        {"Cookie": f"wattbook_session={token}"},
    ):
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        assert http.get("/api/v1/me", headers=raw).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": "x"},
        {"message": "x", "signature": "zz"},
        {"message": 5, "signature": "0x00"},
        {"message": "x" * 5_000, "signature": "0x00"},
        [],
        "x",
        None,
    ],
)
def test_bodies_that_are_none(http, body):
    assert http.post("/api/v1/session", json=body).status_code in (400, 422)


def test_a_message_that_is_none_is_refused(http):
    body = {"message": "let me in", "signature": "0x" + "00" * 65}
    said = http.post("/api/v1/session", json=body)
    assert (said.status_code, said.json()["reason"]) == (403, "malformed")
