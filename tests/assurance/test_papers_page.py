"""docs/papers.md: every section of every paper, what does it or why nothing does, and that all of it exists."""

import re

import pytest

from tests.assurance.cited import members_in, missing, named_tests, page, python_in

PAGE = page("papers.md")
SECTIONS = {
    "First": "1 2 3 4 5 6 7 7.1 7.2 7.3 7.4 7.5 8 9",
    "Second": "1 2 3.1 3.2 3.3 4",
    "Third": "I II.A II.B II.C II.D III.A III.B IV.A IV.B IV.C IV.D V",
    "Fourth": "1 2 3 4.1.1 4.1.2 4.1.3 4.1.4 4.2 4.3 5.1 5.2(1) 5.2(2) 5.2(3) 5.2(4) 5.2(5) 6",
}
NOTHING = re.compile(r"[Nn]ot\s+implemented(: see|, because)|Nothing to build|As above|not measured here")


def blocks(paper: str) -> dict[str, str]:
    """What the page says, by the sections that it stands for."""
    [text] = re.findall(rf"^## {paper}:.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return {one[2 : one.index(". ")].replace(" (", "("): one for one in re.split(r"^(?=\*\*)", text, flags=re.M)[1:]}


def test_what_is_cited_exists() -> None:
    assert missing("papers.md") == []


@pytest.mark.parametrize("paper", SECTIONS)
def test_every_section_is_there_once(paper: str) -> None:
    told = [section for label in blocks(paper) for section in label.split(", ")]
    assert sorted(told) == sorted(SECTIONS[paper].split())


@pytest.mark.parametrize("paper", SECTIONS)
def test_each_says_what_does_it_or_why_nothing_does(paper: str) -> None:
    for label, block in blocks(paper).items():
        done = named_tests(block) and (members_in(block) or python_in(block) or "`wattbook " in block)
        assert done or NOTHING.search(block), label
