"""Vectors with something changed."""

import json

import pytest

from wattbook.vectors import run_file


@pytest.fixture
def run(tmp_path):
    """Runs the cases of a vector file's content."""

    def run(data):
        file = tmp_path / "another.json"
        file.write_text(json.dumps(data))
        return run_file(file)

    return run
