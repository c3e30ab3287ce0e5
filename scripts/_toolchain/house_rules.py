"""Checks the rules of the house that no other tool knows, on every file of the project."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

from solidity import ROOT, VERSION

# Written so that they do not match themselves.
REGISTRY = re.compile(r"registry[.]npm|registry[.]yarn|pypi[.]org|python[h]osted|deb[.]debian|crates[.]io")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home)/")
PRIVATE_KEY = re.compile(r"BEGIN [A-Z ]*PRIVATE [K]EY")
MNEMONIC = re.compile(r"mnemonic\W{1,4}((?:[a-z]+ ){11,23}[a-z]+)", re.IGNORECASE)
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|HAC[K])\b")
LICENCE = re.compile(r"SPDX-License-[I]dentifier: *(\S+)")

TEST_MNEMONIC = "test " * 11 + "junk"
MAX_LINES = 600
WORDLESS_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
FLOAT_MODULES = (
    "wattbook/governance/attack_probability.py",
    "wattbook/cli/attack_probability.py",
    "wattbook/bench/",
)
NOT_CODE = (".md", ".lock", ".json", ".svg")

Lines = list[str]
Complaint = tuple[int, str]
Rule = Callable[[str, Lines], Iterator[Complaint]]


def main() -> None:
    complaints = list(check_all())
    if complaints:
        sys.exit("\n".join(complaints))


def check_all() -> Iterator[str]:
    for path in project_files():
        try:
            lines = (ROOT / path).read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for rule in RULES:
            for number, message in rule(path, lines):
                yield f"{path}:{number}: {rule.__name__}: {message}"


def project_files() -> list[str]:
    """What git tracks, or would after `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in sorted(listed.stdout.splitlines()) if (ROOT / path).is_file()]


def no_registry_address(_: str, lines: Lines) -> Iterator[Complaint]:
    yield from _matches(REGISTRY, lines, "address of a package registry")


def no_machine_path(_: str, lines: Lines) -> Iterator[Complaint]:
    yield from _matches(MACHINE_PATH, lines, "path of one machine")


def no_secret(_: str, lines: Lines) -> Iterator[Complaint]:
    yield from _matches(PRIVATE_KEY, lines, "private key")
    for number, line in enumerate(lines, 1):
        if (match := MNEMONIC.search(line)) and match[1] != TEST_MNEMONIC:
            yield number, "mnemonic that is not the test mnemonic"


def not_too_long(path: str, lines: Lines) -> Iterator[Complaint]:
    generated = any("generated" in line.lower() for line in lines[:3])
    if path.endswith((".py", ".sol")) and len(lines) > MAX_LINES and not generated:
        yield len(lines), f"{len(lines)} lines, at most {MAX_LINES}"


def nothing_unfinished(path: str, lines: Lines) -> Iterator[Complaint]:
    if not path.endswith(NOT_CODE):
        yield from _matches(UNFINISHED, lines, "mark of unfinished work")


def no_float(path: str, lines: Lines) -> Iterator[Complaint]:
    if path.startswith("wattbook/") and path.endswith(".py") and not path.startswith(FLOAT_MODULES):
        yield from _matches(re.compile(r"\bfloat\("), lines, "floating point near money or energy")


def named_after_a_subject(path: str, _: Lines) -> Iterator[Complaint]:
    for part in path.split("/"):
        if part.split(".")[0].lower() in WORDLESS_NAMES:
            yield 1, f"{part} says nothing of what is in it"


def apache_licence(path: str, lines: Lines) -> Iterator[Complaint]:
    if path.endswith(".sol") and lines[:1] != ["// SPDX-License-" + "Identifier: Apache-2.0"]:
        yield 1, "the first line is not the Apache-2.0 header"
    for number, line in enumerate(lines, 1):
        if (match := LICENCE.search(line)) and match[1] != "Apache-2.0":
            yield number, f"licence {match[1]}"


def exact_pragma(path: str, lines: Lines) -> Iterator[Complaint]:
    if path.endswith(".sol") and f"pragma solidity {VERSION};" not in lines:
        yield 1, f"no `pragma solidity {VERSION};`"


def documented_interface(path: str, lines: Lines) -> Iterator[Complaint]:
    if not (path.startswith("contracts/interfaces/") and path.endswith(".sol")):
        return
    comment: Lines = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if line.startswith("///"):
            comment.append(line.removeprefix("///").strip())
            continue
        if line.startswith("function "):
            declaration = " ".join(lines[number - 1 :]).split(";")[0]
            for part in _missing(comment, declaration):
                yield number, f"{line.split('(')[0]} has no {part}"
        comment = []


def _missing(comment: Lines, declaration: str) -> Iterator[str]:
    if not any(line.startswith("@notice ") for line in comment):
        yield "@notice"
    if not re.search(r"\b(view|pure)\b", declaration):
        for part in ("Emits ", "Requirements: "):
            if not any(f"{line} ".startswith(part) for line in comment):
                yield f"line that begins with {part.strip()!r}"


def _matches(pattern: re.Pattern[str], lines: Lines, message: str) -> Iterator[Complaint]:
    for number, line in enumerate(lines, 1):
        if pattern.search(line):
            yield number, message


RULES: tuple[Rule, ...] = (
    no_registry_address,
    no_machine_path,
    no_secret,
    not_too_long,
    nothing_unfinished,
    no_float,
    named_after_a_subject,
    apache_licence,
    exact_pragma,
    documented_interface,
)

if __name__ == "__main__":
    main()
