"""Compiles the contracts.

Everything known of each goes to .build/contracts/, what a client needs of each deployable one to
wattbook/abi/, which is committed. `--check` writes nothing and fails when a committed file is not
what the contracts say.
"""

import argparse
import json
import sys
from pathlib import Path

from eth_utils.crypto import keccak
from solidity import ROOT, CompileError, Json, compile_standard, read_sources, standard_json

from wattbook.deployment.code import code_hash

BUILD = ROOT / ".build" / "contracts"
ABI = ROOT / "wattbook" / "abi"
NOT_DEPLOYED = ("contracts/mocks/", "contracts/tests/")
OUTPUTS = [
    "abi",
    "devdoc",
    "userdoc",
    "storageLayout",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.methodIdentifiers",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only name stale committed files")
    check = parser.parse_args().check
    try:
        artifacts = build()
    except CompileError as error:
        sys.exit(str(error))
    wanted = {name: committed(item) for name, item in artifacts.items() if is_deployed(item)}
    if check:
        if stale := stale_files(ABI, wanted):
            names = "\n".join(file.relative_to(ROOT).as_posix() for file in stale)
            sys.exit(f"stale, run `make setup` and commit:\n{names}")
    else:
        write(BUILD, artifacts)
        write(ABI, wanted)


def build() -> dict[str, Json]:
    """The artifact of every contract defined under contracts/, by name."""
    sources = read_sources()
    selection = {name: {"*": OUTPUTS, "": ["ast"]} for name in sources}
    output = compile_standard(standard_json(sources, selection))
    artifacts: dict[str, Json] = {}
    for source, contracts in sorted(output["contracts"].items()):
        nodes = {node.get("name"): node for node in output["sources"][source]["ast"]["nodes"]}
        for name, compiled in contracts.items():
            if name in artifacts:
                first = artifacts[name]["source"]
                raise CompileError(f"two contracts are named {name}: in {first} and {source}")
            artifacts[name] = artifact_of(name, source, sources[source], nodes[name], compiled)
    return artifacts


def artifact_of(name: str, source: str, text: str, node: Json, compiled: Json) -> Json:
    artifact = {
        "contractName": name,
        "source": source,
        "sourceHash": _hex(keccak(text=text)),
        "kind": "abstract" if node["abstract"] else node["contractKind"],
        "abi": compiled["abi"],
        "userdoc": compiled["userdoc"],
        "devdoc": compiled["devdoc"],
    }
    evm = compiled["evm"]
    runtime = bytes.fromhex(evm["deployedBytecode"]["object"])
    if not runtime:
        return artifact
    references = evm["deployedBytecode"]["immutableReferences"].values()
    immutables = sorted((place["start"], place["length"]) for use in references for place in use)
    return artifact | {
        "bytecode": "0x" + evm["bytecode"]["object"],
        "deployedBytecode": _hex(runtime),
        "immutableReferences": immutables,
        "codeHash": code_hash(runtime, immutables),
        "methodIdentifiers": evm["methodIdentifiers"],
        "storageLayout": compiled["storageLayout"],
    }


def is_deployed(artifact: Json) -> bool:
    return artifact["kind"] == "contract" and not artifact["source"].startswith(NOT_DEPLOYED)


def committed(artifact: Json) -> Json:
    return {
        "contractName": artifact["contractName"],
        "source": artifact["source"],
        "abi": artifact["abi"],
        "codeHash": artifact["codeHash"],
        "codeSize": len(artifact["deployedBytecode"]) // 2 - 1,
        "immutables": artifact["immutableReferences"],
    }


def stale_files(folder: Path, artifacts: dict[str, Json]) -> list[Path]:
    wanted = {folder / f"{name}.json": text_of(item) for name, item in artifacts.items()}
    present = {file: file.read_text() for file in folder.glob("*.json")}
    files = sorted(wanted.keys() | present.keys())
    return [file for file in files if wanted.get(file) != present.get(file)]


def write(folder: Path, artifacts: dict[str, Json]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in stale_files(folder, artifacts):
        if file.stem in artifacts:
            file.write_text(text_of(artifacts[file.stem]))
        else:
            file.unlink()


def text_of(artifact: Json) -> str:
    return json.dumps(artifact, indent=2, sort_keys=True) + "\n"


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


if __name__ == "__main__":
    main()
