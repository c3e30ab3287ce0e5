"""What governance refuses."""

from wattbook.errors import WattbookError
from wattbook.market.bounds import shown


class GovernanceError(WattbookError):
    """A vote, a change or a proof that is refused; `name` is that of the contract's error."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def whole(what: str, value: object, most: int = 2**96 - 1, least: int = 0) -> int:
    """The value, if it is an int within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise GovernanceError(
            "OutOfBounds", f"{what} must be a whole number from {least} to {most}, not {shown(value)}"
        )
    return value
