"""The ABIs and code hashes that ship with this package, one JSON file a contract in `wattbook/abi`."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Interface:
    """What is known of a contract without compiling it.

    `code_hash` is the keccak of its runtime code with the bytes of `immutables` ([start, length] each) set to zero.
    """

    name: str
    abi: list[dict[str, Any]]
    code_hash: str
    code_size: int
    immutables: list[tuple[int, int]]


@cache
def contract_names() -> tuple[str, ...]:
    """All contracts that can be deployed, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".json") for file in files("wattbook").joinpath("abi").iterdir()))


@cache
def interface(name: str) -> Interface:
    """The interface of the contract called `name`."""
    data = json.loads(files("wattbook").joinpath("abi", f"{name}.json").read_text())
    return Interface(
        name=name,
        abi=data["abi"],
        code_hash=data["codeHash"],
        code_size=data["codeSize"],
        immutables=[(start, length) for start, length in data["immutables"]],
    )


@cache
def all_events() -> list[dict[str, Any]]:
    """Every event that any of the contracts emits, each once; of one signature there can be several layouts."""
    return _each_once("event")


@cache
def all_errors() -> list[dict[str, Any]]:
    """Every error that any of the contracts raises, each once."""
    return _each_once("error")


def signature(entry: dict[str, Any]) -> str:
    """The canonical signature of a function, event or error: `name(type,...)`."""
    return f"{entry['name']}({','.join(canonical_type(item) for item in entry['inputs'])})"


def topic_count(event: dict[str, Any]) -> int:
    """How many topics the logs of an event have: what tells two layouts of one signature apart."""
    return 1 + sum(bool(item["indexed"]) for item in event["inputs"])


def canonical_type(item: dict[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical_type(part) for part in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _each_once(kind: str) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for name in contract_names():
        for entry in interface(name).abi:
            if entry["type"] == kind:
                layout = topic_count(entry) if kind == "event" else 0
                found.setdefault((signature(entry), layout), entry)
    return list(found.values())
