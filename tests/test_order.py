"""Which files come first is said of files that there are, each once."""

from tests.conftest import LONGEST


def test_each_is_there_once():
    named = LONGEST.read_text().split()
    assert len(named) == len(set(named)) > 0
    assert [name for name in named if not (LONGEST.parents[1] / name).is_file()] == []
