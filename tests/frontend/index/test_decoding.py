"""Events as web3 decodes them, in the form in which they are kept; and data that is none."""

import random

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3

from frontend_api.index.decoding import kinds_of
from frontend_api.index.errors import IndexingError
from frontend_api.index.events import Log, Telling
from frontend_api.index.facts import RULES
from wattbook import abi

EVENTS = [
    (contract, entry)
    for contract in abi.contract_names()
    for entry in abi.interface(contract).abi
    if entry["type"] == "event"
]
TIMES = 3
ADDRESS = "0x" + "ab" * 20


def any_value(luck: random.Random, item: dict):
    """A value of a type, now and then at its bounds."""
    kind = item["type"]
    if kind.endswith("]"):
        inside, _, count = kind[:-1].rpartition("[")
        number = int(count) if count else luck.randint(0, 4)
        return [any_value(luck, {**item, "type": inside}) for _ in range(number)]
    if kind == "tuple":
        return tuple(any_value(luck, part) for part in item["components"])
    if kind == "address":
        return Web3.to_checksum_address(luck.randbytes(20))
    if kind == "bool":
        return luck.random() < 0.5
    if kind == "string":
        return luck.choice(["", "电力", "a" * 70, "<b>", "'; --"])
    if kind == "bytes":
        return luck.randbytes(luck.randint(0, 70))
    if kind.startswith("bytes"):
        return luck.randbytes(int(kind[5:]))
    bits = int(kind.lstrip("uint"))
    if kind.startswith("u"):
        return luck.choice([0, 1, 2**bits - 1, luck.getrandbits(bits)])
    return luck.choice([0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), luck.getrandbits(bits - 1)])


def kept(value, item: dict):
    """As the index keeps what web3 gives."""
    kind = item["type"]
    if kind.endswith("]"):
        return [kept(one, {**item, "type": kind[: kind.rindex("[")]}) for one in value]
    if kind == "tuple":
        return {part["name"]: kept(value[part["name"]], part) for part in item["components"]}
    if kind == "address":
        return value.lower()
    if kind.startswith("bytes"):
        return "0x" + bytes(value).hex()
    if kind in ("bool", "string"):
        return value
    return value if int(kind.lstrip("uint")) <= 48 else str(value)


def log_of(entry: dict, values: list) -> tuple[list[bytes], bytes]:
    typed = [
        (abi.canonical_type(item), item["indexed"], value) for item, value in zip(entry["inputs"], values, strict=True)
    ]
    topics = [
        keccak(text=abi.signature(entry)),
        *(encode([kind], [value]) for kind, indexed, value in typed if indexed),
    ]
    inside = [(kind, value) for kind, indexed, value in typed if not indexed]
    return topics, encode([kind for kind, _ in inside], [value for _, value in inside])


@pytest.mark.parametrize(("contract", "entry"), EVENTS, ids=[f"{name}.{entry['name']}" for name, entry in EVENTS])
def test_as_web3_does(contract, entry):
    luck = random.Random(f"{contract} {entry['name']}")
    event = Web3().eth.contract(abi=[entry]).events[abi.signature(entry)]()
    kind = kinds_of(contract)[keccak(text=abi.signature(entry)), abi.topic_count(entry)]
    for _ in range(TIMES):
        topics, data = log_of(entry, [any_value(luck, item) for item in entry["inputs"]])
        log = {
            "address": Web3.to_checksum_address(ADDRESS),
            "topics": [topics[0], *topics[1:]],
            "data": data,
            **{name: 1 for name in ("blockNumber", "logIndex", "transactionIndex")},
            **{name: bytes(32) for name in ("blockHash", "transactionHash")},
        }
        args = event.process_log(log)["args"]
        expected = {item["name"]: kept(args[item["name"]], item) for item in entry["inputs"]}
        found = kind.decode(topics, data)
        assert found == expected
        assert list(found) == [item["name"] for item in entry["inputs"]]


def told(contract: str, name: str, values: list, data: bytes | None = None):
    entry = next(entry for one, entry in EVENTS if (one, entry["name"]) == (contract, name))
    topics, body = log_of(entry, values)
    log = Log(1, "0x" + "11" * 32, 0, "0x" + "22" * 32, ADDRESS, b"".join(topics), body if data is None else data)
    return Telling({contract: ADDRESS}).read([log])


def test_a_text_that_is_none():
    """A contract takes any bytes for a text."""
    for raw, shown in ((b"\xff\xfeok", "\ufffd\ufffdok"), (b"a\0b", "a\ufffdb"), (b"\xed\xa0\x80", "\ufffd" * 3)):
        data = encode(["bytes"], [raw])
        [one] = told("Membership", "MemberSuspended", [1, ADDRESS, ""], data)
        assert one.event.args["reason"] == shown


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "the data ends before byte 32"),
        ((64).to_bytes(32), "the data ends before byte 96"),
        ((32).to_bytes(32) + (2**200).to_bytes(32), "the data ends before byte"),
        ((2**255).to_bytes(32), "the data ends before byte"),
    ],
)
def test_data_that_is_cut_off(data, word):
    with pytest.raises(IndexingError, match=f"block 1, log 0, Membership.MemberSuspended cannot be decoded: {word}"):
        told("Membership", "MemberSuspended", [1, ADDRESS, ""], data)


def test_more_items_than_there_is_room_for():
    data = (32).to_bytes(32) + (2**60).to_bytes(32)
    with pytest.raises(IndexingError, match="no room for"):
        told("Auction", "OrdersRevealed", [bytes(32), []], data)


@pytest.mark.parametrize(
    ("contract", "event", "values", "data"),
    [
        ("PowerToken", "Transfer", [ADDRESS, ADDRESS, 1], b"\1"),
        ("CleanEnergy", "ApprovalForAll", [ADDRESS, ADDRESS, True], (2).to_bytes(32)),
        ("CleanEnergy", "MaxTransfersSet", [1], (2**16).to_bytes(32)),
    ],
)
def test_words_that_are_too_large(contract, event, values, data):
    with pytest.raises(IndexingError):
        told(contract, event, values, data)


def test_what_is_not_ours():
    """Logs of other addresses, of events unknown to the contract, and without topics."""
    telling = Telling({"Vault": ADDRESS})
    entry = next(entry for one, entry in EVENTS if (one, entry["name"]) == ("Vault", "Deposited"))
    topics, data = log_of(entry, [ADDRESS, ADDRESS, 5])
    known = Log(1, "", 0, "", ADDRESS, b"".join(topics), data)
    assert len(telling.read([known])) == 1
    others = [
        Log(1, "", 0, "", "0x" + "99" * 20, b"".join(topics), data),
        Log(1, "", 0, "", ADDRESS, bytes(32), data),
        Log(1, "", 0, "", ADDRESS, topics[0], data),
        Log(1, "", 0, "", ADDRESS, b"", data),
    ]
    assert telling.read(others) == []


def test_rules_are_of_events_that_there_are():
    assert set(RULES) <= {(contract, entry["name"]) for contract, entry in EVENTS}


# ------------------------------------------------------------------------------------------------------------ subjects

OTHER = "0x" + "cd" * 20
BOOK = b"\x0b" * 32
WORD = int(OTHER, 16) | 500 << 160 | 7 << 235
DESCRIPTION = (3, 0, 0, 1, True, False, 5, 6, bytes(32))
KEY = (0, bytes(32), bytes(32))


@pytest.mark.parametrize(
    ("contract", "event", "values", "subjects"),
    [
        ("Vault", "Deposited", [OTHER, ADDRESS, 5], {("account", OTHER)}),
        ("Vault", "Adjusted", [ADDRESS, [int(OTHER, 16) | 5 << 160, 0]], {("account", OTHER)}),
        ("PowerToken", "Transfer", ["0x" + "00" * 20, OTHER, 5], {("account", OTHER)}),
        ("PowerToken", "Minted", [4, OTHER, 5, bytes(32)], {("account", OTHER), ("member", "4")}),
        ("Auction", "Committed", [BOOK, WORD, BOOK], {("account", OTHER), ("device", "7"), ("book", "0x" + "0b" * 32)}),
        (
            "Auction",
            "OrdersRevealed",
            [BOOK, [WORD, WORD]],
            {("account", OTHER), ("device", "7"), ("book", "0x" + "0b" * 32)},
        ),
        ("Readings", "ReadingsUsed", [3, 1, 0, [7 | 5 << 32, 8]], {("zone", "3"), ("device", "7"), ("device", "8")}),
        (
            "Readings",
            "RootPosted",
            [3, 1, 0, bytes(32), 2, bytes(32), [9], [OTHER]],
            {("zone", "3"), ("device", "9"), ("account", OTHER)},
        ),
        (
            "Meters",
            "DeviceRegistered",
            [7, OTHER, DESCRIPTION, KEY],
            {("device", "7"), ("account", OTHER), ("zone", "3")},
        ),
        ("Meters", "DeviceCertified", [7, OTHER, 4, 1, 0], {("device", "7"), ("account", OTHER), ("member", "4")}),
        ("Membership", "OwnerChanged", [4, 5], {("member", "4"), ("member", "5")}),
        (
            "EnergyUnits",
            "TransferSingle",
            [OTHER, OTHER, OTHER, 7 << 40 | 3 << 72, 1],
            {("account", OTHER), ("device", "7"), ("zone", "3")},
        ),
        (
            "CleanEnergy",
            "SliceIssued",
            [7, OTHER, 2**255],
            {("device", "7"), ("account", OTHER), ("slice", str(2**255))},
        ),
        ("GreenCertificates", "Transfer", [OTHER, OTHER, 12], {("account", OTHER), ("certificate", "12")}),
        (
            "GreenCertificates",
            "CertificateMade",
            [12, 1, OTHER, 5, [13], [1]],
            {("account", OTHER), ("certificate", "12"), ("slice", "13")},
        ),
        (
            "GreenCertificates",
            "CertificatesRecovered",
            [OTHER, OTHER, [12]],
            {("account", OTHER), ("certificate", "12")},
        ),
        ("Tariffs", "TariffWithdrawn", [2, OTHER], {("tariff", "2"), ("account", OTHER)}),
        (
            "EnergyPackages",
            "Bought",
            [6, OTHER, 2, 0, 1, 5, (2, 0, 1, 0, 7, 0, 5)],
            {("subscription", "6"), ("account", OTHER), ("tariff", "2"), ("device", "7")},
        ),
        ("Bills", "BillsWithdrawn", [684, 1, OTHER, "no"], {("account", OTHER)}),
        ("Readings", "ReadingDisputed", [7, 1, 2, OTHER], {("device", "7"), ("account", OTHER)}),
        ("Tenders", "QuoteAwarded", [5, 1, 5, 5], {("tender", "5")}),
        ("Supplies", "SupplyBegun", [8, 5, OTHER, 1, 1, 1, 1], {("supply", "8"), ("tender", "5"), ("account", OTHER)}),
        ("Zones", "ZoneAdded", [3, bytes(32)], {("zone", "3")}),
        ("Zones", "DistanceSet", [3, 4, 0, 9], {("zone", "3"), ("zone", "4")}),
        (
            "UseSubsidy",
            "UseClaimed",
            [3, 0, 684, OTHER, 2**255, 5],
            {("zone", "3"), ("account", OTHER), ("slice", str(2**255))},
        ),
        (
            "CleanTrades",
            "PartShown",
            [BOOK, ADDRESS, 0, 0, 0, 0, [(4, OTHER, 0, 0, 0, 0)]],
            {("book", "0x" + "0b" * 32), ("account", OTHER), ("member", "4")},
        ),
    ],
)
def test_what_an_event_is_about(contract, event, values, subjects):
    """Each once, without the contract itself; where a number is 0 there is none."""
    [one] = told(contract, event, values)
    assert one.subjects == subjects
