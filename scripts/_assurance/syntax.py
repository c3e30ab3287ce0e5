"""Solidity's syntax trees: where things stand in a source, in bytes, and changed sources."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from closures import Compile
from solidity import Json, standard_json


class Edit(NamedTuple):
    """Puts `text` in place of the bytes from `start` to `end`."""

    start: int
    end: int
    text: str


def parse(sources: dict[str, str], compile: Compile) -> dict[str, Json]:
    """The tree of every source, as it is written: nothing in it has a type."""
    compiler_input = standard_json(sources, {"*": {"": ["ast"]}})
    compiler_input["settings"]["stopAfter"] = "parsing"
    return {name: item["ast"] for name, item in compile(compiler_input)["sources"].items()}


def span(node: Json) -> tuple[int, int]:
    start, length, _ = map(int, node["src"].split(":"))
    return start, start + length


def children(node: Json) -> list[Json]:
    """The nodes right below one, in the order of the text."""
    found: list[Json] = []
    for value in node.values():
        items = value if isinstance(value, list) else [value]
        found += [item for item in items if isinstance(item, dict) and "nodeType" in item]
    return sorted(found, key=lambda child: span(child)[0])


def walk(node: Json) -> Iterator[Json]:
    """A node and all below it, each before its children."""
    yield node
    for child in children(node):
        yield from walk(child)


def text_of(node: Json, source: str) -> str:
    start, end = span(node)
    return source.encode()[start:end].decode()


def line_of(node: Json, source: str) -> int:
    return source.encode()[: span(node)[0]].count(b"\n") + 1


def end_of_statement(node: Json, source: str) -> int:
    """Where a statement ends, the semicolon included that the tree leaves out."""
    code = source.encode()
    end = span(node)[1]
    after = end
    while after < len(code) and code[after : after + 1].isspace():
        after += 1
    return after + 1 if code[after : after + 1] == b";" else end


def edited(source: str, edits: Iterable[Edit]) -> str:
    """The source with edits made; those at one place stand in the order in which they are given."""
    code, parts, place = source.encode(), [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < place:
            raise ValueError(f"two edits overlap at byte {edit.start}")
        parts += [code[place : edit.start], edit.text.encode()]
        place = edit.end
    return b"".join([*parts, code[place:]]).decode()
