"""Both kinds of database, for every test that takes `where`."""

import pytest

from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path) -> str:
    """Where an index can be made: a file that is not there yet, then an empty place in a server."""
    if request.param == "sqlite":
        return str(tmp_path / "index.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_url()
