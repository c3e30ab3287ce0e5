"""Headers of QBFT: read as they were written, hashed as Besu does, sealed by whom the seals say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import rlp
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.governance.blocks import BFT, KEYS, address, block, fields, seal
from wattbook.governance.headers import ExtraData, extra_data, header, signer
from wattbook.governance.refusals import GovernanceError

# What Besu's own tests of its codec have: two validators, a vote for the first, round 0xfedcba, two seals.
KNOWN = ExtraData(
    vanity=bytes(range(1, 33)),
    validators=((1).to_bytes(20), (2).to_bytes(20)),
    vote=((1).to_bytes(20), b"\xff"),
    round=0xFEDCBA,
    seals=((1).to_bytes(32) + (10).to_bytes(32) + b"\0", (10).to_bytes(32) + (1).to_bytes(32) + b"\0"),
)
ENCODED = (
    "f8f0a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20ea94000000000000000000000000000000000000"
    "0001940000000000000000000000000000000000000002d794000000000000000000000000000000000000000181ff83fedcbaf886b841"
    + "00" * 31 + "01" + "00" * 31 + "0a" + "00" + "b841" + "00" * 31 + "0a" + "00" * 31 + "01" + "00"
)  # fmt: skip
REFERENCE = json.loads((Path(__file__).parent / "early_header.json").read_text())


def refused(text):
    return pytest.raises(GovernanceError, match=text, check=lambda error: error.name in ("NoHeader", "NoSeal"))


def test_extra_data_are_encoded_as_besu_encodes_them():
    assert KNOWN.encode().hex() == ENCODED
    assert extra_data(bytes.fromhex(ENCODED)) == KNOWN


def test_extra_data_where_a_contract_names_the_validators():
    assert ExtraData().encode().hex() == "e5a0" + "00" * 32 + "c0c080c0"


def test_the_reference_header():
    """A header of the tests for implementors of QBFT, from before rounds were numbers and omitted lists empty: fields,
    hash and seals are those of today, and four keys sealed it."""
    whole = [bytes.fromhex(field) for field in REFERENCE["fields"]]
    vanity, validators, vote, round_number, seals = rlp.decode(whole[12])

    def hashed(parts):
        return keccak(rlp.encode([*whole[:12], rlp.encode(parts), *whole[13:]]))

    sealed = hashed([vanity, validators, vote, round_number])
    assert sealed.hex() == REFERENCE["committed_seal_hash"]
    assert hashed([vanity, validators, vote]).hex() == REFERENCE["on_chain_hash"]
    assert sorted(signer(sealed, one) for one in seals) == sorted(address(key) for key in KEYS)
    # As it would be written today, it is read.
    today = extra_data(rlp.encode([vanity, validators, vote, round_number.lstrip(b"\0"), seals]))
    found = header(rlp.encode([*whole[:12], today.encode(), *whole[13:]]))
    assert (found.number, found.extra.round, found.parent) == (1, 0xFEDCBA, whole[0])


@given(
    st.integers(1, 2**63),
    st.integers(0, 2**31 - 1),
    st.binary(min_size=32, max_size=32),
    st.sets(st.sampled_from(KEYS)),
)
def test_what_is_written_is_read(number, round_number, parent, keys):
    bare = block(round_number, number=number, parent=parent)
    sealed = bare.with_seals([seal(key, bare) for key in keys])
    found = header(sealed.encode())
    assert found == sealed
    assert (found.number, found.parent, found.extra.round) == (number, parent, round_number)
    assert set(found.sealers()) == {address(key) for key in keys}
    # Seals change neither what is signed nor what the chain knows the block by; the round changes what is signed.
    assert (found.sealed_hash, found.block_hash) == (bare.sealed_hash, bare.block_hash)
    assert found.sealed_hash == keccak(bare.encode())
    other = block(round_number + 1, number=number, parent=parent)
    assert other.block_hash == bare.block_hash and other.sealed_hash != bare.sealed_hash


def test_every_field_counts():
    whole = fields()
    known = header(rlp.encode(whole)).sealed_hash
    for place in set(range(len(whole))) - {12}:
        changed = [*whole]
        changed[place] = b"\x09" * max(1, len(whole[place]))
        assert header(rlp.encode(changed)).sealed_hash != known


@pytest.mark.parametrize(
    ("encoded", "complaint"),
    [
        (b"", "the header is no RLP"),
        (b"\x80", "the header is no list"),
        (rlp.encode(fields()) + b"\0", "the header is no RLP"),
        (rlp.encode(fields())[:-1], "the header is no RLP"),
        (bytes(20_000), "the header has 20000 bytes"),
        (rlp.encode(fields()[:14]), "a header has 15 or more fields, not 14"),
        (rlp.encode(fields(parent=bytes(31))), "field 0 of the header has 31 bytes"),
        (rlp.encode([[], *fields()[1:]]), "field 0 of the header is a list"),
        (rlp.encode([*fields()[:8], b"\0\x07", *fields()[9:]]), "the number is no number as RLP has it"),
        (rlp.encode(fields(extra=b"")), "the extra data is no RLP"),
        (rlp.encode(fields(extra=bytes(32))), "the extra data is no RLP"),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [], b""]))), "the extra data have five parts, not 4"),
        (rlp.encode(fields(extra=rlp.encode([bytes(31), [], [], b"", []]))), "the vanity has 32 bytes"),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), b"", [], b"", []]))), "the validators is no list"),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [b"x"], [], b"", []]))), "validators have 20 bytes each"),
        (
            rlp.encode(fields(extra=rlp.encode([bytes(32), [], [b"x" * 20], b"", []]))),
            "a vote has an address, and 0xff",
        ),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [b"x" * 20, b"\1"], b"", []]))), "a vote has an address"),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [b"x", b""], b"", []]))), "votes have 20 bytes each"),
        (
            rlp.encode(fields(extra=rlp.encode([bytes(32), [], [[b"x"] * 20, b""], b"", []]))),
            "votes have 20 bytes each",
        ),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [], b"\0\1", []]))), "the round is no number"),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [], [], []]))), "the round is no number"),
        (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [], b"", [b"x"]]))), "seals have 65 bytes each"),
    ],
)
def test_what_is_no_header(encoded, complaint):
    with refused(complaint):
        header(encoded)


@pytest.mark.parametrize("one", [bytes(65), bytes(64), b"\xff" * 64 + b"\0", bytes(64) + b"\x02", bytes(64) + b"\x1b"])
def test_what_is_no_seal(one):
    with refused("a seal"):
        signer(bytes(32), one)


def test_a_header_keeps_what_it_does_not_know():
    later = header(rlp.encode([*fields(), b"\x77" * 32]))
    assert later.encode() == rlp.encode([*fields(), b"\x77" * 32])
    assert replace(later, fields=later.fields[:-1]).sealed_hash != later.sealed_hash
    assert later.fields[13] == BFT
