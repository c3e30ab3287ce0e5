"""One contract that holds many mistakes, of which at most one is made: which, is said from outside while it runs.

Where a mistake can be made stands a choice between what is written and what would be wrong, both whole: expressions
as `(MutantSwitch.on(17) ? (a <= b) : (a < b))`, statements as an `if`. The switch asks the account at ADDRESS. Without
code there no mistake is made; `making` and `telling` are codes for it. No switch has what does not run in a call:
constants, constructors, modifiers' names.
"""

import re
from dataclasses import dataclass, field

from operators import Mutant
from solidity import VERSION, Json
from syntax import Edit, children, edited, end_of_statement, span

LIBRARY = "switches/MutantSwitch.sol"
ADDRESS = "0x000000000000000000000000005357495443484d"
# What is told is printed as this and the number: no node prints such numbers of its own accord.
TOLD = 2 * 10**30
_CONSOLE = "000000000000000000636F6e736F6c652e6c6f67"

LIBRARY_TEXT = f"""// SPDX-License-{"Identifier"}: Apache-2.0
pragma solidity {VERSION};

library MutantSwitch {{
    function on(uint256 number) internal pure returns (bool) {{
        function(uint256) view returns (bool) asking = _ask;
        function(uint256) pure returns (bool) silent;
        assembly ("memory-safe") {{
            silent := asking
        }}
        return silent(number);
    }}

    function _ask(uint256 which) private view returns (bool answer) {{
        assembly ("memory-safe") {{
            mstore(0, which)
            mstore(0x20, 0)
            pop(staticcall(gas(), {int(ADDRESS, 16):#042x}, 0, 0x20, 0x20, 0x20))
            answer := mload(0x20)
        }}
    }}
}}
"""


def making(number: int) -> str:
    """Code of the account that is asked: this one mistake is made."""
    return f"0x5f3561{number:04x}145f5260205ff3"


def telling() -> str:
    """Code of the account that is asked: none is made, and the node prints which could have been."""
    return f"0x63f82c50f15f525f356c{TOLD:026x}016020525f5f6024601c73{_CONSOLE}5afa00"


@dataclass
class Place:
    """A piece of a source, and what is there instead if a mutant is on, by its number."""

    start: int
    end: int
    is_statement: bool
    zero: str = "0"
    instead: dict[int, str] = field(default_factory=dict)


def with_switches(source: str, tree: Json, mutants: dict[int, Mutant]) -> tuple[str, set[int]]:
    """The source with a switch for each mutant that can have one, and the numbers of these."""
    places: dict[tuple[int, int, bool], Place] = {}
    for number, mutant in mutants.items():
        found = _place(tree, source, mutant)
        if found:
            place = places.setdefault((found.start, found.end, found.is_statement), found)
            before = source.encode()[place.start : place.end].decode()
            moved = mutant.edit._replace(start=mutant.edit.start - place.start, end=mutant.edit.end - place.start)
            instead = edited(before, [moved])
            place.instead[number] = place.zero if instead == "0" else instead
    if not places:
        return source, set()
    pragma = next(node for node in tree["nodes"] if node["nodeType"] == "PragmaDirective")
    end = span(pragma)[1]
    importing = Edit(end, end, f' import {{MutantSwitch}} from "{LIBRARY}";')
    edits = [importing, *_outermost(source, list(places.values()))]
    return edited(source, edits), {number for place in places.values() for number in place.instead}


def _outermost(source: str, places: list[Place]) -> list[Edit]:
    """The edits of those that are in no other, in each those that are in it."""
    edits = []
    # Of those that begin together the longest first; a statement is around the expression that it is.
    waiting = sorted(places, key=lambda place: (place.start, -place.end, not place.is_statement))
    while waiting:
        place, *waiting = waiting
        inside = [other for other in waiting if other.end <= place.end]
        waiting = waiting[len(inside) :]
        edits.append(Edit(place.start, place.end, _switched(source, place, inside)))
    return edits


def _switched(source: str, place: Place, inside: list[Place]) -> str:
    piece = source.encode()[place.start : place.end].decode()
    edits = [
        edit._replace(start=edit.start - place.start, end=edit.end - place.start) for edit in _outermost(source, inside)
    ]
    text = edited(piece, edits)
    for number, instead in place.instead.items():
        asked = f"MutantSwitch.on({number})"
        if place.is_statement:
            text = f"if ({asked}) {{ {instead} }} else {{ {text} }}"
        else:
            text = f"({asked} ? ({instead}) : ({text}))"
    return text


_STATEMENTS = ("ExpressionStatement", "EmitStatement", "RevertStatement", "TryStatement", "Return")
_EXPRESSIONS = (
    *("Assignment", "BinaryOperation", "Conditional", "FunctionCall", "Identifier", "IndexAccess", "Literal"),
    *("MemberAccess", "TupleExpression", "UnaryOperation"),
)


def _place(tree: Json, source: str, mutant: Mutant) -> Place | None:
    """The smallest piece around a mistake that can be chosen instead of another; None where there is none."""
    around = _around(tree, source, mutant.edit)
    if not _runs(around):
        return None
    for above, node in zip(around[-2::-1], around[:0:-1], strict=True):
        if node["nodeType"] in _STATEMENTS:
            # In the head of a loop is no room for an `if`.
            in_head = above["nodeType"] == "ForStatement" and node is not above["body"]
            return None if in_head else Place(span(node)[0], end_of_statement(node, source), is_statement=True)
        if node["nodeType"] not in _EXPRESSIONS:
            return None
        if mutant.operator != "omission" and _can_be_chosen(node, above):
            return Place(*span(node), is_statement=False, zero=_zero(node))
    return None


def _around(tree: Json, source: str, edit: Edit) -> list[Json]:
    """All nodes that an edit is within, the outermost first. No statement has its semicolon within."""
    end = edit.start + len(source.encode()[edit.start : edit.end].rstrip(b"; \n"))
    found = [tree]
    while inside := [child for child in children(found[-1]) if span(child)[0] <= edit.start and end <= span(child)[1]]:
        found.append(inside[0])
    return found


def _runs(around: list[Json]) -> bool:
    """Whether this runs in calls: state variables and constructors were done when the contract was deployed."""
    kinds = {node["nodeType"]: node for node in around}
    return (
        "FunctionDefinition" in kinds and kinds["FunctionDefinition"]["kind"] != "constructor"
    ) or "ModifierDefinition" in kinds


def _zero(node: Json) -> str:
    """None of the type that is chosen: the literal's own is another."""
    kind = str(node["typeDescriptions"].get("typeString", ""))
    return f"{kind}(0)" if re.fullmatch(r"u?int\d+", kind) else "0"


def _can_be_chosen(node: Json, above: Json) -> bool:
    """A choice between constants has the smallest type that holds them, which what is around it must not notice."""
    type_string = str(node["typeDescriptions"].get("typeString", ""))
    if type_string.startswith("tuple()") or above.get("nodeType") == "TryStatement":
        return False
    if not type_string.startswith(("int_const", "rational_const")):
        return True
    return not (
        above.get("nodeType") in ("BinaryOperation", "UnaryOperation")
        or (above.get("nodeType") == "TupleExpression" and len(above["components"]) == 1)
        or above.get("kind") == "typeConversion"
    )
