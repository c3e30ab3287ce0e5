"""What docs/governance.md shows is what comes out."""

import re
from pathlib import Path

from wattbook.governance.quorum import changes_an_epoch, faulty_tolerated, needed, quorum

PAGE = (Path(__file__).parents[2] / "docs" / "governance.md").read_text()


def test_the_examples():
    """One after the other, as a reader would type them."""
    examples = re.findall(r"```python\n([^`]*)```", PAGE)
    assert len(examples) == PAGE.count("```") // 2 >= 4
    names = {}
    for example in examples:
        exec(compile(example, "governance.md", "exec"), names)


def test_the_table_of_numbers():
    rows = [[int(cell) for cell in row.split("|")[1:-1]] for row in re.findall(r"^\| \d.*\|$", PAGE, re.MULTILINE)]
    assert rows == [[n, faulty_tolerated(n), quorum(n), needed(n), changes_an_epoch(n)] for n in (4, 5, 7, 13, 21)]
