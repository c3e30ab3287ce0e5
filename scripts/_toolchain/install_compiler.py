"""Installs the Solidity compiler where py-solc-x, and so ape, looks for it.

The native one where its download can be reached, else the npm package of the same version behind a
script that answers as the native one does. That copy stands on its own: it outlives the clone that
installed it.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from solcx.install import get_solcx_install_folder
from solidity import ROOT, VERSION

NODE_MODULES = ROOT / "node_modules"
FOLDER = get_solcx_install_folder()
COMPILER = FOLDER / f"solc-v{VERSION}"
TRIAL = {
    "language": "Solidity",
    "sources": {"Trial.sol": {"content": f"pragma solidity {VERSION}; contract Trial {{}}"}},
    "settings": {"outputSelection": {"*": {"*": ["evm.bytecode"]}}},
}
SECONDS_TO_REACH_HOST = 8
SECONDS_TO_DOWNLOAD = 120


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if works():
        return
    COMPILER.unlink(missing_ok=True)
    if not install_native():
        install_npm()
    if not works():
        sys.exit(f"solc {VERSION} in {COMPILER} does not compile; remove it and run this again")
    print(f"solc {VERSION} is in {COMPILER}")


def works() -> bool:
    try:
        version = _run("--version")
        output = json.loads(_run("--standard-json", json.dumps(TRIAL)))
        compiled = output["contracts"]["Trial.sol"]["Trial"]
    except (OSError, ValueError, KeyError, subprocess.SubprocessError):
        return False
    return VERSION in version and bool(compiled["evm"]["bytecode"]["object"])


def _run(flag: str, text: str = "") -> str:
    command = [str(COMPILER), flag]
    process = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return process.stdout


def install_native() -> bool:
    return _solcx("get_installable_solc_versions()", SECONDS_TO_REACH_HOST) and _solcx(
        f"install_solc('{VERSION}')", SECONDS_TO_DOWNLOAD
    )


def _solcx(call: str, seconds: int) -> bool:
    # In a process of its own, as py-solc-x sets no time limit, not even on the name look-up.
    command = [sys.executable, "-c", f"import solcx; solcx.{call}"]
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def install_npm() -> None:
    folder = FOLDER / f"npm-solc-{VERSION}"
    shutil.rmtree(folder, ignore_errors=True)
    for package in sorted(_needed_by("solc")):
        shutil.copytree(NODE_MODULES / package, folder / "node_modules" / package)
    shim = shutil.copy(Path(__file__).with_name("solc.js"), folder)
    Path(shim).chmod(0o755)
    COMPILER.symlink_to(Path(shim).relative_to(FOLDER))


def _needed_by(package: str) -> set[str]:
    manifest = json.loads((NODE_MODULES / package / "package.json").read_text())
    needed = {package}
    for dependency in manifest.get("dependencies", {}):
        needed |= _needed_by(dependency)
    return needed


if __name__ == "__main__":
    main()
