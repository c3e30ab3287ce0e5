"""The systems to beat, measured on the same chain settings (anvil, prague, optimizer on), and what must be reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """What an operation may cost, and what a known system pays for the same or less."""

    operation: str
    budget: int | None
    gas: int
    system: str


# What the membership check adds is what a transfer costs beyond that of a token open to all.
OPEN_TRANSFER = 34_527

ANCHORS = (
    Anchor("mint to a new holder", None, 51_440, "OpenZeppelin ERC-20, open to all, no receipt"),
    Anchor("transfer to a new holder", None, 51_627, "OpenZeppelin ERC-20, open to all"),
    Anchor("transfer to a holder", None, OPEN_TRANSFER, "OpenZeppelin ERC-20, open to all"),
    Anchor("membership check in a transfer", 9_200, 6_800, "two cold slots and a cold contract, nothing else"),
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
