"""The market's events in a node's logs, read by what is worked out once for each event from the contracts' ABIs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.codec import ABIDecoder
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from wattbook import abi
from wattbook.contracts.bound import DECODER


@dataclass(frozen=True)
class Event:
    """One event, decoded: a struct among its arguments is a dict, an array a list."""

    address: str
    name: str
    args: dict[str, Any]


def event_of(address: str, topics: Sequence[bytes], data: bytes) -> Event | None:
    """The market's event in a log, if it is one."""
    if (found := values_of(topics, data)) is None:
        return None
    layout, values = found
    args = {name: shaped(value) for (name, shaped), value in zip(layout.parts, values, strict=True)}
    return Event(address, layout.name, args)


@dataclass(frozen=True)
class Layout:
    """How an event lies in a log: types of topics and data, and what each argument is called and made into."""

    name: str
    indexed: Sequence[bool]
    topics: Sequence[str]
    data: Sequence[str]
    parts: Sequence[tuple[str, Callable[[Any], Any]]]


def values_of(topics: Sequence[bytes], data: bytes, codec: ABIDecoder = DECODER) -> tuple[Layout, list[Any]] | None:
    """The arguments in a log as declared, structs and arrays as tuples, addresses as the codec has them. None when it
    is not of the market: somebody else's event can have the name and types of one of ours, but other parts indexed."""
    layout = _layouts().get((topics[0], len(topics))) if topics else None
    if layout is None:
        return None
    try:
        outside = iter([codec.decode([kind], one)[0] for kind, one in zip(layout.topics, topics[1:], strict=True)])
        inside = iter(codec.decode(layout.data, data))
    except DecodingError:
        return None
    return layout, [next(outside if is_topic else inside) for is_topic in layout.indexed]


@cache
def _layouts() -> dict[tuple[bytes, int], Layout]:
    """Of every event of the market, by the topic that its logs begin with, and how many they have."""
    return {(keccak(text=abi.signature(one)), abi.topic_count(one)): _layout(one) for one in abi.all_events()}


def _layout(entry: Mapping[str, Any]) -> Layout:
    typed = [(bool(one["indexed"]), abi.canonical_type(one)) for one in entry["inputs"]]
    return Layout(
        name=entry["name"],
        indexed=[is_topic for is_topic, _ in typed],
        topics=[kind for is_topic, kind in typed if is_topic],
        data=[kind for is_topic, kind in typed if not is_topic],
        parts=[(one["name"], _shaping(one)) for one in entry["inputs"]],
    )


def _shaping(item: Mapping[str, Any]) -> Callable[[Any], Any]:
    """What makes dicts of structs and lists of arrays."""
    kind = str(item["type"])
    if kind.endswith("]"):
        each = _shaping({**item, "type": kind[: kind.rindex("[")]})
        return lambda values: [each(one) for one in values]
    if kind == "tuple":
        parts = [(part["name"], _shaping(part)) for part in item["components"]]
        return lambda values: {name: shaped(value) for (name, shaped), value in zip(parts, values, strict=True)}
    return lambda value: value
