"""A reading's digest: as EIP-712 says, by another implementation, and within the widths of its fields."""

from dataclasses import replace

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from tests.bridge.formats.meters import CHAIN_ID, CONTRACT, READING
from wattbook.metering.readings import Reading, ReadingError

TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Reading": [
        {"name": "device", "type": "uint32"},
        {"name": "carrier", "type": "uint8"},
        {"name": "direction", "type": "uint8"},
        {"name": "time", "type": "uint40"},
        {"name": "register", "type": "uint64"},
        {"name": "sequence", "type": "uint32"},
        {"name": "quality", "type": "uint8"},
        {"name": "previous", "type": "bytes32"},
    ],
}
WIDTHS = {"device": 32, "carrier": 8, "direction": 8, "time": 40, "register": 64, "sequence": 32, "quality": 8}


def by_eth_account(reading, chain_id, contract):
    domain = {"name": "Wattbook Readings", "version": "1", "chainId": chain_id, "verifyingContract": contract}
    message = {"types": TYPES, "primaryType": "Reading", "domain": domain, "message": vars(reading)}
    return _hash_eip191_message(encode_typed_data(full_message=message))


@given(
    st.builds(
        Reading,
        **{name: st.integers(0, 2**bits - 1) for name, bits in WIDTHS.items()},
        previous=st.binary(min_size=32, max_size=32),
    ),
    st.integers(0, 2**64),
)
def test_the_digest_is_that_of_eip_712(reading, chain_id):
    assert reading.digest(chain_id, CONTRACT) == by_eth_account(reading, chain_id, CONTRACT)


@pytest.mark.parametrize("name", WIDTHS)
def test_each_field_has_its_width(name):
    most = 2 ** WIDTHS[name] - 1
    assert getattr(replace(READING, **{name: most}), name) == most
    for wrong in (most + 1, -1):
        with pytest.raises(ReadingError) as error:
            replace(READING, **{name: wrong})
        assert str(error.value) == f"{name} is no uint{WIDTHS[name]}"


def test_what_stands_around_a_reading():
    with pytest.raises(ReadingError, match=r"^previous is not 32 bytes$"):
        replace(READING, previous=b"")
    with pytest.raises(ReadingError, match=r"^chainId is no uint256$"):
        READING.digest(2**256, CONTRACT)
    with pytest.raises(ReadingError, match=r"^contract is no address$"):
        READING.digest(CHAIN_ID, CONTRACT[:-1])
