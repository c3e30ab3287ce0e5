"""The guide's examples work as they stand."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontend_api.api.app import build
from frontend_api.api.node import Node
from frontend_api.database.database import Database
from frontend_api.settings import Settings
from tests.frontend.api.serving import served
from tests.frontend.market import Fair

_EXAMPLES = re.findall(r"^    (curl .*)$", Path("docs/api.md").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def port(database: Database, settings: Settings, fair: Fair) -> Iterator[int]:
    with served(build(settings, database, Node.of(fair.market))) as port:
        yield port


@pytest.mark.parametrize("example", _EXAMPLES)
def test_an_example_answers(port: int, example: str):
    api = f"http://127.0.0.1:{port}/api/v1"
    done = subprocess.run(["bash", "-c", example], env={"API": api, "PATH": "/usr/bin:/bin"}, capture_output=True)
    said = done.stdout.decode()
    # A stream goes on until curl has had enough of it.
    assert done.returncode == (28 if "--max-time" in example else 0), done
    assert "/problems/" not in said
    assert '"items":[{' in said or '"chain_id":' in said or "retry:" in said or "HTTP/1.1 200" in said, said
