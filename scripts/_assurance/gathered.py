"""Contracts that hold as many mutants as the compiler bears, each behind a switch."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from closures import closure, compile_alone, source_of
from compiler import Compiler
from operators import Mutant
from solidity import CompileError, Json, standard_json
from switches import LIBRARY, LIBRARY_TEXT, with_switches

_PLACE = re.compile(r"--> ([^\s:]+):(\d+):(\d+)")
_SWITCH = re.compile(r"MutantSwitch\.on\((\d+)\)")


class Gathered(NamedTuple):
    """A contract, and the mutants in it by their number."""

    artifact: Json
    mutants: dict[int, Mutant]


def gathered(name: str, sources: dict[str, str], mutants: list[Mutant], compiler: Compiler) -> Iterator[Gathered]:
    """All mutants that can have a switch, in one contract, or in several where one is too much for the compiler."""
    own = {mutant.source for mutant in mutants}
    beneath = closure(source_of(name, sources), sources)
    trees = {
        source: item["ast"]
        for source, item in compiler.compile(standard_json(beneath, {source: {"": ["ast"]} for source in own}))[
            "sources"
        ].items()
        if source in own
    }
    numbered = dict(enumerate(mutants, 1))
    waiting = [_checked(name, sources, trees, numbered, compiler)]
    while waiting:
        some = waiting.pop(0)
        if not some:
            continue
        try:
            artifact = compile_alone(name, _switched(sources, trees, some)[0], compiler.compile)
        except CompileError:
            middle = len(some) // 2
            if middle:
                numbers = list(some)
                waiting[:0] = [{n: some[n] for n in part} for part in (numbers[:middle], numbers[middle:])]
        else:
            yield Gathered(artifact, some)


def _checked(
    name: str, sources: dict[str, str], trees: dict[str, Json], mutants: dict[int, Mutant], compiler: Compiler
) -> dict[int, Mutant]:
    """Those of which the compiler understands the switch; what it makes of them is not asked yet."""
    source = source_of(name, sources)
    left = dict(mutants)
    while True:
        texts, numbers = _switched(sources, trees, left)
        left = {number: left[number] for number in sorted(numbers)}
        try:
            compiler.compile(standard_json(closure(source, texts), {source: {name: ["abi"]}}))
            return left
        except CompileError as error:
            del left[_blamed(str(error), texts)]


def _blamed(error: str, texts: dict[str, str]) -> int:
    """The switch at the place that the compiler shows, or before it in the line, or the next one after it."""
    found = _PLACE.search(error)
    if not found:
        raise CompileError(error)
    lines, line, column = texts[found[1]].split("\n"), int(found[2]) - 1, int(found[3]) - 1
    before = _SWITCH.findall(lines[line][:column])
    rest = "\n".join([lines[line][column:], *lines[line + 1 :]])
    after = _SWITCH.search(rest)
    if before and not (after and after.start() <= 1):
        return int(before[-1])
    if not after:
        raise CompileError(error)
    return int(after[1])


def _switched(
    sources: dict[str, str], trees: dict[str, Json], mutants: dict[int, Mutant]
) -> tuple[dict[str, str], set[int]]:
    texts, numbers = sources | {LIBRARY: LIBRARY_TEXT}, set()
    for source, tree in trees.items():
        own = {number: mutant for number, mutant in mutants.items() if mutant.source == source}
        texts[source], switched = with_switches(sources[source], tree, own)
        numbers |= switched
    return texts, numbers
