"""docs/replay.md: its example runs, and each field, kind and fault that a file can have stands in it."""

import re
from pathlib import Path

from tests.examples import run_examples
from wattbook.scenario import file
from wattbook.scenario.file import ready
from wattbook.scenario.model import Trouble
from wattbook.scenario.profiles import SHAPES
from wattbook.scenario.strategies import Habit

PAGE = Path(__file__).parents[2] / "docs" / "replay.md"


def test_the_examples():
    assert run_examples(PAGE) == 1


def test_all_fields_are_documented():
    asked = re.findall(r'(?:number|text|moment|texts|flag|path|table|tables|watts|_or)\((?:\w+, )?"(\w+)"', source())
    text = PAGE.read_text()
    assert len(set(asked)) > 40
    assert [name for name in asked if f"{name}" not in text] == []


def source():
    return Path(file.__file__).read_text()


def test_all_kinds_are_documented():
    text = PAGE.read_text()
    for name in (*SHAPES, *Trouble, *Habit, *ready(), "pv", "wind", "plant", "storage", "charging", "recorded"):
        assert f"`{name}`" in text, name
