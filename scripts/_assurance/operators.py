"""Small mistakes, made on purpose: every way in which one place of a source could be wrong and still compile.

| operator | mistake |
|---|---|
| comparison | a bound is in instead of out, equal instead of different |
| arithmetic | plus for minus, times for divided by, and for or, left for right |
| logic | all for any, or one of two conditions forgotten |
| constant | one too many |
| condition | the other branch |
| omission | a statement, a requirement, a modifier is missing |
| value | nothing instead of what is returned or kept; no for yes |
| order | two arguments of one type exchanged |
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from eth_utils.crypto import keccak
from solidity import Json
from syntax import Edit, children, edited, end_of_statement, line_of, span, text_of

_COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<"}
_LOGIC = {"&&": "||", "||": "&&"}
_BINARY = [("comparison", _COMPARISONS), ("arithmetic", _ARITHMETIC), ("logic", _LOGIC)]
_STEPS = {"++": "--", "--": "++"}
_DEFINITIONS = ("FunctionDefinition", "ModifierDefinition", "VariableDeclaration")
_NOTHING = [
    (re.compile(r"u?int\d+|int_const .*"), "0"),
    (re.compile(r"address( payable)?"), "address(0)"),
    (re.compile(r"bytes32"), "bytes32(0)"),
]


@dataclass(frozen=True)
class Mutant:
    """One mistake: what stands at `edit` in `source` instead of `before`."""

    source: str
    line: int
    operator: str
    before: str
    after: str
    edit: Edit
    key: str

    def apply(self, text: str) -> str:
        return edited(text, [self.edit])


def mutants_of(name: str, text: str, tree: Json) -> list[Mutant]:
    """All mutants of a source, in the order of the text.

    A mutant's key is made of what it changes and of the definition around it: it stays when others change.
    """
    found = []
    for definition in _definitions(tree):
        body = text_of(definition, text)
        begin = span(definition)[0]
        for operator, node, edit in _mistakes(definition, text):
            place = f"{edit.start - begin}:{edit.end - begin}"
            key = keccak(text="\0".join([name, body, place, edit.text])).hex()[:16]
            before = text.encode()[edit.start : edit.end].decode()
            found.append(Mutant(name, line_of(node, text), operator, _short(before), _short(edit.text), edit, key))
    return found


def _short(text: str) -> str:
    return " ".join(text.split())


def _definitions(node: Json) -> Iterator[Json]:
    for child in children(node):
        if child["nodeType"] in _DEFINITIONS:
            yield child
        elif child["nodeType"] == "ContractDefinition":
            yield from _definitions(child)


_Mistake = tuple[str, Json, Edit]


def _mistakes(node: Json, text: str) -> Iterator[_Mistake]:
    kind = node["nodeType"]
    if kind in ("EventDefinition", "ErrorDefinition", "ArrayTypeName"):
        return
    if kind in _RULES:
        yield from _RULES[kind](node, text)
    for child in children(node):
        # What a refusal says is not what it does.
        if not (kind == "RevertStatement" or (_is_require(node) and child is node["arguments"][-1])):
            yield from _mistakes(child, text)


def _binary(node: Json, text: str) -> Iterator[_Mistake]:
    left, right = node["leftExpression"], node["rightExpression"]
    operator = node["operator"]
    between = span(left)[1], span(right)[0]
    gap = text.encode()[between[0] : between[1]].decode()
    start = between[0] + gap.index(operator)
    for name, changes in _BINARY:
        if operator in changes and _can_be(node, changes[operator]):
            yield name, node, Edit(start, start + len(operator), changes[operator])
    if operator in _LOGIC:
        yield "logic", node, Edit(*span(node), text_of(left, text))
        yield "logic", node, Edit(*span(node), text_of(right, text))


def _can_be(node: Json, operator: str) -> bool:
    """There is no order among what is neither number nor fixed bytes; of numbers, equality has a neighbour."""
    return operator not in ("<", "<=", ">", ">=") or bool(
        re.match(r"u?int|int_const|bytes", _type(node["leftExpression"]))
    )


def _assignment(node: Json, text: str) -> Iterator[_Mistake]:
    operator = node["operator"]
    value = node["rightHandSide"]
    if operator == "=":
        yield from _value(value, text)
        return
    other = _ARITHMETIC.get(operator.removesuffix("="))
    if other:
        between = span(node["leftHandSide"])[1]
        gap = text.encode()[between : span(value)[0]].decode()
        start = between + gap.index(operator)
        yield "arithmetic", node, Edit(start, start + len(operator), f"{other}=")


def _unary(node: Json, text: str) -> Iterator[_Mistake]:
    start, end = span(node)
    operator = node["operator"]
    if operator in _STEPS:
        place = start if node["prefix"] else end - len(operator)
        yield "arithmetic", node, Edit(place, place + len(operator), _STEPS[operator])


def _literal(node: Json, text: str) -> Iterator[_Mistake]:
    if node["kind"] != "number" or not _type(node).startswith("int_const"):
        return
    written = node["value"].replace("_", "")
    if not re.fullmatch(r"\d+|0x[0-9a-fA-F]+", written):
        return
    unit = node.get("subdenomination")
    yield "constant", node, Edit(*span(node), f"{int(written, 0) + 1}" + (f" {unit}" if unit else ""))


def _decision(node: Json, text: str) -> Iterator[_Mistake]:
    condition = node["condition"]
    yield "condition", condition, Edit(*span(condition), f"!({text_of(condition, text)})")


def _statement(node: Json, text: str) -> Iterator[_Mistake]:
    yield "omission", node, Edit(span(node)[0], end_of_statement(node, text), "{}")


def _modifier(node: Json, text: str) -> Iterator[_Mistake]:
    if node.get("kind") == "modifierInvocation":
        yield "omission", node, Edit(*span(node), "")


def _returned(node: Json, text: str) -> Iterator[_Mistake]:
    if node.get("expression"):
        yield from _value(node["expression"], text)


def _declared(node: Json, text: str) -> Iterator[_Mistake]:
    if node.get("initialValue"):
        yield from _value(node["initialValue"], text)


def _value(node: Json, text: str) -> Iterator[_Mistake]:
    if _type(node) == "bool":
        yield "value", node, Edit(*span(node), f"!({text_of(node, text)})")
    for pattern, nothing in _NOTHING:
        if pattern.fullmatch(_type(node)) and text_of(node, text) != nothing:
            yield "value", node, Edit(*span(node), nothing)


def _call(node: Json, text: str) -> Iterator[_Mistake]:
    function = _type(node["expression"])
    if node["kind"] != "functionCall" or not function.startswith("function") or _says(node):
        return
    for one, other in zip(node["arguments"], node["arguments"][1:], strict=False):
        if _same_type(one, other) and text_of(one, text) != text_of(other, text):
            start, end = span(one)[0], span(other)[1]
            between = text.encode()[span(one)[1] : span(other)[0]].decode()
            yield "order", node, Edit(start, end, text_of(other, text) + between + text_of(one, text))


def _says(node: Json) -> bool:
    """Whether a call makes an event or an error, which Solidity types as functions."""
    return node["typeDescriptions"]["typeString"] == "error" or _is_require(node)


def _same_type(one: Json, other: Json) -> bool:
    return re.sub(r"int_const.*", "uint256", _type(one)) == re.sub(r"int_const.*", "uint256", _type(other))


def _is_require(node: Json) -> bool:
    return (
        node["nodeType"] == "FunctionCall"
        and node["expression"].get("name") == "require"
        and len(node["arguments"]) == 2
    )


def _type(node: Json) -> str:
    return str(node["typeDescriptions"].get("typeString", ""))


_RULES = {
    "BinaryOperation": _binary,
    "Assignment": _assignment,
    "UnaryOperation": _unary,
    "Literal": _literal,
    "IfStatement": _decision,
    "Conditional": _decision,
    "ExpressionStatement": _statement,
    "EmitStatement": _statement,
    "RevertStatement": _statement,
    "ModifierInvocation": _modifier,
    "Return": _returned,
    "VariableDeclarationStatement": _declared,
    "FunctionCall": _call,
}
