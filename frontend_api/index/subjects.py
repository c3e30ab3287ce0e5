"""What an event is about: found by the names and types of its arguments, and in the words that some of them pack."""

from collections.abc import Callable, Iterable
from typing import Any

from frontend_api.index.decoding import Input, Kind

# Kind and name.
Subject = tuple[str, str]
Finder = Callable[[Any, set[Subject]], None]

_ACCOUNT = (1 << 160) - 1
_NOBODY = "0x" + "00" * 20
# Numbers, by the names of the arguments that hold them. Where 0 stands, there is none.
_NUMBERED = {
    "uint32": {
        "member": "member",
        "issuer": "member",
        "owner": "member",
        "certifier": "member",
        "device": "device",
        "devices": "device",
        "charging": "device",
        "checkMeter": "device",
        "feeder": "device",
        "exportFeeder": "device",
        "tender": "tender",
        "supply": "supply",
        "version": "tariff",
    },
    "uint16": {"zone": "zone", "zoneA": "zone", "zoneB": "zone", "number": "zone"},
    "uint256": {"subscription": "subscription"},
    "bytes32": {"book": "book"},
}
# A version is of a tariff only where tariffs are, and ids are of what the contract keeps.
_OF_CONTRACT = {
    ("Bills", "version"): None,
    ("CleanEnergy", "id"): "slice",
    ("CleanEnergy", "ids"): "slice",
    ("Batteries", "id"): "slice",
    ("Batteries", "ids"): "slice",
    ("UseSubsidy", "id"): "slice",
    ("GreenCertificates", "id"): "certificate",
    ("GreenCertificates", "tokenId"): "certificate",
    ("GreenCertificates", "ids"): "certificate",
}
_OF_EVENT = {("GreenCertificates", "CertificateMade", "ids"): "slice"}


def address_in(word: int) -> str:
    """The account in the lowest 160 bits of a word."""
    return f"0x{word & _ACCOUNT:040x}"


def _order(word: str, found: set[Subject]) -> None:
    number = int(word)
    found.add(("account", address_in(number)))
    if device := number >> 235:
        found.add(("device", str(device)))


def _move(word: str, found: set[Subject]) -> None:
    """Where a move was refused, 0 stands."""
    if account := int(word) & _ACCOUNT:
        found.add(("account", address_in(account)))


def _use(word: str, found: set[Subject]) -> None:
    if device := int(word) & (1 << 32) - 1:
        found.add(("device", str(device)))


def _unit(word: str, found: set[Subject]) -> None:
    number = int(word)
    found.add(("device", str(number >> 40 & (1 << 32) - 1)))
    found.add(("zone", str(number >> 72 & 0xFFFF)))


_PACKED: dict[tuple[str, str, str], Finder] = {
    ("Auction", "Committed", "order"): _order,
    ("Auction", "OrdersRevealed", "words"): _order,
    ("Auction", "Traded", "word"): _order,
    ("Vault", "Adjusted", "moves"): _move,
    ("Readings", "ReadingsUsed", "uses"): _use,
    ("EnergyUnits", "TransferSingle", "id"): _unit,
    ("EnergyUnits", "TransferBatch", "ids"): _unit,
    ("EnergyUnits", "UnitsRecovered", "ids"): _unit,
}


def finders_of(kind: Kind) -> tuple[tuple[str, Finder], ...]:
    """What finds the subjects of an event, by the name of the argument that they are found in."""
    found = ((str(one["name"]), _finder(kind, one)) for one in kind.inputs)
    return tuple((name, find) for name, find in found if find)


def _finder(kind: Kind, item: Input) -> Finder | None:
    name, type_ = str(item["name"]), str(item["type"])
    if packed := _PACKED.get((kind.contract, kind.name, name)):
        return _each(packed) if type_.endswith("]") else packed
    if type_.endswith("]"):
        inside = _finder(kind, {**item, "type": type_[: type_.rindex("[")]})
        return _each(inside) if inside else None
    if type_ == "tuple":
        parts = [(str(one["name"]), _finder(kind, one)) for one in item["components"]]
        return _inside([(part, find) for part, find in parts if find])
    if type_ == "address":
        return _account
    return _named(_name_of(kind, name, type_))


def _name_of(kind: Kind, name: str, type_: str) -> str | None:
    for table, key in (
        (_OF_EVENT, (kind.contract, kind.name, name)),
        (_OF_CONTRACT, (kind.contract, name)),
    ):
        if key in table:
            return table[key]  # type: ignore[index]
    return _NUMBERED.get(type_, {}).get(name)


def _named(kind: str | None) -> Finder | None:
    if kind is None:
        return None

    def find(value: Any, found: set[Subject]) -> None:
        if value not in (0, "0"):
            found.add((kind, str(value)))

    return find


def _account(value: Any, found: set[Subject]) -> None:
    if value != _NOBODY:
        found.add(("account", value))


def _inside(parts: list[tuple[str, Finder]]) -> Finder | None:
    def find(value: Any, found: set[Subject]) -> None:
        for name, part in parts:
            part(value[name], found)

    return find if parts else None


def _each(find: Finder) -> Finder:
    def find_each(values: Iterable[Any], found: set[Subject]) -> None:
        for value in values:
            find(value, found)

    return find_each
