"""What docs/governance.md shows is what comes out."""

import re
from pathlib import Path

from tests.examples import gas_shown, run_examples
from wattbook.bench import snapshot
from wattbook.bench.anchors import GOVERNANCE_ANCHORS
from wattbook.governance.quorum import changes_an_epoch, faulty_tolerated, needed, quorum

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "governance.md"


def test_the_examples():
    assert run_examples(PAGE) >= 4


def test_the_table_of_numbers():
    rows = re.findall(r"^\| \d.*\|$", PAGE.read_text(), re.MULTILINE)
    numbers = [[int(cell) for cell in row.split("|")[1:-1]] for row in rows]
    assert numbers == [[n, faulty_tolerated(n), quorum(n), needed(n), changes_an_epoch(n)] for n in (4, 5, 7, 13, 21)]


def test_the_gas():
    figures = snapshot.read(ROOT / "tests" / "snapshots" / "figures.json")["governance"]
    assert gas_shown(PAGE) == {anchor.step: figures[anchor.figure] for anchor in GOVERNANCE_ANCHORS}
