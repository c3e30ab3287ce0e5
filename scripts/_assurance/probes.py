"""Contracts that say which of their lines and branches run.

Each statement and both ends of each condition get a probe: a call to the address at which anvil looks for what
contracts print, with a number that says where in the sources it stands. It may stand in view and pure functions too,
and what is reverted later has been printed all the same.
"""

from dataclasses import dataclass

from eth_utils.crypto import keccak
from solidity import VERSION, Json
from syntax import Edit, children, edited, end_of_statement, line_of, span

LIBRARY = "probes/CoverageProbe.sol"
# No node prints such numbers of its own accord.
BASE = 10**30
_PER_SOURCE = 10**5
_UNPROBED = ("Block", "UncheckedBlock", "PlaceholderStatement")
_BODIES = {
    "IfStatement": ("trueBody", "falseBody"),
    "ForStatement": ("body",),
    "WhileStatement": ("body",),
    "DoWhileStatement": ("body",),
}
_WITH_CONDITION = (*_BODIES, "Conditional")

LIBRARY_TEXT = f"""// SPDX-License-{"Identifier"}: Apache-2.0
pragma solidity {VERSION};

library CoverageProbe {{
    function hit(uint256 id) internal pure {{
        function(uint256) view printing = _print;
        function(uint256) pure silent;
        assembly ("memory-safe") {{
            silent := printing
        }}
        silent(id);
    }}

    function branch(bool holds, uint256 id) internal pure returns (bool) {{
        hit(holds ? id : id + 1);
        return holds;
    }}

    // log(uint256) of the console.
    function _print(uint256 id) private view {{
        assembly ("memory-safe") {{
            mstore(0, 0xf82c50f1)
            mstore(0x20, id)
            pop(staticcall(gas(), 0x000000000000000000636F6e736F6c652e6c6f67, 0x1c, 0x24, 0, 0))
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Probe:
    """One place; `holds` is None for a statement, else what the condition that stands there came to."""

    line: int
    column: int
    holds: bool | None


@dataclass(frozen=True)
class Probed:
    """A source with probes, and what the number of each means."""

    text: str
    probes: dict[int, Probe]


def with_probes(name: str, source: str, tree: Json) -> Probed:
    """The source called `name`, with probes; the same source gets the same numbers whatever else there is."""
    writer = _Writer(source, BASE + int.from_bytes(keccak(text=name)[:6]) * _PER_SOURCE)
    writer.visit(tree)
    if not writer.probes:
        return Probed(source, {})
    pragma = next(node for node in tree["nodes"] if node["nodeType"] == "PragmaDirective")
    end = span(pragma)[1]
    importing = Edit(end, end, f' import {{CoverageProbe}} from "{LIBRARY}";')
    return Probed(edited(source, [importing, *writer.edits]), writer.probes)


class _Writer:
    def __init__(self, source: str, first: int) -> None:
        self.source = source
        self.next = first
        self.probes: dict[int, Probe] = {}
        self._opening: list[Edit] = []
        self._closing: list[Edit] = []
        self._probed: set[tuple[int, int]] = set()

    @property
    def edits(self) -> list[Edit]:
        # What is opened last at one place is closed there first.
        return self._closing[::-1] + self._opening

    def visit(self, node: Json) -> None:
        kind = node["nodeType"]
        if node.get("constant"):
            return
        if kind in ("Block", "UncheckedBlock"):
            for statement in node["statements"]:
                self._probe_statement(statement)
        for body in _BODIES.get(kind, ()):
            if node.get(body) and node[body]["nodeType"] != "Block":
                self._put_in_block(node[body])
        if kind == "TryStatement":
            for clause in node["clauses"]:
                self._probe_clause(clause, succeeded=clause is node["clauses"][0])
        for condition in _conditions(node):
            self._probe_condition(condition)
        for child in children(node):
            self.visit(child)

    def _number(self, node: Json, holds: bool | None) -> int:
        number, self.next = self.next, self.next + 1
        start = span(node)[0]
        before = self.source.encode()[:start]
        column = start - before.rfind(b"\n")
        self.probes[number] = Probe(line_of(node, self.source), column, holds)
        return number

    def _open(self, place: int, text: str) -> None:
        self._opening.append(Edit(place, place, text))

    def _close(self, place: int, text: str) -> None:
        self._closing.append(Edit(place, place, text))

    def _probe_statement(self, node: Json) -> None:
        if node["nodeType"] not in _UNPROBED:
            self._open(span(node)[0], f"CoverageProbe.hit({self._number(node, None)}); ")

    def _put_in_block(self, node: Json) -> None:
        self._open(span(node)[0], "{ ")
        self._probe_statement(node)
        self._close(end_of_statement(node, self.source), " }")

    def _probe_clause(self, node: Json, *, succeeded: bool) -> None:
        place = span(node["block"])[0] + 1
        self._open(place, f" CoverageProbe.hit({self._number(node, succeeded)});")

    def _probe_condition(self, node: Json) -> None:
        start, end = span(node)
        if (start, end) in self._probed:
            return
        self._probed.add((start, end))
        number = self._number(node, True)
        self._number(node, False)
        self._open(start, "CoverageProbe.branch(")
        self._close(end, f", {number})")


def _conditions(node: Json) -> list[Json]:
    """The conditions that a node decides by, each taken apart at && and ||."""
    if node["nodeType"] in _WITH_CONDITION and node.get("condition"):
        return _parts(node["condition"])
    if node["nodeType"] == "FunctionCall" and node["expression"].get("name") in ("require", "assert"):
        return _parts(node["arguments"][0])
    return _parts(node) if _is_logical(node) else []


def _parts(node: Json) -> list[Json]:
    if node["nodeType"] == "TupleExpression":
        return _parts(node["components"][0])
    if _is_logical(node):
        return _parts(node["leftExpression"]) + _parts(node["rightExpression"])
    return [] if node["nodeType"] == "Literal" else [node]


def _is_logical(node: Json) -> bool:
    return node["nodeType"] == "BinaryOperation" and node["operator"] in ("&&", "||")
