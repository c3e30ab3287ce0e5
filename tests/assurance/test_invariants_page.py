"""docs/invariants.md: numbers without gaps, and each with what holds it and a test that would fail."""

import re

import pytest

from tests.assurance.cited import members_in, missing, named_tests, page, python_in

PAGE = page("invariants.md")
_, *BLOCKS = re.split(r"^(?=\*\*\d+\.\*\*)", PAGE, flags=re.MULTILINE)


def number(block: str) -> int:
    return int(block[2 : block.index(".")])


def test_numbers_follow_one_another():
    assert [number(block) for block in BLOCKS] == list(range(1, len(BLOCKS) + 1))
    assert len(BLOCKS) > 50


def test_what_is_cited_exists():
    assert missing("invariants.md") == []


@pytest.mark.parametrize("block", BLOCKS, ids=number)
def test_each_says_who_holds_it_and_what_would_fail(block):
    _, held = block.split("*Held by* ")
    holders, proof = re.split(r"\*Tested by\* |\*Not tested", held)
    assert members_in(holders) or python_in(holders)
    assert named_tests(proof) or "*Not tested:*" in block
