"""Two sealed headers convict who sealed both, if they are of one height, round and parent; nothing else does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.governance.blocks import KEYS, address, block, seal
from wattbook.governance.equivocation import Sealed, as_sent, proved
from wattbook.governance.headers import header
from wattbook.governance.refusals import GovernanceError

KEY, OTHER = KEYS[:2]


def sealed(of, key=KEY):
    return Sealed(of.encode(), seal(key, of))


def nothing(text):
    return pytest.raises(GovernanceError, match=text, check=lambda error: error.name == "NoEquivocation")


@given(st.integers(2, 2**40), st.integers(0, 20), st.sampled_from(KEYS))
def test_two_blocks_convict(number, round_number, key):
    one, other = (block(round_number, number=number, state=bytes([state] * 32)) for state in (1, 2))
    found = proved(sealed(one, key), sealed(other, key))
    assert (found.validator, found.number, found.round) == (address(key), number, round_number)
    assert found.hashes == (one.sealed_hash, other.sealed_hash)


def test_a_header_may_come_with_all_seals_or_none():
    one, other = block(state=b"\1" * 32), block(state=b"\2" * 32)
    whole = one.with_seals([seal(key, one) for key in KEYS])
    found = proved(Sealed(whole.encode(), seal(KEY, one)), sealed(other))
    assert found.validator == address(KEY)
    assert as_sent(Sealed(whole.encode(), seal(KEY, one))) == sealed(one)


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"number": 8}, "height: 7 and 8"), ({"round": 1}, "round: 0 and 1"), ({"parent": b"\x12" * 32}, "parent: 1111")],
)
def test_of_another_height_round_or_parent(changes, what):
    with nothing(f"not of one {what}"):
        proved(sealed(block()), sealed(block(state=bytes(32), **changes)))


def test_the_same_block_twice():
    one = block()
    with nothing("the same block"):
        proved(sealed(one), sealed(one))
    # With other seals below it, it is still the same.
    whole = one.with_seals([seal(OTHER, one)])
    with nothing("the same block"):
        proved(sealed(one), Sealed(whole.encode(), seal(KEY, one)))


def test_two_validators():
    with nothing("are sealed by"):
        proved(sealed(block()), sealed(block(state=bytes(32)), OTHER))


def test_a_seal_of_something_else():
    """It recovers to somebody whom nobody knows, and to another for the other header."""
    one, other = block(), block(state=bytes(32))
    with nothing("are sealed by"):
        proved(sealed(one), Sealed(other.encode(), seal(KEY, one)))


@pytest.mark.parametrize("number", [0, 1])
def test_the_first_blocks_of_chains_with_one_genesis(number):
    with nothing("nobody seals a genesis block, and the next has one parent on all chains that begin with it"):
        proved(sealed(block(number=number)), sealed(block(number=number, state=bytes(32))))


def test_what_is_no_header_proves_nothing():
    with pytest.raises(GovernanceError) as error:
        proved(sealed(block()), replace(sealed(block(state=bytes(32))), header=b"\xc0"))
    assert error.value.name == "NoHeader"
    with pytest.raises(GovernanceError) as error:
        proved(sealed(block()), replace(sealed(block(state=bytes(32))), seal=bytes(65)))
    assert error.value.name == "NoSeal"


def test_what_is_sent_is_what_was_signed():
    one = block(3)
    assert header(as_sent(sealed(one)).header).sealed_hash == one.sealed_hash
