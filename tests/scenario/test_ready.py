"""The scenarios that come with Wattbook, whole: only where there is a long night for it."""

import os

import pytest

from wattbook.scenario.file import find, read_scenario, ready
from wattbook.scenario.replay import replay
from wattbook.scenario.result import as_text, broken

pytestmark = pytest.mark.skipif(not os.environ.get("DEEP"), reason="DEEP is not set")


@pytest.mark.parametrize("name", ready())
def test_it_adds_up(name):
    assert broken(replay(read_scenario(find(name)))) == []


def test_the_park_is_the_same_again():
    one, other = (as_text(replay(read_scenario(find("park-day")))) for _ in range(2))
    assert one == other
