"""Runs a scenario through the real contracts on a fresh chain, from its deployment to the last bill."""

from collections.abc import Callable

from wattbook.deployment.anvil import Anvil
from wattbook.scenario.accounts import Accounts
from wattbook.scenario.closing import Closing
from wattbook.scenario.model import Scenario
from wattbook.scenario.result import Told, Value, result_of
from wattbook.scenario.runner import Runner
from wattbook.scenario.village import Village, options


def replay(scenario: Scenario, progress: Callable[[int, int], None] = lambda done, of: None) -> Value:
    """What a scenario comes to. `progress` is told after each slot how many are done."""
    with Anvil(*options(scenario)) as chain:
        village = Village(chain, scenario)
        accounts = Accounts(village)
        happened = Runner(village).run(progress)
        closed = Closing(village, happened).run()
        statements = accounts.statements()
        lines = accounts.lines(happened, closed, statements)
        return result_of(Told(village, happened, closed, statements, lines))
