"""What docs/finance.md shows is what comes out."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "finance.md").read_text()


def test_the_examples():
    """One after the other, as a reader would type them."""
    examples = re.findall(r"```python\n([^`]*)```", PAGE)
    assert len(examples) == PAGE.count("```") // 2 >= 3
    names = {}
    for example in examples:
        exec(compile(example, "finance.md", "exec"), names)
