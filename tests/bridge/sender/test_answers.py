"""What nodes say to a transaction, in the words of each."""

import pytest

from wattbook.bridge.sender.answers import Answer, answer_of

WORDS = {
    Answer.TAKEN: ["already known", "transaction already imported", "AlreadyKnown", "known transaction: 0x12"],
    Answer.USED: ["nonce too low", "nonce too low: next nonce 5, tx nonce 3", "NONCE_TOO_LOW", "OldNonce"],
    Answer.UNDERPRICED: [
        "replacement transaction underpriced",
        "transaction underpriced: tip needed 1, tip permitted 0",
        "max fee per gas less than block base fee",
        "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 2",
        "could not replace existing tx",
        "FeeTooLow, MaxFeePerGas too low",
    ],
    Answer.POOR: [
        "insufficient funds for gas * price + value",
        "Insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1",
        "UPFRONT_COST_EXCEEDS_BALANCE",
    ],
    Answer.IMPOSSIBLE: [
        "intrinsic gas too low",
        "exceeds block gas limit",
        "transaction gas limit too high (cap: 16777216, tx: 20000000)",
        "oversized data: transaction size 140000, limit 131072",
    ],
    Answer.LATER: ["", "txpool is full", "nonce too high", "internal error", "the node does not answer any more"],
}


@pytest.mark.parametrize(("answer", "word"), [(answer, word) for answer, words in WORDS.items() for word in words])
def test_words(answer, word):
    assert answer_of(f"the node refused: {word}") is answer
