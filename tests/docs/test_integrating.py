"""The integrator's guide, typed against a market and an API that run."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.reader import Reader
from tests.ports import free_port
from wattbook.deployment.local import known_account

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).parent / "wattbook"


@pytest.fixture
def api(tmp_path: Path, node_port: int) -> Iterator[int]:
    """A server with a relay, whose webhooks may go to this machine; on which port it is."""
    port = free_port()
    settings = tmp_path / "api.toml"
    settings.write_text(
        f"""
database = "index.db"
rpc = "http://127.0.0.1:{node_port}"
[http]
port = {port}
origin = "http://127.0.0.1:{port}"
[relay]
environment = "RELAY_KEY"
[webhooks]
plain_http = true
private_networks = true
"""
    )
    environment = {**os.environ, "RELAY_KEY": known_account(12).key.hex()}
    with (tmp_path / "api.log").open("w") as log:
        server = subprocess.Popen(
            [PROGRAM, "api", settings], cwd=tmp_path, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, tmp_path / "api.log")
        yield port
    finally:
        server.terminate()
        server.wait(60)


def test_every_snippet_works(node_port, api, tmp_path):
    with Reader(ROOT / "docs" / "integrating.md", tmp_path, ports={8545: node_port, 8080: api}) as reader:
        assert reader.read() >= 15


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 100
    while True:
        try:
            urllib.request.urlopen(url).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
