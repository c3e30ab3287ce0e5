"""Examples in the documentation, run one after the other, as a reader would type them."""

import re
from pathlib import Path
from typing import Any


def run_examples(page: Path) -> int:
    """Runs the Python of a page that shows nothing else; says how many examples there are."""
    text = page.read_text()
    examples = re.findall(r"```python\n([^`]*)```", text)
    assert len(examples) == text.count("```") // 2
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, page.name, "exec"), names)
    return len(examples)


def gas_shown(page: Path) -> dict[str, int]:
    """The rows of a page's table of gas, which has no other column."""
    [table] = re.findall(r"^\| what \| gas \|\n\|---\|---\|\n((?:\|.*\|\n)*)", page.read_text(), re.MULTILINE)
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return {what: int(gas.replace(",", "")) for what, gas in rows}
