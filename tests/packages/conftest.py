"""The illustrative tariff, as vector files have it."""

import json
from pathlib import Path

import pytest

from wattbook.packages.tariff import parse_tariff

VECTORS = Path(__file__).parents[1] / "vectors" / "energy_package.json"


@pytest.fixture
def stated():
    """The tariff as JSON, to be changed."""
    return json.loads(VECTORS.read_text())["tariff"]


@pytest.fixture(scope="session")
def tariff():
    return parse_tariff(json.loads(VECTORS.read_text())["tariff"])
