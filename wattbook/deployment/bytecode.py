"""The code to deploy, which only a set-up clone of the project has."""

import json
from pathlib import Path
from typing import Any

from wattbook import abi
from wattbook.errors import DeploymentError, ToolMissing

_COMPILED = Path(__file__).parents[2] / ".build" / "contracts"


def creation_code(name: str) -> str:
    """The code that creates the contract called `name`, as compiled by `make setup`."""
    return str(_fresh(name)["bytecode"])


def runtime_code(name: str) -> bytes:
    """The code that a contract without immutables runs, as a first block has it, compiled by `make setup`."""
    compiled = _fresh(name)
    if compiled["immutableReferences"]:
        raise DeploymentError(f"{name} has values that only its deployment sets; it cannot stand in a first block")
    return bytes.fromhex(compiled["deployedBytecode"].removeprefix("0x"))


def storage_slot(name: str, variable: str) -> int:
    """The storage slot in which a variable of a contract begins."""
    return next(int(item["slot"]) for item in _compiled(name)["storageLayout"]["storage"] if item["label"] == variable)


def _fresh(name: str) -> dict[str, Any]:
    compiled = _compiled(name)
    if compiled["codeHash"] != abi.interface(name).code_hash:
        raise ToolMissing(f"{name} has changed since it was compiled; run `make setup`")
    return compiled


def _compiled(name: str) -> dict[str, Any]:
    file = _COMPILED / f"{name}.json"
    if not file.exists():
        raise ToolMissing(
            f"{name} is not compiled here; deploying needs a clone of Wattbook in which `make setup` has run"
        )
    compiled: dict[str, Any] = json.loads(file.read_text())
    return compiled
