"""An index of the market in which most has happened, and people of it who are signed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI
from starlette.testclient import TestClient

from frontend_api.api.app import build
from frontend_api.api.node import Node
from frontend_api.api.signin.sessions import Sessions
from frontend_api.api.signin.wallets import contract_wallet
from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from frontend_api.settings import Limits, Settings
from tests.frontend.market import Fair
from tests.frontend.market import fair as fair
from tests.frontend.private.people import Client, begun
from wattbook.deployment.local import known_account

Who = Callable[[str], Client]


@pytest.fixture(scope="package")
def database(fair: Fair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(str(tmp_path_factory.mktemp("index") / "index.db"))
    Follower(fair.market, database).catch_up()
    yield database
    database.close()


@pytest.fixture(scope="package")
def app(fair: Fair, database: Database, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(
        secret_file=tmp_path_factory.mktemp("secret") / "api.secret",
        deployment=Path(str(fair.deployment)),
        limits=Limits(requests_per_second=0),
    )
    return build(settings, database, Node.of(fair.market))


@pytest.fixture(scope="package")
def http(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as http:
        yield http


@pytest.fixture(scope="package")
def sessions(app: FastAPI) -> Sessions:
    state = app.state
    if not hasattr(state, "sessions"):
        from frontend_api.api.private.signed_in import clock

        state.sessions = Sessions(state.database, state.secret, clock, contract_wallet(state.node))
    return state.sessions


@pytest.fixture(scope="package")
def keys(fair: Fair) -> dict[str, LocalAccount]:
    """The people of the tests, by what they are."""
    park = fair.park.keys
    found = {name: known_account(name) for name in ("operator", "regulator", "registrar", "issuer", "grid")}
    found |= {"owner": park[fair.buyer], "seller": park[fair.seller], "stranger": park[fair.park.traders[1]]}
    found |= {
        name: park[getattr(fair, name)] for name in ("suspended", "expelled", "replaced", "replacement", "retired")
    }
    found |= {
        name: park[getattr(fair, name)]
        for name in ("family", "second", "subscriber", "provider")
        if getattr(fair, name) in park
    }
    return found


@pytest.fixture(scope="package")
def who(app: FastAPI, http: TestClient, sessions: Sessions, fair: Fair, keys: dict[str, LocalAccount]) -> Who:
    """Somebody by what he is; nobody is not signed in."""
    known: dict[str, Client] = {"nobody": Client(app, http)}

    def find(name: str) -> Client:
        if name not in known:
            known[name] = Client(app, http, begun(sessions, keys[name], fair.chain.chain_id))
        return known[name]

    return find
