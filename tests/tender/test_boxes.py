"""Sealed quotes: only the owner reads them, and only as what they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.tender.boxes import (
    MAX_PRICE,
    MAX_WH,
    ORDER,
    BoxError,
    EncryptionKey,
    Opened,
    Room,
    point_of,
    quote_hash,
    seal,
    show,
    unseal,
)

CONTRACT = "0x" + "c0" * 20
TRADER = "0x" + "7a" * 20
ROOM = Room(31337, CONTRACT, 7)
KEY = EncryptionKey.fresh()
SEALED, HASH, SALT = seal(ROOM, TRADER, KEY.public, 80_000, 520)


@given(wh=st.integers(1, MAX_WH), price=st.integers(0, MAX_PRICE))
def test_what_is_sealed_is_read(wh, price):
    key = EncryptionKey.fresh()
    box, hashed, salt = seal(ROOM, TRADER, key.public, wh, price)
    assert unseal(ROOM, TRADER, key, box) == Opened(wh, price, salt)
    assert hashed == quote_hash(ROOM, TRADER, wh, price, salt)


@pytest.mark.parametrize(
    "room, trader",
    [
        (Room(31338, CONTRACT, 7), TRADER),
        (Room(31337, "0x" + "c1" * 20, 7), TRADER),
        (Room(31337, CONTRACT, 8), TRADER),
        (ROOM, "0x" + "7b" * 20),
    ],
    ids=["another chain", "another contract", "another tender", "another trader"],
)
def test_a_copy_is_nothing(room, trader):
    assert unseal(room, trader, KEY, SEALED) is None
    assert quote_hash(room, trader, 80_000, 520, SALT) != HASH


def test_another_key_reads_nothing():
    assert unseal(ROOM, TRADER, EncryptionKey.fresh(), SEALED) is None


def test_a_changed_bit_is_noticed():
    for bit in range(256):
        masked = (int.from_bytes(SEALED.masked) ^ 1 << bit).to_bytes(32)
        assert unseal(ROOM, TRADER, KEY, replace(SEALED, masked=masked)) is None


def test_made_up_points_are_nothing():
    assert unseal(ROOM, TRADER, KEY, replace(SEALED, point=bytes(32))) is None
    with pytest.raises(BoxError, match="x coordinate of no point"):
        point_of(bytes(32))
    with pytest.raises(BoxError, match="x coordinate of no point"):
        seal(ROOM, TRADER, bytes(32), 1, 1)


@pytest.mark.parametrize("wh, price", [(0, 1), (MAX_WH + 1, 1), (1, -1), (1, MAX_PRICE + 1)])
def test_what_fits_into_no_box(wh, price):
    with pytest.raises(BoxError):
        seal(ROOM, TRADER, KEY.public, wh, price)


def test_two_seals_of_one_quote_have_nothing_in_common():
    one, other = (seal(ROOM, TRADER, KEY.public, 80_000, 520) for _ in range(2))
    assert one[0].point != other[0].point and one[0].masked != other[0].masked
    assert one[1] != other[1] and one[2] != other[2]


def test_keys_have_an_even_y():
    for _ in range(20):
        key = EncryptionKey.fresh()
        assert 0 < key.secret < ORDER
        assert point_of(key.public).format() == b"\x02" + key.public


def test_what_is_shown_is_the_shared_point():
    shown = show(ROOM, 3, KEY, SEALED)
    expected = point_of(SEALED.point).multiply(KEY.secret.to_bytes(32)).point()
    assert shown.shared == expected
    assert 0 < shown.challenge < ORDER and 0 < shown.response < ORDER
    # Another time it is shown with other numbers.
    assert show(ROOM, 3, KEY, SEALED).response != shown.response
