"""What finance refuses, and the numbers that it works with."""

from wattbook.errors import WattbookError
from wattbook.market.bounds import shown

WHOLE_BPS = 10_000
MOST_UPT = 2**96 - 1
"""More uPT than a pool can hold."""


class FinanceError(WattbookError):
    """What a pool or its admission refuses; `name` is that of the contract's error."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def whole(what: str, value: object, most: int = MOST_UPT, least: int = 0) -> int:
    """The value, if it is an int within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise FinanceError("OutOfBounds", f"{what} must be a whole number from {least} to {most}, not {shown(value)}")
    return value
