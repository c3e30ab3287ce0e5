"""What docs/governance.md shows is what comes out."""

import re
from pathlib import Path

from tests.examples import run_examples
from wattbook.governance.quorum import changes_an_epoch, faulty_tolerated, needed, quorum

PAGE = Path(__file__).parents[2] / "docs" / "governance.md"


def test_the_examples():
    assert run_examples(PAGE) >= 4


def test_the_table_of_numbers():
    rows = re.findall(r"^\| \d.*\|$", PAGE.read_text(), re.MULTILINE)
    numbers = [[int(cell) for cell in row.split("|")[1:-1]] for row in rows]
    assert numbers == [[n, faulty_tolerated(n), quorum(n), needed(n), changes_an_epoch(n)] for n in (4, 5, 7, 13, 21)]
