"""Compiles a few contracts alone, each with no more than it imports: seconds instead of minutes.

    .venv/bin/python scripts/_toolchain/closures.py Vault Auction

brings .build/contracts/ and wattbook/abi/ up to date for these. What ships is what `make setup` compiles.
"""

import posixpath
import re
import sys
from collections.abc import Callable
from pathlib import PurePosixPath

from artifacts import ABI, BUILD, OUTPUTS, artifact_of, committed, is_deployed, text_of
from solidity import CompileError, Json, compile_standard, read_sources, standard_json

Compile = Callable[[Json], Json]

_IMPORT = re.compile(r'from "([^"]+)"')


def source_of(name: str, sources: dict[str, str]) -> str:
    """The source in which the contract called `name` is defined: each is in a file of its name."""
    found = [source for source in sources if PurePosixPath(source).stem == name]
    if len(found) != 1:
        raise CompileError(f"{len(found)} sources are called {name}, expected one")
    return found[0]


def closure(source: str, sources: dict[str, str]) -> dict[str, str]:
    """A source and all of `sources` that it imports, and so on."""
    found: dict[str, str] = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in found or path not in sources:
            continue
        found[path] = sources[path]
        folder = posixpath.dirname(path)
        for imported in _IMPORT.findall(sources[path]):
            waiting.append(posixpath.normpath(posixpath.join(folder, imported)) if imported[0] == "." else imported)
    return found


def compile_alone(name: str, sources: dict[str, str], compile: Compile = compile_standard) -> Json:
    """The artifact of one contract, made of its closure."""
    source = source_of(name, sources)
    selection = {source: {name: OUTPUTS, "": ["ast"]}}
    output = compile(standard_json(closure(source, sources), selection))
    nodes = {node.get("name"): node for node in output["sources"][source]["ast"]["nodes"]}
    return artifact_of(name, source, sources[source], nodes[name], output["contracts"][source][name])


def main() -> None:
    sources = read_sources()
    for name in sys.argv[1:]:
        try:
            artifact = compile_alone(name, sources)
        except CompileError as error:
            sys.exit(str(error))
        (BUILD / f"{name}.json").write_text(text_of(artifact))
        if is_deployed(artifact):
            (ABI / f"{name}.json").write_text(text_of(committed(artifact)))
            print(f"{name}: {committed(artifact)['codeSize']} bytes")


if __name__ == "__main__":
    main()
