"""docs/threats.md: what it cites exists."""

from tests.assurance.cited import missing, named_tests, page


def test_what_is_cited_exists():
    assert missing("threats.md") == []
    assert len(named_tests(page("threats.md"))) > 30
