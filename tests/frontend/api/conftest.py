"""The API over the index of a market in which most has happened."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from frontend_api.api.app import build
from frontend_api.api.node import Node
from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from frontend_api.settings import Limits, Settings
from tests.frontend.api.asking import Asking
from tests.frontend.market import Fair
from tests.frontend.market import fair as fair

Make = Callable[..., TestClient]


@pytest.fixture(scope="package")
def database(fair: Fair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Tests only read it."""
    database = Database(str(tmp_path_factory.mktemp("index") / "index.db"))
    Follower(fair.market, database).catch_up()
    yield database
    database.close()


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    secret = tmp_path_factory.mktemp("secret") / "api.secret"
    return Settings(secret_file=secret, limits=Limits(requests_per_second=0))


@pytest.fixture(scope="package")
def app(fair: Fair, database: Database, settings: Settings) -> FastAPI:
    return build(settings, database, Node.of(fair.market))


@pytest.fixture(scope="package")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="package")
def ask(client: TestClient, app: FastAPI) -> Asking:
    return Asking(client, app)


@pytest.fixture
def another(settings: Settings) -> Iterator[Make]:
    """Makes an application with other settings, or over another database."""
    clients: list[TestClient] = []

    def make(database: Database, node: Node | None = None, **changed: Any) -> TestClient:
        from dataclasses import replace

        client = TestClient(build(replace(settings, **changed), database, node), raise_server_exceptions=False)
        clients.append(client.__enter__())
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """An index that nobody began."""
    database = Database(str(tmp_path / "empty.db"))
    yield database
    database.close()
