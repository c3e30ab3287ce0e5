"""A compiler that stays, and a contract to take apart."""

from collections.abc import Callable, Iterator

import pytest
from compiler import Compiler
from solidity import VERSION, Json, standard_json

NAME = "contracts/Till.sol"


@pytest.fixture(scope="session")
def compiler() -> Iterator[Compiler]:
    with Compiler() as compiler:
        yield compiler


@pytest.fixture(scope="session")
def tree(compiler: Compiler) -> Callable[[str], Json]:
    """The syntax tree of a source, with types."""

    def run(text: str) -> Json:
        return compiler.compile(standard_json({NAME: text}, {NAME: {"": ["ast"]}}))["sources"][NAME]["ast"]

    return run


@pytest.fixture(scope="session")
def code(compiler: Compiler) -> Callable[..., str]:
    """The creation code of the contract in a source; others that it imports can be given."""

    def run(text: str, **others: str) -> str:
        sources = {NAME: text, **others}
        output = compiler.compile(standard_json(sources, {NAME: {"*": ["evm.bytecode.object"]}}))
        contracts = output["contracts"][NAME].values()
        return "0x" + next(item["evm"]["bytecode"]["object"] for item in contracts if item["evm"]["bytecode"]["object"])

    return run


def source(body: str) -> str:
    """A source with one contract, whose body begins in line 4."""
    return f"// SPDX-License-{'Identifier'}: Apache-2.0\npragma solidity {VERSION};\ncontract Till {{\n{body}\n}}\n"
