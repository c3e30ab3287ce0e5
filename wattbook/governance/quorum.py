"""How many of n validators are enough, and how many may fail (docs/governance.md)."""

from dataclasses import dataclass

from wattbook.governance.refusals import whole

LEAST_VALIDATORS = 4
"""With fewer a single faulty validator can stop the chain."""
MOST_VALIDATORS = 21


def faulty_tolerated(n: int) -> int:
    """How many faulty validators n of them bear."""
    return (whole("validators", n, least=1) - 1) // 3


def quorum(n: int) -> int:
    """How many of n validators must seal a block."""
    return -(-2 * whole("validators", n, least=1) // 3)


def needed(n: int) -> int:
    """How many of n delegates, the accused counted among them, must say that he is abnormal."""
    return 2 * whole("validators", n, least=1) // 3 + 1


def changes_an_epoch(n: int) -> int:
    """How many of n seats change in an epoch by removal, and how many by election."""
    return max(1, faulty_tolerated(n) // 2)


@dataclass(frozen=True)
class Removal:
    """What a vote on an abnormal validator leads to."""

    needed: int
    removed: bool
    replace_first: bool


def removal(validators: int, yes: int, *, evidence: bool) -> Removal:
    """With four validators nobody is removed before another is seated; without evidence nobody at all."""
    whole("validators", validators, least=LEAST_VALIDATORS)
    enough = evidence and whole("yes", yes, validators) >= needed(validators)
    return Removal(
        needed(validators), enough and validators > LEAST_VALIDATORS, enough and validators == LEAST_VALIDATORS
    )
