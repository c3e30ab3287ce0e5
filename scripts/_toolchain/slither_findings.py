"""Runs slither over the contracts; slither_allowed.json says what it may find, and why.

A finding that is not allowed fails, and so does a permission that nothing needs any more. Slither
runs as a program of its own; nothing here is linked with it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from artifacts import BUILD
from solcx.install import get_executable
from solidity import ROOT, VERSION, Json, read_sources, standard_json

ALLOWED = Path(__file__).with_name("slither_allowed.json")
INPUT = ROOT / ".build" / "slither-input.json"
FINDINGS = ROOT / ".build" / "slither-findings.json"
OUTPUTS = [
    "abi",
    "devdoc",
    "userdoc",
    "metadata",
    "storageLayout",
    "evm.bytecode",
    "evm.deployedBytecode",
]

Finding = tuple[str, str]


def main() -> None:
    policy = json.loads(ALLOWED.read_text())
    allowed = {(entry["where"], entry["detector"]) for entry in policy["findings"]}
    found = run_slither(policy["detectors_off"])
    complaints = [f"{where}: {detector}, not allowed" for where, detector in found - allowed]
    complaints += [f"{where}: {detector}, no longer found" for where, detector in allowed - found]
    if complaints:
        sys.exit("\n".join(sorted(complaints)))


def run_slither(detectors_off: dict[str, str]) -> set[Finding]:
    selection = {"*": {"*": OUTPUTS, "": ["ast"]}}
    FINDINGS.unlink(missing_ok=True)
    INPUT.write_text(json.dumps(standard_json(read_sources(), selection)))
    command: list[str | Path] = [
        *(Path(sys.executable).with_name("slither"), INPUT, "--json", FINDINGS, "--fail-none"),
        *("--solc", get_executable(VERSION), "--compile-force-framework", "solc-json"),
        *("--filter-paths", "node_modules", "--exclude", ",".join(detectors_off)),
    ]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    analysed = re.search(r"analyzed \((\d+) contracts with (\d+) detectors\)", process.stderr)
    if process.returncode != 0 or not analysed:
        sys.exit(f"slither failed:\n{process.stderr}")
    contracts, detectors = map(int, analysed.groups())
    # Slither that cannot read the compiler's output finds nothing in nothing.
    if contracts < len(list(BUILD.glob("*.json"))):
        sys.exit(f"slither saw only {contracts} contracts")
    results = json.loads(FINDINGS.read_text())["results"].get("detectors", [])
    print(f"slither: {contracts} contracts, {detectors} detectors, {len(results)} findings")
    return {(_where(result["elements"][0]), result["check"]) for result in results}


def _where(element: Json) -> str:
    """The contract, or `contract.function` or `contract.variable`, that an element belongs to."""
    parent = element.get("type_specific_fields", {}).get("parent", {})
    if element["type"] == "contract" or parent.get("type") not in ("contract", "function"):
        return str(element["name"])
    if parent["type"] == "function":
        return _where(parent)
    return f"{parent['name']}.{element['name']}"


if __name__ == "__main__":
    main()
