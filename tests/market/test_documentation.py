"""What docs/market/clearing.md shows is what comes out."""

import json
import re
import runpy
from pathlib import Path

import pytest

from wattbook.market.clearing import RULES, clear

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "market" / "clearing.md").read_text()
EXAMPLES = [
    (json.loads(case), json.loads(outcome))
    for case, outcome in re.findall(r"```json\n([^`]*)```\n\ngives\n\n```json\n([^`]*)```", PAGE)
]


def test_there_is_an_example_of_every_rule():
    assert PAGE.count("```json") == 2 * len(EXAMPLES)
    shown = [RULES[4] if "poolIn" in case else case["rule"] for case, _ in EXAMPLES]
    assert sorted(shown) == sorted(RULES)


@pytest.mark.parametrize(("case", "outcome"), EXAMPLES, ids=lambda value: value.get("rule", ""))
def test_the_examples(case, outcome):
    assert clear(case) == outcome


def test_the_table_of_welfare(capsys):
    runpy.run_path(str(ROOT / "scripts" / "compare_rules.py"), run_name="__main__")
    assert capsys.readouterr().out in PAGE


def test_the_python():
    [program] = re.findall(r"```python\n([^`]*)```", PAGE)
    exec(compile(program, "clearing.md", "exec"), {})
