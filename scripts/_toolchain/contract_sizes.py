"""Fails when a deployable contract is larger than a chain takes (EIP-170, EIP-3860)."""

import json
import sys

from artifacts import BUILD
from solidity import Json

MAX_RUNTIME = 24_576
MAX_INIT = 49_152


def main() -> None:
    artifacts = [json.loads(file.read_text()) for file in sorted(BUILD.glob("*.json"))]
    compiled = [artifact for artifact in artifacts if "bytecode" in artifact]
    if not compiled:
        sys.exit("no compiled contracts; run `make setup`")
    too_large = [line for artifact in compiled for line in _excesses(artifact)]
    if too_large:
        sys.exit("\n".join(too_large))
    largest = max(compiled, key=lambda artifact: len(artifact["deployedBytecode"]))
    size = _size(largest["deployedBytecode"])
    print(f"{len(compiled)} contracts, largest {largest['contractName']}: {size} bytes")


def _excesses(artifact: Json) -> list[str]:
    limits = {"bytecode": MAX_INIT, "deployedBytecode": MAX_RUNTIME}
    return [
        f"{artifact['source']}: {artifact['contractName']} has {size} bytes of {code}, max. {limit}"
        for code, limit in limits.items()
        if (size := _size(artifact[code])) > limit
    ]


def _size(code: str) -> int:
    return len(code) // 2 - 1


if __name__ == "__main__":
    main()
