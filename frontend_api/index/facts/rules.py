"""Which function makes rows of which event."""

from collections.abc import Callable

from frontend_api.index.events import Event
from frontend_api.index.writing import Writing

Rule = Callable[[Event, Writing], None]

RULES: dict[tuple[str, str], Rule] = {}


def told(contract: str, name: str) -> Callable[[Rule], Rule]:
    """Names the event that a function is for."""

    def name_it(rule: Rule) -> Rule:
        assert (contract, name) not in RULES
        RULES[contract, name] = rule
        return rule

    return name_it
