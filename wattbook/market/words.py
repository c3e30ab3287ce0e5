"""Orders as the auction's contracts have them: 32-byte words, and the seals that hide them until they are revealed.

A word is, from its low end, trader 160 bits, Wh 40, price 16, sell 1, index 14, number 4, device 21. The index is the
order's place among the book's commitments, the number its place among the trader's own; an order that is sealed has
the index 0.
"""

import secrets
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3

from wattbook.contracts.structs import Carrier, SizeClass
from wattbook.market.bounds import bounded
from wattbook.market.escrow import size_class

GROUP_SIZE = 32
MIN_WH = 100
MAX_ORDERS_OF_ONE = 16
MAX_DEVICE = 2**21 - 1
_CHAIN_MASK = (2**224 - 1) << 32


@dataclass(frozen=True)
class Book:
    """What is traded in a book: a carrier, in a zone, in the slot that begins at `slot_start`."""

    carrier: Carrier
    zone: bytes
    zone_number: int
    slot_start: int

    @property
    def key(self) -> bytes:
        return keccak(encode(["uint8", "bytes32", "uint40"], [self.carrier, self.zone, self.slot_start]))

    def unit_id(self, device: int) -> int:
        """The id of a device's energy in this book."""
        return int(self.carrier) << 88 | self.zone_number << 72 | device << 40 | self.slot_start


@dataclass(frozen=True)
class Quote:
    """One trader's order: to buy, or with a `device` to sell what it delivers."""

    trader: str
    sell: bool
    wh: int
    price: int
    device: int = 0
    number: int = 0

    def word(self, index: int = 0) -> int:
        bounded("number", self.number, MAX_ORDERS_OF_ONE - 1)
        bounded("device", self.device, MAX_DEVICE)
        bounded("price", self.price, 2**16 - 1)
        bounded("wh", self.wh, 2**40 - 1)
        return (
            int(self.trader, 16)
            | self.wh << 160
            | self.price << 200
            | self.sell << 216
            | index << 217
            | self.number << 231
            | self.device << 235
        )

    @classmethod
    def of_word(cls, word: int) -> "Quote":
        trader = Web3.to_checksum_address((word & (2**160 - 1)).to_bytes(20, "big"))
        return cls(
            trader,
            bool(word >> 216 & 1),
            word >> 160 & (2**40 - 1),
            word >> 200 & 0xFFFF,
            word >> 235,
            word >> 231 & 0xF,
        )


def class_of(wh: int) -> SizeClass:
    """The smallest class that holds an order of this size."""
    return SizeClass(size_class(wh))


def new_salt() -> bytes:
    """Random from the operating system: a guessed salt is a known quote."""
    return secrets.token_bytes(32)


def seal(chain_id: int, auction: str, book: Book, quote: Quote, salt: bytes) -> bytes:
    """The commitment to a quote, which nobody else can use, and not elsewhere."""
    kinds = ["uint256", "address", "bytes32", "address", "bool", "uint256", "uint256", "uint256", "bytes32"]
    unit = book.unit_id(quote.device) if quote.sell else 0
    values = [chain_id, auction, book.key, quote.trader, quote.sell, quote.price, quote.wh, unit, salt]
    return keccak(encode(kinds, values))


def index_of(word: int) -> int:
    """A revealed order's place among the book's commitments."""
    return word >> 217 & 0x3FFF


def unpacked_fill(fill: int) -> tuple[int, int, int]:
    """What an order got: Wh, its amount and its commission in uPT."""
    return fill & (2**40 - 1), fill >> 40 & (2**64 - 1), fill >> 104


def in_groups(words: list[int]) -> list[int]:
    """Words in the sequence in which the contracts want them: group after group, as revealed inside each."""
    return sorted(words, key=lambda word: index_of(word) // GROUP_SIZE)


def slices(words: list[int], most: int) -> list[list[int]]:
    """Words in whole groups cut into parts of at most `most`, if a group is not larger."""
    parts: list[list[int]] = []
    groups: dict[int, list[int]] = {}
    for word in in_groups(words):
        groups.setdefault(index_of(word) // GROUP_SIZE, []).append(word)
    for group in groups.values():
        if parts and len(parts[-1]) + len(group) <= most:
            parts[-1] += group
        else:
            parts.append(list(group))
    return parts or [[]]


def group_chain(book: bytes, words: list[int]) -> int:
    """The hash chain over a group's words that the auction keeps, in its upper 224 bits."""
    chain = int.from_bytes(book) & _CHAIN_MASK
    for word in words:
        chain = int.from_bytes(keccak(chain.to_bytes(32) + word.to_bytes(32))) & _CHAIN_MASK
    return chain
