"""Events as values that JSON can hold: read by decoders that are made once for each event from the contracts' ABIs.

Integers of more than 48 bits are decimal text, bytes are hex, addresses are lower-case, structs are objects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from frontend_api.index.errors import IndexingError
from wattbook import abi

Args = dict[str, Any]
Input = Mapping[str, Any]

_WORD = 32
# What JSON's numbers, and JavaScript's, hold with room to spare.
_NUMBER_BITS = 48


class _Reader(NamedTuple):
    """How a type is read: how many bytes it takes in its place, whether only an offset stands there, and from data, a
    place, and where offsets are counted from, its value."""

    size: int
    moved: bool
    read: Callable[[bytes, int, int], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """An event of a contract."""

    contract: str
    name: str
    inputs: tuple[Input, ...]
    decode: Callable[[Sequence[bytes], bytes], Args]


@cache
def kinds_of(contract: str) -> dict[tuple[bytes, int], Kind]:
    """The events of a contract, by the topic that their logs begin with and how many topics they have."""
    entries = [entry for entry in abi.interface(contract).abi if entry["type"] == "event"]
    return {(keccak(text=abi.signature(one)), abi.topic_count(one)): _kind(contract, one) for one in entries}


def _kind(contract: str, entry: Mapping[str, Any]) -> Kind:
    inputs = tuple(entry["inputs"])
    topics = [(one["name"], _topic(one)) for one in inputs if one["indexed"]]
    body = [(one["name"], _reader(one)) for one in inputs if not one["indexed"]]
    names = [one["name"] for one in inputs]
    if len(set(names)) != len(names):
        raise IndexingError(f"two arguments of {contract}.{entry['name']} have one name")
    in_order = [one["indexed"] for one in inputs] != sorted((one["indexed"] for one in inputs), reverse=True)

    def decode(found: Sequence[bytes], data: bytes) -> Args:
        args = {name: read(topic, 0, 0) for (name, read), topic in zip(topics, found[1:], strict=True)}
        place = 0
        for name, reader in body:
            args[name] = reader.read(data, place, 0)
            place += reader.size
        return {name: args[name] for name in names} if in_order else args

    return Kind(contract, str(entry["name"]), inputs, decode)


def _topic(item: Input) -> Callable[[bytes, int, int], Any]:
    """Of what takes more than a word the hash stands there."""
    reader = _reader(item)
    return _bytes(_WORD) if reader.moved or reader.size != _WORD else reader.read


def _reader(item: Input) -> _Reader:
    kind = str(item["type"])
    if kind.endswith("]"):
        inside, _, count = kind[:-1].rpartition("[")
        return _array(_reader({**item, "type": inside}), int(count) if count else None)
    if kind == "tuple":
        return _struct([(one["name"], _reader(one)) for one in item["components"]])
    if kind in ("string", "bytes"):
        return _moved(_text if kind == "string" else _hex)
    return _Reader(_WORD, False, _word(kind))


def _word(kind: str) -> Callable[[bytes, int, int], Any]:
    if kind == "address":
        return _address
    if kind == "bool":
        return _flag
    if kind.startswith("bytes"):
        return _bytes(int(kind.removeprefix("bytes")))
    if kind.startswith("uint"):
        return _unsigned(int(kind.removeprefix("uint")))
    if kind.startswith("int"):
        return _signed(int(kind.removeprefix("int")))
    raise IndexingError(f"there is no decoder of {kind}")


def _number(data: bytes, at: int) -> int:
    word = data[at : at + _WORD]
    if len(word) != _WORD:
        raise IndexingError(f"the data ends before byte {at + _WORD}")
    return int.from_bytes(word)


def _unsigned(bits: int) -> Callable[[bytes, int, int], Any]:
    def read_number(data: bytes, at: int, base: int) -> int:
        number = _number(data, at)
        if number >> bits:
            raise IndexingError(f"{number} does not fit {bits} bits")
        return number

    def read_text(data: bytes, at: int, base: int) -> str:
        return str(read_number(data, at, base))

    return read_number if bits <= _NUMBER_BITS else read_text


def _signed(bits: int) -> Callable[[bytes, int, int], Any]:
    def read(data: bytes, at: int, base: int) -> Any:
        number = _number(data, at)
        if number >> 255:
            number -= 1 << 256
        if not -(1 << bits - 1) <= number < 1 << bits - 1:
            raise IndexingError(f"{number} does not fit {bits} bits")
        return number if bits <= _NUMBER_BITS else str(number)

    return read


def _address(data: bytes, at: int, base: int) -> str:
    word = data[at : at + _WORD]
    if len(word) != _WORD or word[:12] != bytes(12):
        raise IndexingError(f"{word.hex()} is no address")
    return "0x" + word[12:].hex()


def _flag(data: bytes, at: int, base: int) -> bool:
    number = _number(data, at)
    if number > 1:
        raise IndexingError(f"{number} is neither true nor false")
    return number == 1


def _bytes(size: int) -> Callable[[bytes, int, int], str]:
    def read(data: bytes, at: int, base: int) -> str:
        word = data[at : at + _WORD]
        if len(word) != _WORD:
            raise IndexingError(f"the data ends before byte {at + _WORD}")
        return "0x" + word[:size].hex()

    return read


def _part(data: bytes, at: int) -> bytes:
    """Bytes of which the length stands before them."""
    size = _number(data, at)
    found = data[at + _WORD : at + _WORD + size]
    if len(found) != size:
        raise IndexingError(f"the data ends before byte {at + _WORD + size}")
    return found


def _text(data: bytes, at: int) -> str:
    """What a contract took for a text need not be one, and PostgreSQL has no place for the character 0."""
    return _part(data, at).decode(errors="replace").replace("\0", "\ufffd")


def _hex(data: bytes, at: int) -> str:
    return "0x" + _part(data, at).hex()


def _moved(read: Callable[[bytes, int], Any]) -> _Reader:
    """What stands elsewhere, in its place how far from the beginning."""
    return _Reader(_WORD, True, lambda data, at, base: read(data, base + _number(data, at)))


def _struct(parts: list[tuple[str, _Reader]]) -> _Reader:
    def read(data: bytes, at: int, base: int) -> Args:
        found, place = {}, at
        for name, part in parts:
            found[name] = part.read(data, place, base)
            place += part.size
        return found

    if any(part.moved for _, part in parts):
        return _moved(lambda data, at: read(data, at, at))
    return _Reader(sum(part.size for _, part in parts), False, read)


def _array(part: _Reader, count: int | None) -> _Reader:
    def read(data: bytes, at: int, base: int, length: int) -> list[Any]:
        return [part.read(data, place, base) for place in range(at, at + length * part.size, part.size)]

    def read_counted(data: bytes, at: int) -> list[Any]:
        length = _number(data, at)
        if length * _WORD > len(data):
            raise IndexingError(f"the data has no room for {length} items")
        return read(data, at + _WORD, at + _WORD, length)

    if count is None:
        return _moved(read_counted)
    if part.moved:
        return _moved(lambda data, at: read(data, at, at, count))
    return _Reader(count * part.size, False, lambda data, at, base: read(data, at, base, count))
