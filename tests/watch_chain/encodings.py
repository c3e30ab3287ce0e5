"""Headers of all kinds, good and bad, and what the engine makes of them."""

from collections.abc import Callable
from random import Random
from typing import Any

import rlp
from coincurve import PrivateKey

from tests.governance.blocks import fields
from wattbook.governance.equivocation import Sealed
from wattbook.governance.headers import header
from wattbook.governance.refusals import GovernanceError

Read = tuple[int, int, bytes, bytes]
EXTRA = 12


def expected(encoded: bytes) -> Read | None:
    """Number, round, parent and hash of a header as validators sign it; None if it is none."""
    try:
        found = header(encoded)
    except GovernanceError as error:
        assert error.name == "NoHeader"
        return None
    if found.extra.seals:
        return None
    return found.number, found.extra.round, found.parent, found.sealed_hash


def number(chance: Random) -> bytes:
    """As RLP has it, of any length up to 8 bytes."""
    return bytes(
        rlp.sedes.big_endian_int.serialize(
            chance.choice((0, 1, 2, 9, 127, 128, 255, 7_000_000, 2**40, chance.getrandbits(64)))
        )
    )


def parts(chance: Random) -> list[Any]:
    """Extra data, mostly as they are where a contract names the validators."""
    validators = [chance.randbytes(20) for _ in range(chance.choice((0, 0, 0, 4, 21)))]
    vote = chance.choice(([], [], [], [chance.randbytes(20), b""], [chance.randbytes(20), b"\xff"]))
    return [chance.randbytes(32), validators, vote, number(chance), []]


def good(chance: Random) -> list[Any]:
    """The fields of a header: of some fork, with any content; the extra data are left a list."""
    made = fields(parent=chance.randbytes(32), state=chance.randbytes(32))
    made[8] = number(chance)
    made[EXTRA] = parts(chance)
    for place in (7, 9, 10, 11):
        made[place] = chance.choice((number(chance), chance.randbytes(chance.randint(0, 60))))
    made = made[: chance.choice((15, 16, 17, 20, 20, 20))]
    return made + [chance.randbytes(chance.choice((0, 1, 8, 32))) for _ in range(chance.choice((0, 0, 0, 1, 12)))]


def encode(fields: list[Any]) -> bytes:
    return bytes(rlp.encode([rlp.encode(one) if isinstance(one, list) else one for one in fields]))


# ------------------------------------------------------------------------------------------------------------- mistakes


def _elsewhere(chance: Random, made: list[Any]) -> None:
    """Another number of fields."""
    size = chance.choice((0, 1, 12, 13, 14, 15, 32, 33, 40))
    made[:] = (made * 3)[:size]


def _length(chance: Random, made: list[Any]) -> None:
    place = chance.randrange(len(made))
    if place != EXTRA:
        made[place] = chance.randbytes(chance.choice((0, 1, 9, 19, 20, 21, 31, 32, 33, 55, 56, 255, 256, 257)))


def _list_for_string(chance: Random, made: list[Any]) -> None:
    place = chance.randrange(len(made))
    made[place] = [] if place != EXTRA else b"no list"


def _leading_zero(chance: Random, made: list[Any]) -> None:
    zeros = chance.choice((b"\0", b"\0\1", b"\0" * 9, b"\1" * 9))
    if chance.random() < 0.5:
        made[8] = zeros
    else:
        made[EXTRA][3] = zeros


def _part(chance: Random, made: list[Any]) -> None:
    """Something is amiss in the extra data."""
    extra = made[EXTRA]
    place = chance.randrange(5)
    odd: list[Any] = [
        [],
        b"",
        b"\x01",
        [b""],
        [b"x" * 20],
        [b"x" * 20, b"\1"],
        [b"x" * 20, []],
        [[b"x"] * 20, b""],
        [b"x" * 19],
        [b"x" * 20, b"\xff", b""],
        [b"s" * 65],
        chance.randbytes(32),
        [[]],
    ]
    extra[place] = chance.choice(odd)
    if chance.random() < 0.2:
        extra.append(b"")
    if chance.random() < 0.1:
        del extra[chance.randrange(len(extra))]


def _seals(chance: Random, made: list[Any]) -> None:
    made[EXTRA][4] = [chance.randbytes(65) for _ in range(chance.choice((1, 4)))]


MISTAKES: tuple[Callable[[Random, list[Any]], None], ...] = (
    _elsewhere,
    _length,
    _list_for_string,
    _leading_zero,
    _part,
    _seals,
)


def loosely(item: Any, chance: Random, share: float) -> bytes:
    """RLP, but now and then not as it should be: a length too long or short, in more bytes, or of a single byte."""
    if isinstance(item, list):
        content, offset = b"".join(loosely(one, chance, share) for one in item), 0xC0
    else:
        content, offset = item, 0x80
        if len(content) == 1 and content[0] < 0x80 and chance.random() >= share:
            return bytes(content)
    length = len(content)
    if chance.random() < share:
        length = max(0, length + chance.choice((-1, 0, 1, 0)))
        width = max(1, (length.bit_length() + 7) // 8) + chance.choice((0, 0, 1, 7))
        if width <= 8:
            return bytes([offset + 55 + width]) + length.to_bytes(width) + content
    if length < 56:
        return bytes([offset + length]) + content
    width = (length.bit_length() + 7) // 8
    return bytes([offset + 55 + width]) + length.to_bytes(width) + content


def damaged(chance: Random, encoded: bytes) -> bytes:
    """Bytes changed, cut off, put in or added."""
    found = bytearray(encoded)
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(found) + 1)
        what = chance.random()
        if what < 0.5 and place < len(found):
            found[place] = chance.choice(
                (0, 0x7F, 0x80, 0x81, 0xB7, 0xB8, 0xC0, 0xF7, 0xF8, 0xFF, chance.getrandbits(8))
            )
        elif what < 0.7:
            del found[place : place + chance.choice((1, 1, 2, 40))]
        elif what < 0.9:
            found[place:place] = chance.randbytes(chance.choice((1, 1, 2, 40)))
        else:
            found += chance.randbytes(chance.choice((1, 32)))
    return bytes(found)


def any_header(chance: Random) -> bytes:
    """Good ones, some with a mistake of one kind or another."""
    made = good(chance)
    kind = chance.random()
    if kind < 0.3:
        return encode(made)
    if kind < 0.55:
        chance.choice(MISTAKES)(chance, made)
        return encode(made)
    if kind < 0.75:
        made[EXTRA] = loosely(made[EXTRA], chance, 0.1 if chance.random() < 0.5 else 0)
        return loosely(made, chance, chance.choice((0.0, 0.02, 0.05)))
    return damaged(chance, encode(made))


# ---------------------------------------------------------------------------------------------------------------- seals


def seal(key: PrivateKey, digest: bytes) -> bytes:
    return key.sign_recoverable(digest, hasher=None)


def _higher(one: bytes) -> bytes:
    """The other signature that the same key can make of it."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    return one[:32] + (order - int.from_bytes(one[32:64])).to_bytes(32) + bytes([one[64] ^ 1])


def any_seal(chance: Random, key: PrivateKey, encoded: bytes) -> bytes:
    read = expected(encoded)
    made = seal(key, read[3] if read else bytes(32))
    kind = chance.random()
    if kind < 0.8:
        return made
    if kind < 0.87:
        return _higher(made)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    odd = (
        made[:64] + bytes([made[64] + 27]),
        made[:64],
        made + b"\0",
        bytes(65),
        bytes(32) + made[32:],
        made[:32] + bytes(32) + made[64:],
        order.to_bytes(32) + made[32:],
        made[:32] + order.to_bytes(32) + made[64:],
        made[:64] + b"\2",
        chance.randbytes(64) + b"\1",
        b"",
    )
    return chance.choice(odd)


def any_pair(chance: Random, keys: list[PrivateKey]) -> tuple[Sealed, Sealed]:
    """Two headers, alike but for little, each with a seal; mostly of one key."""
    made = good(chance)
    other = [list(one) if isinstance(one, list) else one for one in made]
    for _ in range(chance.choice((0, 1, 1, 1, 2))):
        place = chance.choice((0, 3, 3, 3, 3, 8, EXTRA))
        if place == EXTRA:
            other[EXTRA][chance.choice((0, 3, 3))] = chance.choice((chance.randbytes(32), number(chance)))
        else:
            other[place] = number(chance) if place == 8 else chance.randbytes(32)
    if chance.random() < 0.05:
        made[8] = other[8] = b""
    first, second = encode(made), encode(other)
    if chance.random() < 0.1:
        second = damaged(chance, second)
    one = chance.choice(keys)
    two = one if chance.random() < 0.85 else chance.choice(keys)
    return Sealed(first, any_seal(chance, one, first)), Sealed(second, any_seal(chance, two, second))
