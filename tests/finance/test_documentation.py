"""What docs/finance.md shows is what comes out."""

from pathlib import Path

from tests.examples import run_examples


def test_the_examples():
    assert run_examples(Path(__file__).parents[2] / "docs" / "finance.md") >= 3
