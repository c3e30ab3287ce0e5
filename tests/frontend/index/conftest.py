"""Indexes of the market in which everything has happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from tests.frontend.databases import where as where
from tests.frontend.index.liar import Liar, lying
from tests.frontend.market import Fair
from tests.frontend.market import fair as fair
from tests.postgres import postgres as postgres


@pytest.fixture
def database(where: str) -> Iterator[Database]:
    database = Database(where)
    yield database
    database.close()


@pytest.fixture(scope="session")
def indexed(fair: Fair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Of the whole market; tests only read it."""
    database = Database(str(tmp_path_factory.mktemp("indexed") / "index.db"))
    Follower(fair.market, database).catch_up()
    yield database
    database.close()


@pytest.fixture
def liar(fair: Fair) -> Iterator[Liar]:
    with lying(fair.rpc) as liar:
        yield liar


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Of a file that is not there yet."""
    return str(tmp_path / "fresh.db")
