"""What docs/finance.md shows is what comes out."""

from pathlib import Path

from tests.examples import gas_shown, run_examples
from wattbook.bench import snapshot
from wattbook.bench.anchors import FINANCE_ANCHORS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "finance.md"


def test_the_examples():
    assert run_examples(PAGE) >= 3


def test_the_gas():
    figures = snapshot.read(ROOT / "tests" / "snapshots" / "figures.json")["finance"]
    assert gas_shown(PAGE) == {anchor.step: figures[anchor.figure] for anchor in FINANCE_ANCHORS}
