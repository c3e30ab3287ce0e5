"""What the browser computes is what Python does: seals, boxes, hashes, amounts, days."""

import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from tests.services import missing
from wattbook.contracts.structs import Carrier
from wattbook.eip712 import MESSAGES
from wattbook.market import escrow, words
from wattbook.market.words import Book, Quote
from wattbook.tender import boxes
from wattbook.tender.boxes import Box, EncryptionKey, Room
from wattbook.units import format_kwh, format_pt

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
NARROW = "\u202f"


def ask(*questions: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the pages' modules answer, in one run of node."""
    if not shutil.which("node"):
        missing("there is no node to run the pages' modules with")
    script = Path(__file__).parent / "vectors.mjs"
    run = subprocess.run(
        ["node", script], input=json.dumps(questions), capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return list(json.loads(run.stdout))


def test_seals_words_and_locks_are_those_of_the_engine() -> None:
    zone = b"park".ljust(32, b"\0")
    cases = []
    for number, (sell, wh, price, device) in enumerate(
        [(False, 8_000, 460, 0), (True, 2_500, 310, 7), (True, 10**7, 65_535, 2**21 - 1), (False, 100, 0, 0)]
    ):
        book = Book(Carrier.HEATING, zone, 3, 1_800_000_000 + 900 * number)
        cases.append((book, Quote(ADDRESS, sell, wh, price, device, number), keccak(text=str(number))))
    questions: list[tuple[str, dict[str, Any]]] = []
    for book, quote, salt in cases:
        order = {
            "book": "0x" + book.key.hex(),
            "carrier": int(book.carrier),
            "zone_number": book.zone_number,
            "slot_start": book.slot_start,
            "trader": quote.trader,
            "sell": quote.sell,
            "wh": quote.wh,
            "price": quote.price,
            "device": quote.device,
            "number": quote.number,
            "salt": "0x" + salt.hex(),
        }
        questions.append(("seal", {"chain_id": 31337, "auction": OTHER, "order": order}))
        questions.append(("book", {"carrier": int(book.carrier), "zone": "park", "slot_start": book.slot_start}))
        questions.append(("locks", {"wh": quote.wh, "price": quote.price, "dearest": 700}))
    answers = iter(ask(*questions))
    for book, quote, salt in cases:
        sealed, word = next(answers)
        assert sealed == "0x" + words.seal(31337, OTHER, book, quote, salt).hex()
        assert int(word) == quote.word()
        assert next(answers) == "0x" + book.key.hex()
        size = words.class_of(quote.wh)
        assert [int(one) for one in next(answers)] == [
            escrow.buyer_lock(quote.wh, quote.price),
            quote.wh * max(escrow.LEAST_MARGIN_RATE, 700 - quote.price),
            escrow.bond(int(size)),
        ]


def test_boxes_are_read_by_python_and_pythons_boxes_by_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    room, key = Room(31337, OTHER, 12), EncryptionKey.fresh()
    where = {"chain_id": 31337, "contract": OTHER, "tender": 12, "trader": ADDRESS}
    public, secret = "0x" + key.public.hex(), f"0x{key.secret:064x}"
    drawn = [int.from_bytes(keccak(text="r")), int.from_bytes(keccak(text="k"))]
    left = iter(drawn)
    monkeypatch.setattr(boxes.secrets, "randbelow", lambda bound: next(left) - 1)
    mine, hashed, salt = boxes.seal(room, ADDRESS, key.public, 20_000_000, 455)
    monkeypatch.undo()
    python = {
        "point": str(int.from_bytes(mine.point)),
        "masked": "0x" + mine.masked.hex(),
        "challenge": str(mine.challenge),
        "response": str(mine.response),
    }
    said = {**where, "key": public, "wh": 20_000_000, "price": 455}
    changed = {**python, "masked": "0x" + bytes([mine.masked[0] ^ 1, *mine.masked[1:]]).hex()}
    opening = {**where, "secret": secret, "box": python, "hash": "0x" + hashed.hex()}
    same, other, found, *nothing = ask(
        ("box", {**said, "drawn": [str(one) for one in drawn]}),
        ("sealed", said),
        ("opened", opening),
        ("opened", {**opening, "trader": OTHER}),
        ("opened", {**opening, "tender": 13}),
        ("opened", {**opening, "box": changed}),
        ("opened", {**opening, "hash": "0x" + bytes(32).hex()}),
    )
    assert same == {"box": python, "hash": "0x" + hashed.hex(), "salt": "0x" + salt.hex()}
    assert found == {"wh": "20000000", "price": "455", "salt": "0x" + salt.hex()}
    assert nothing == [None] * 4
    # One that the browser drew itself.
    its = other["box"]
    box = Box(
        int(its["point"]).to_bytes(32), bytes.fromhex(its["masked"][2:]), int(its["challenge"]), int(its["response"])
    )
    opened = boxes.unseal(room, ADDRESS, key, box)
    assert opened is not None
    assert (opened.wh, opened.price, "0x" + opened.salt.hex()) == (20_000_000, 455, other["salt"])


def test_keys_of_tenders() -> None:
    for drawn in (1, 2, 3, 2**200 + 7):
        (found,) = ask(("key", {"drawn": str(drawn)}))
        key = EncryptionKey(int(found["secret"], 16))
        assert "0x" + key.public.hex() == found["public"]
        assert key.secret in (drawn, boxes.ORDER - drawn)


def test_typed_data_is_hashed_and_signed_by_a_meters_key() -> None:
    values: dict[str, Any] = {"owner": ADDRESS, "zone": 1, "carrier": 0, "direction": 1, "technology": 10_101}
    values |= {"clean": True, "stores": False, "ratedW": 5_000, "modulus": 0, "site": "0x" + "11" * 32}
    values |= {"curve": 0, "x": "0x" + "22" * 32, "y": "0x" + "00" * 32, "deadline": "1800000000"}
    domain = {"name": "Wattbook Meters", "version": "1", "chainId": 31337, "verifyingContract": OTHER}
    kinds = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
    document = {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in kinds.items()],
            "DeviceRegistration": [
                {"name": name, "type": kind} for name, kind in MESSAGES["DeviceRegistration"].fields
            ],
        },
        "primaryType": "DeviceRegistration",
        "domain": domain,
        "message": values,
    }
    digest, (key, signature) = ask(("digest", {"document": document}), ("meter", {"document": document}))
    signable = encode_typed_data(full_message=document | {"message": {**values, "deadline": 1_800_000_000}})
    assert digest == "0x" + keccak(b"\x19\x01" + signable.header + signable.body).hex()
    assert Account.from_key(key["secret"]).address == to_checksum_address("0x" + key["x"][-40:])
    assert Account.recover_message(signable, signature=signature) == Account.from_key(key["secret"]).address


def test_calls_are_encoded_as_the_contracts_read_them() -> None:
    retirement = ["address", "uint40", "uint40", "string"]
    purpose = "Kochen, 夏天"
    plain, tupled, listed, checksummed = ask(
        ("call", {"name": "commit", "kinds": ["bytes32", "uint8"], "values": ["0x" + "ab" * 32, 2]}),
        ("call", {"name": "retire", "kinds": ["uint256", retirement], "values": ["7", [ADDRESS, 1, 2, purpose]]}),
        ("call", {"name": "reveal", "kinds": [[["uint256", "bytes32"], "[]"]], "values": [[["1", "0x" + "cd" * 32]]]}),
        ("checksummed", {"address": ADDRESS.lower()}),
    )
    codec = Web3().codec
    assert (
        plain
        == "0x"
        + (keccak(text="commit(bytes32,uint8)")[:4] + codec.encode(["bytes32", "uint8"], [b"\xab" * 32, 2])).hex()
    )
    body = codec.encode(["uint256", "(address,uint40,uint40,string)"], [7, (ADDRESS, 1, 2, purpose)])
    assert tupled == "0x" + (keccak(text="retire(uint256,(address,uint40,uint40,string))")[:4] + body).hex()
    body = codec.encode(["(uint256,bytes32)[]"], [[(1, b"\xcd" * 32)]])
    assert listed == "0x" + (keccak(text="reveal((uint256,bytes32)[])")[:4] + body).hex()
    assert checksummed == ADDRESS


@settings(max_examples=5)
@given(st.lists(st.integers(-(10**30), 10**30), min_size=20, max_size=20))
def test_amounts_are_shown_to_the_last_digit(amounts: list[int]) -> None:
    answers = iter(ask(*(("shown", {"value": str(one), "unit": unit}) for one in amounts for unit in ("PT", "KWH"))))
    for one in amounts:
        assert _plain(next(answers)) == format_pt(one).removesuffix(" PT")
        kwh = format_kwh(one).removesuffix(" kWh")
        assert _plain(next(answers)) == kwh.rstrip("0").rstrip(".")


TYPED = [
    ("12.5", "KWH", "12500"),
    (" 7 ", "KWH", "7000"),
    ("0.431", "PRICE", "431"),
    ("\uff11\uff12.\uff15", "KWH", "12500"),
    ("1 000", "KWH", "1000000"),
    (f"1{NARROW}234.5", "PT", "1234500000"),
    ("0.000001", "PT", "1"),
    ("1,000", "KWH", "ambiguous"),
    ("1.000", "KWH", "ambiguous"),
    ("1.000.000", "KWH", "ambiguous"),
    ("12,5", "KWH", "comma"),
    ("0,431", "PRICE", "comma"),
    ("1\uff0c000", "KWH", "ambiguous"),
    ("0.4315", "PRICE", "fine"),
    ("0.4310", "PRICE", "431"),
    ("", "KWH", "empty"),
    ("-5", "KWH", "number"),
    ("1e3", "KWH", "number"),
    ("0x10", "KWH", "number"),
    ("١٢", "KWH", "number"),
    ("5 kWh", "KWH", "number"),
    ("1 00", "KWH", "number"),
]


def test_what_is_typed_is_read_rightly_or_refused() -> None:
    answers = ask(*(("typed", {"text": text, "unit": unit}) for text, unit, _ in TYPED))
    assert dict(zip(TYPED, answers, strict=True)) == {case: case[2] for case in TYPED}


def test_rounding_for_the_eye() -> None:
    cases = {"1499999": "1.50", "1495000": "1.50", "-1495000": "\u22121.50", "1494999": "1.49", "0": "0.00"}
    asked = [("rounded", {"value": one, "unit": "PT", "decimals": 2}) for one in cases]
    assert ask(*asked) == list(cases.values())


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-21", 24), ("2026-10-26", 24)]
)
def test_days_have_as_many_hours_as_the_clocks_there_show(day: str, hours: int) -> None:
    noon = int(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    ((start, end),) = ask(("day", {"time": noon, "zone": "Europe/Berlin"}))
    assert start == int(datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    assert end - start == hours * 3600


def test_hours_that_come_twice_and_hours_that_are_left_out() -> None:
    asked = ["2026-10-25T02:30", "2026-03-29T02:30", "2026-06-21T12:00", "2026-02-30T12:00", "tomorrow"]
    twice, never, once, *none = ask(*(("local", {"text": one, "zone": "Europe/Berlin"}) for one in asked))
    assert twice == [1792888200, 1792891800]
    assert (never, once, none) == ([], [1782036000], [[], []])
    assert ask(("left", {"seconds": 462.9}), ("left", {"seconds": 4062}), ("left", {"seconds": -3})) == [
        "7:42",
        "1:07:42",
        "0:00",
    ]


def _plain(text: str) -> str:
    return text.replace(NARROW, ",").replace("\u2212", "-")
