"""What a page of the documentation cites in backticks: tests, functions of contracts, things in Python, files.

A name that is none of these forms is a plain word and is not looked at.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_MEMBER = re.compile(r"[A-Z]\w+\.\w+")
_PYTHON = re.compile(r"(wattbook|frontend_api)(\.\w+)+")
_FILE = re.compile(r"[\w.-]+(/[\w.-]+)+/?")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def named_tests(text: str) -> list[str]:
    return [one for one in _CODE.findall(text) if "::" in one]


def members_in(text: str) -> list[str]:
    """Functions, constants and mappings, as `Contract.name`."""
    return [one for one in _CODE.findall(text) if _MEMBER.fullmatch(one)]


def python_in(text: str) -> list[str]:
    return [one for one in _CODE.findall(text) if _PYTHON.fullmatch(one)]


def files_in(text: str) -> list[str]:
    return [one for one in _CODE.findall(text) if _FILE.fullmatch(one) and "::" not in one]


def missing(name: str) -> list[str]:
    """All that a page cites and that does not exist."""
    text = page(name)
    found = [one for one in named_tests(text) if not _is_test(one)]
    found += [one for one in members_in(text) if not _is_member(one)]
    found += [one for one in python_in(text) if not _is_python(one)]
    found += [one for one in files_in(text) if not (ROOT / one).exists()]
    return found + [one for one in _LINK.findall(text) if not (ROOT / "docs" / one).exists() and "://" not in one]


def _is_test(cited: str) -> bool:
    path, *names = cited.split("::")
    return (ROOT / "tests" / path).is_file() and tuple(names) in _tests_of(path)


@cache
def _tests_of(path: str) -> frozenset[tuple[str, ...]]:
    """Names of a file's tests, and of its classes of tests."""

    def within(body: list[ast.stmt], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for item in body:
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"):
                yield (*above, item.name)
            elif isinstance(item, ast.ClassDef) and item.name.startswith("Test"):
                yield (*above, item.name)
                yield from within(item.body, (*above, item.name))

    return frozenset(within(ast.parse((ROOT / "tests" / path).read_text()).body, ()))


@cache
def _sources() -> dict[str, str]:
    return {path.stem: path.read_text() for path in (ROOT / "contracts").rglob("*.sol")}


def _is_member(cited: str) -> bool:
    """Whether the contract itself declares it; what it inherits is cited where it is written."""
    contract, name = cited.split(".")
    declared = rf"(function|struct|modifier) {name}\b|^[^/\n]*\b(public|private|internal)\b[^;\n]*\b{name}\b *(=|;)"
    return re.search(declared, _sources().get(contract, ""), re.MULTILINE) is not None


def _is_python(cited: str) -> bool:
    parts = cited.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False
