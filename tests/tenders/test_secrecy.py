"""Of twenty quotes of which two win, nothing about the other eighteen can be learned without the owner's key."""

import gzip
import json
from collections.abc import Iterator
from random import Random

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from wattbook.contracts.structs import QuoteState
from wattbook.tender import boxes
from wattbook.tender.boxes import EncryptionKey

NAMES = [f"user {place}" for place in range(20)]
WINNERS = (4, 11)


@pytest.fixture(scope="module")
def tendered(standing_floor):
    """A tender of 20 quotes, all unlike, of which two were awarded."""
    floor, luck = standing_floor, Random(20)
    floor.begin(NAMES)
    first = floor.park.blocks.chain.web3.eth.block_number
    floor.publish(1_000_000, reserve=300)
    quotes = {name: (luck.randint(100_000, 500_000), luck.randint(300, 60_000)) for name in NAMES}
    for name, (wh, price) in quotes.items():
        floor.quote(name, wh, price)
    floor.award({place: quotes[NAMES[place]][0] for place in WINNERS})
    return floor, first, [(floor.account(name), *quotes[name]) for name in NAMES]


@pytest.fixture(scope="module")
def public(tendered) -> bytes:
    """All that anybody sees: calldata and events since the tender began, and what its contracts have stored."""
    floor, first, _ = tendered
    web3 = floor.park.blocks.chain.web3
    seen = []
    for number in range(first, web3.eth.block_number + 1):
        block = web3.eth.get_block(number, full_transactions=True)
        seen += [bytes(sent["input"]) for sent in block["transactions"]]
        for log in web3.eth.get_logs({"fromBlock": number, "toBlock": number}):
            seen += [b"".join(map(bytes, log["topics"])), bytes(log["data"])]
    dumped = web3.provider.make_request(RPCEndpoint("anvil_dumpState"), [])["result"]
    state = json.loads(gzip.decompress(bytes.fromhex(dumped[2:])))
    ours = {one.address.lower() for one in (floor.tenders, floor.supplies, floor.market.vault)}
    for address, account in state["accounts"].items():
        for slot, value in account["storage"].items() if address.lower() in ours else ():
            seen.append(int(slot, 16).to_bytes(32) + int(value, 16).to_bytes(32))
    # So that whatever was a word is one here too.
    return b"".join(part + bytes(-len(part) % 4) for part in seen)


def words(data: bytes) -> Iterator[bytes]:
    """Every 32 bytes that stand anywhere; words follow a selector of four."""
    return iter({data[start : start + 32] for start in range(0, len(data) - 31, 4)})


def forms(wh: int, price: int) -> list[bytes]:
    """How a quote could stand in plain sight: side by side as words, packed, or in a box that is not masked."""
    order = price << 40 | wh
    return [
        encode(["uint256", "uint256"], [wh, price]),
        encode(["uint256", "uint256"], [price, wh]),
        order.to_bytes(7),
        wh.to_bytes(5) + price.to_bytes(2),
    ]


def test_the_search_finds_what_was_opened(tendered, public):
    """So that finding nothing of the others means something."""
    _, _, quotes = tendered
    for place in WINNERS:
        _, wh, price = quotes[place]
        assert any(form in public for form in forms(wh, price))


def test_no_losers_quote_stands_anywhere(tendered, public):
    _, _, quotes = tendered
    for place, (_, wh, price) in enumerate(quotes):
        if place not in WINNERS:
            assert not any(form in public for form in forms(wh, price))


def test_nothing_opens_a_losers_hash_or_box(tendered, public):
    """All that is public is tried as the salt of a hash, for who guesses the quote, and as the pad of a box."""
    floor, _, quotes = tendered
    opened_hashes, opened_boxes = set(), set()
    hashes, masks = {}, {}
    for one in floor.opened():
        masks[one.number] = one.box.masked
        hashes[one.number] = (one.trader, one.hash)
    candidates = list(words(public))
    for word in candidates:
        for number, masked in masks.items():
            plain = bytes(a ^ b for a, b in zip(masked[:9], word[:9], strict=True))
            if plain == bytes(9) and boxes._xor(masked, word) == boxes._plain(word, *_order(masked, word)):
                opened_boxes.add(number)
    salts = [word for word in candidates if word.count(0) < 8]
    for number, (trader, hashed) in hashes.items():
        _, wh, price = quotes[number]
        prefix = _prefix(floor, trader, wh, price)
        if any(keccak(prefix + salt) == hashed for salt in salts):
            opened_hashes.add(number)
    assert opened_hashes == set(WINNERS)
    assert opened_boxes == set()


def test_another_key_opens_nothing_and_the_owners_all(tendered):
    floor, _, quotes = tendered
    assert [(one.opened.wh, one.opened.price) for one in floor.opened()] == [(wh, price) for _, wh, price in quotes]
    own, floor.key = floor.key, EncryptionKey.fresh()
    try:
        assert [one.opened for one in floor.opened()] == [None] * 20
    finally:
        floor.key = own


def test_the_losers_are_free_and_never_opened(tendered):
    floor, _, _ = tendered
    states = [floor.tenders.quote_of(floor.tender, number).state for number in range(20)]
    assert [place for place, state in enumerate(states) if state is QuoteState.AWARDED] == list(WINNERS)
    assert states.count(QuoteState.LOST) == 18


def _order(masked: bytes, pad: bytes) -> tuple[int, int]:
    order = int.from_bytes(boxes._xor(masked, pad)[:16])
    return order & boxes.MAX_WH, order >> 40


def _prefix(floor, trader: str, wh: int, price: int) -> bytes:
    room = floor.room
    return encode(
        ["uint256", "address", "bytes32", "address", "bool", "uint256", "uint256", "uint256"],
        [room.chain_id, room.contract, room.tender.to_bytes(32), trader, False, price, wh, 0],
    )
