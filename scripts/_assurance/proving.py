"""What halmos proves of the small libraries: every `check_` function in tests/symbolic, for all arguments.

    python scripts/_assurance proving         docs/assurance/proofs.md

Halmos is a program in an environment of its own, see requirements-halmos.lock.
"""

import argparse
import json
import os
import re
from pathlib import Path

from solcx.install import get_executable
from solidity import ROOT, VERSION, Json
from tested import run

PROOFS = ROOT / "tests" / "symbolic"
OUT = ".build/symbolic/out"
PAGE = ROOT / "docs" / "assurance" / "proofs.md"
PROGRAMS = ROOT / ".venv" / "bin"
HALMOS = ROOT / ".build" / "halmos" / "bin" / "halmos"
_FOUND = ROOT / ".build" / "symbolic" / "found.json"
_SECONDS = 3_600
_PROPERTY = re.compile(r"((?:    ///.*\n)*)    function (check_\w+)")


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="proving", description=__doc__).parse_args(arguments)
    variables = os.environ | {
        "FOUNDRY_CONFIG": str(PROOFS / "foundry.toml"),
        "FOUNDRY_SOLC": str(get_executable(VERSION)),
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
    }
    ran = run([PROGRAMS / "forge", "build"], ROOT, variables, _SECONDS)
    if ran.status != 0:
        raise SystemExit(ran.said)
    results: dict[str, Json] = {}
    for file in sorted(PROOFS.glob("*.sol")):
        results |= prove(file.stem, variables)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(results))
    print(PAGE.read_text())
    if open_ends := [name for name in properties() if not is_proven(results.get(name))]:
        raise SystemExit(f"not proven: {', '.join(open_ends)}")


def prove(contract: str, variables: dict[str, str]) -> dict[str, Json]:
    """What halmos says of each property of a contract, by the property's name."""
    _FOUND.unlink(missing_ok=True)
    command: list[str | Path] = [
        *(HALMOS, "--contract", contract, "--function", "check_", "--forge-build-out", OUT, "--loop", "512"),
        *("--solver-timeout-assertion", "600s", "--json-output", _FOUND, "--no-status"),
    ]
    ran = run(command, ROOT, variables, _SECONDS)
    if not _FOUND.exists():
        raise SystemExit(ran.said)
    tests = json.loads(_FOUND.read_text())["test_results"]
    return {item["name"].split("(")[0]: item for items in tests.values() for item in items}


def is_proven(result: Json | None) -> bool:
    """A property that no arguments reach, or of which a loop was cut off, is not proven."""
    return result is not None and result["exitcode"] == 0 and paths(result) > 0 and not result["num_bounded_loops"]


def paths(result: Json) -> int:
    """Of all ways through a property, those that come to its end."""
    return int(result["num_paths"][1])


def properties() -> dict[str, str]:
    """What each property says, by its name."""
    found = {}
    for file in sorted(PROOFS.glob("*.sol")):
        for comment, name in _PROPERTY.findall(file.read_text()):
            lines = [line.strip().removeprefix("///").strip() for line in comment.splitlines()]
            found[name] = " ".join(lines).removeprefix("@dev ")
    return found


def page(results: dict[str, Json]) -> str:
    text = [
        "# Proofs",
        "",
        "Made by `make prove`, from [tests/symbolic](../../tests/symbolic): each holds for all arguments that its",
        "types and bounds allow, not only for some that were tried.",
        "",
        "| property | says | | paths |",
        "|---|---|---|---|",
    ]
    for name, says in properties().items():
        result = results.get(name)
        proven = "proven" if is_proven(result) else "not proven"
        text.append(f"| {name} | {says} | {proven} | {paths(result) if result else 0} |")
    return "\n".join(text) + "\n"
