"""The systems to beat, measured on the same chain settings (anvil, prague, optimizer on), and what must be reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """What an operation may cost, and what a known system pays for the same or less."""

    operation: str
    budget: int | None
    gas: int
    system: str


ANCHORS = (
    Anchor("mint to a new holder", None, 51_440, "OpenZeppelin ERC-20, open to all, no receipt"),
    Anchor("transfer to a new holder", None, 51_627, "OpenZeppelin ERC-20, open to all"),
    Anchor("transfer to a holder", None, 34_527, "OpenZeppelin ERC-20, open to all"),
    Anchor(
        "permit and deposit, first",
        115_000,
        74_024,
        "OpenZeppelin permit + transferFrom, no ledger, no members",
    ),
    Anchor(
        "permit and deposit, later",
        85_000,
        60_335,
        "OpenZeppelin permit + transferFrom, no ledger, no members",
    ),
)
