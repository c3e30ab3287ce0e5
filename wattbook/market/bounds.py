"""What numbers a market can hold, and what is said of those that it cannot."""

from wattbook.errors import WattbookError

MAX_PRICE = 2**16 - 1
MAX_WH = 2**40 - 1
MAX_ID = 2**39 - 1
MAX_SEED = 2**256 - 1
WHOLE_BPS = 10_000
_LONGEST_SHOWN = 60


class MarketError(WattbookError):
    """An order, a book or a parameter that no rule can work with; the message names it."""


class UnsupportedRule(MarketError):
    """A rule, or a variant of one, that is not known here or that this engine does not have."""


def bounded(what: str, value: object, highest: int) -> int:
    """The value, if it is an int from 0 to `highest`."""
    if type(value) is not int:
        raise MarketError(f"{what} must be a whole number, not {shown(value)}")
    if not 0 <= value <= highest:
        raise MarketError(f"{what} must be from 0 to {highest}, not {shown(value)}")
    return value


def shown(value: object) -> str:
    """The value as a complaint shows it: never long, whatever was given."""
    if isinstance(value, int) and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, dict | list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
