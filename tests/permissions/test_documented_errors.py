"""Every error that the contracts document is asserted by name in some test."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
CONTRACTS = TESTS.parent / "contracts"
# The matrix takes any of a list of errors, which proves none of them.
PROOFS = [file for file in sorted(TESTS.rglob("*.py")) if file.name != "test_matrix.py"]


def test_every_documented_error_is_asserted() -> None:
    documented = set(_documented())
    assert documented, "no errors found; has the place of the interfaces changed?"
    missing = sorted(documented - set(_named()))
    assert not missing, f"no test names {len(missing)} errors: {', '.join(missing)}"


def _documented() -> Iterator[str]:
    for folder in ("interfaces", "libraries"):
        for file in sorted((CONTRACTS / folder).glob("*.sol")):
            yield from re.findall(r"^\s*error (\w+)\(", file.read_text(), re.MULTILINE)


def _named() -> Iterator[str]:
    """What tests write as `reverts.Name` or import from the module of errors."""
    for file in PROOFS:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "reverts":
                    yield node.attr
            elif isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".reverts"):
                yield from (alias.name for alias in node.names)
