"""The tutorial, typed from its first line to its last on a chain of its own."""

from pathlib import Path

from tests.docs.reader import Reader
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


def test_a_market_in_an_hour(tmp_path):
    # As in a clone, in which the reader makes a folder of his own.
    for name in (".venv", "wattbook"):
        (tmp_path / name).symlink_to(ROOT / name)
    page = ROOT / "docs" / "tutorial.md"
    ports = {port: free_port() for port in (8545, 8090, 8080)}
    with Reader(page, tmp_path, ports=ports, python_in="my-market") as reader:
        assert reader.read() >= 20
