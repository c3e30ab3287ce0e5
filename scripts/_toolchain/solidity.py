"""The Solidity compiler as this project uses it: its version, its settings, its sources."""

from pathlib import Path
from typing import Any

import solcx
import yaml
from solcx.exceptions import SolcError

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"

# What ape compiles with is what everything compiles with.
CONFIG = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
VERSION: str = CONFIG["version"]

Json = dict[str, Any]


class CompileError(Exception):
    """The compiler's own words on what is wrong."""


def read_sources() -> dict[str, str]:
    # ape keeps its copies of dependencies in contracts/.cache.
    files = [file for file in CONTRACTS.rglob("*.sol") if CONTRACTS / ".cache" not in file.parents]
    return {file.relative_to(ROOT).as_posix(): file.read_text() for file in sorted(files)}


def standard_json(sources: dict[str, str], output_selection: Json) -> Json:
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            "evmVersion": CONFIG["evm_version"],
            # A comment that moves, or the name of a folder, leaves the code as it is.
            "metadata": {"bytecodeHash": "none"},
            "optimizer": {"enabled": True, "runs": CONFIG["optimization_runs"]},
            "viaIR": CONFIG["via_ir"],
            "outputSelection": output_selection,
            "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
        },
    }


def compile_standard(compiler_input: Json) -> Json:
    """Raises on errors, and on warnings about our own sources."""
    try:
        output: Json = solcx.compile_standard(compiler_input, base_path=ROOT, allow_paths=ROOT, solc_version=VERSION)
    except SolcError as error:
        raise CompileError(error.message) from error
    if warnings := [e["formattedMessage"] for e in output.get("errors", []) if _is_ours(e)]:
        raise CompileError("\n".join(warnings))
    return output


def _is_ours(warning: Json) -> bool:
    return not warning.get("sourceLocation", {}).get("file", "").startswith("node_modules/")
