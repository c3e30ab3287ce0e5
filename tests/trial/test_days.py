"""A day of a park with thirty members, through the contracts: all of it adds up, to the unit."""

import pytest

from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.days import Days, Report
from wattbook.trial.park import Park


@pytest.fixture(scope="module")
def day() -> Report:
    with Anvil(*OPTIONS) as chain:
        return Days(Park(chain), members=30).run(slots=96)


def test_it_adds_up(day: Report) -> None:
    assert [line for line in day.lines if not line.holds] == []


def test_something_happened(day: Report) -> None:
    """Readings did not come, others were wrong, and all were traded and settled."""
    assert (day.slots, day.positions) == (96, 96 * 30 * 2)
    assert day.trades > 1_000
    assert day.readings > 10_000
    assert day.missing > 100
    assert day.corrected > 10
    assert all(line.left for line in day.lines if "nothing" not in line.what and "otherwise" not in line.what)
