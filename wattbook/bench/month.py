"""A month of a village of thirty, replayed: what it costs in gas and in time."""

from dataclasses import dataclass
from time import perf_counter

from wattbook.errors import WattbookError
from wattbook.scenario.file import find, read_scenario
from wattbook.scenario.replay import replay
from wattbook.scenario.result import broken

MONTH = "village-month"


class BrokenError(WattbookError):
    """What was replayed does not add up."""


@dataclass(frozen=True)
class Month:
    """The ready scenario `village-month`."""

    members: int
    slots: int
    gas: int
    seconds: int

    @property
    def gas_of_a_member_and_slot(self) -> int:
        return self.gas // self.members // self.slots


def measure(name: str = MONTH) -> Month:
    """From deployment to the last bill. Gas is all that was done after the market was set up."""
    scenario = read_scenario(find(name))
    begun = perf_counter()
    result = replay(scenario)
    seconds = int(perf_counter() - begun)
    if wrong := broken(result):
        raise BrokenError(f"{name} does not add up: {'; '.join(wrong)}")
    return Month(len(scenario.members), scenario.slots, result["gas"]["total"], seconds)
