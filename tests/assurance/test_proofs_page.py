"""docs/proofs.md: claims are numbered without gaps, each with the functions that rest on it and a test."""

import re

import pytest

from tests.assurance.cited import members_in, missing, named_tests, page

PAGE = page("proofs.md")
_, *CLAIMS = re.split(r"^(?=\*\*P\d+\.)", PAGE, flags=re.MULTILINE)


def number(claim: str) -> int:
    return int(claim[3 : claim.index(".")])


def test_what_is_cited_exists() -> None:
    assert missing("proofs.md") == []


def test_numbers_follow_one_another() -> None:
    assert [number(claim) for claim in CLAIMS] == list(range(1, len(CLAIMS) + 1))
    assert len(CLAIMS) > 30


@pytest.mark.parametrize("claim", CLAIMS, ids=number)
def test_each_says_which_functions_and_which_test(claim: str) -> None:
    functions, tests = claim.split("*By* ")[1].split("*Tested by* ")
    assert members_in(functions) and named_tests(tests)
