"""What a node says to a transaction. Whatever it says, it may have it; only the chain tells what became of it."""

from enum import StrEnum


class Answer(StrEnum):
    """- taken: it has it now, or had it before
    - used: another transaction with the nonce, or this one, is in a block
    - underpriced: its fees are too low for now, or to replace the one that the node has
    - poor: the account cannot pay for it
    - impossible: it will never be taken as it is
    - later: anything else, such as no answer at all; the next time it may be taken
    """

    TAKEN = "taken"
    USED = "used"
    UNDERPRICED = "underpriced"
    POOR = "poor"
    IMPOSSIBLE = "impossible"
    LATER = "later"


# As geth and its kin, erigon, nethermind, besu, reth and anvil put it.
_SIGNS = {
    Answer.TAKEN: ("already known", "alreadyknown", "already imported", "known transaction", "already in the pool"),
    Answer.USED: ("nonce too low", "nonce_too_low", "nonce is too low", "oldnonce", "nonce has already been used"),
    Answer.UNDERPRICED: (
        "underpriced",
        "could not replace existing",
        "less than block base fee",
        "feetoolow",
        "fee too low",
        "gas price too low",
        "gas_price_too_low",
        "gas price below",
    ),
    Answer.POOR: ("insufficient funds", "insufficientfunds", "insufficient balance", "upfront_cost_exceeds_balance"),
    Answer.IMPOSSIBLE: (
        "intrinsic gas too",
        "intrinsic_gas_exceeds",
        "exceeds block gas limit",
        "exceeds_block_gas_limit",
        "gas limit too high",
        "gaslimitexceeded",
        "oversized data",
    ),
}


def answer_of(word: str) -> Answer:
    """What a node means by an error."""
    lowered = word.lower()
    found = (answer for answer, signs in _SIGNS.items() if any(sign in lowered for sign in signs))
    return next(found, Answer.LATER)
