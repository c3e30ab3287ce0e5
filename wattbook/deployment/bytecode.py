"""The code to deploy, which only a set-up clone of the project has."""

import json
from pathlib import Path

from wattbook import abi
from wattbook.errors import ToolMissing

_COMPILED = Path(__file__).parents[2] / ".build" / "contracts"


def creation_code(name: str) -> str:
    """The code that creates the contract called `name`, as compiled by `make setup`."""
    file = _COMPILED / f"{name}.json"
    if not file.exists():
        raise ToolMissing(
            f"{name} is not compiled here; deploying needs a clone of Wattbook in which `make setup` has run"
        )
    compiled = json.loads(file.read_text())
    if compiled["codeHash"] != abi.interface(name).code_hash:
        raise ToolMissing(f"{name} has changed since it was compiled; run `make setup`")
    return str(compiled["bytecode"])
