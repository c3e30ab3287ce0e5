"""A copy of this clone with contracts of its own: what runs in it cannot tell it from one that was set up so."""

import json
import os
import shutil
import sys
from pathlib import Path

from artifacts import committed, text_of
from solidity import ROOT, Json

ASSURANCE = ROOT / ".build" / "assurance"
_ENVIRONMENT = ROOT / ".venv"
_COPIED = ("wattbook", "frontend_api", "tests", "scripts", "docs", "examples")
_LINKED = ("contracts", "node_modules")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".hypothesis")
# Other places of packages; and bytecode is to be written here, or each run would compile all that it imports.
_NOT_KEPT = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
# A node with room for contracts that have more code than a chain takes, and for what they use. It is the node's own
# process that is started here, so that it is the one that is stopped.
_NODE = """#!/usr/bin/env bash
room=(--disable-code-size-limit)
[[ " $* " == *" --gas-limit "* || $# -eq 1 ]] || room+=(--gas-limit 1000000000)
exec {anvil} "$@" "${{room[@]}}"{output}
"""


class Stand:
    """The copy, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hits = folder / "hits"
        self.python = folder / ".venv" / "bin" / "python"
        shutil.rmtree(folder, ignore_errors=True)
        for name in _COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=_NOT_COPIED)
        for name in _LINKED:
            (folder / name).symlink_to(ROOT / name)
        for file in ROOT.iterdir():
            if file.is_file() and file.name != ".git":
                shutil.copy(file, folder)
        shutil.copytree(ROOT / ".build" / "contracts", folder / ".build" / "contracts")
        self._make_environment()

    def environment(self, **more: str) -> dict[str, str]:
        """The variables that programs of this copy are started with."""
        return {name: value for name, value in os.environ.items() if name not in _NOT_KEPT} | more

    def put(self, artifact: Json) -> None:
        """Has a contract be what `artifact` says, for whoever deploys it and whoever compares its code."""
        name = artifact["contractName"]
        (self.folder / ".build" / "contracts" / f"{name}.json").write_text(text_of(artifact))
        (self.folder / "wattbook" / "abi" / f"{name}.json").write_text(text_of(committed(artifact)))

    def make_room(self) -> None:
        """Has every node take contracts of any size."""
        self._replace_node("")

    def tell(self) -> None:
        """Has every node take contracts of any size, and put the probes that run into a file in `hits`."""
        self.hits.mkdir()
        sieve = Path(__file__).with_name("hits.py")
        self._replace_node(f" > >(exec {sys.executable} -S -E {sieve} {self.hits})")

    def _replace_node(self, output: str) -> None:
        node = self.folder / ".venv" / "bin" / "anvil"
        anvil = node.resolve()
        node.unlink()
        node.write_text(_NODE.format(anvil=anvil, output=output))
        node.chmod(0o755)

    def _make_environment(self) -> None:
        mine = self.folder / ".venv"
        programs = mine / "bin"
        packages = mine / Path(next(path for path in sys.path if path.endswith("site-packages"))).relative_to(
            _ENVIRONMENT
        )
        programs.mkdir(parents=True)
        packages.mkdir(parents=True)
        shutil.copy(_ENVIRONMENT / "pyvenv.cfg", mine)
        for program in (_ENVIRONMENT / "bin").iterdir():
            _copy_program(program, programs / program.name, mine)
        for package in packages_of_environment(packages.relative_to(mine)):
            (packages / package.name).symlink_to(package)
        (packages / "wattbook.pth").write_text(f"{self.folder}\n")


def packages_of_environment(place: Path) -> list[Path]:
    """What is installed, without the link to this clone."""
    return [path for path in (_ENVIRONMENT / place).iterdir() if not path.name.startswith("__editable__")]


def _copy_program(program: Path, to: Path, environment: Path) -> None:
    """A script starts the Python that its first line names; whatever else is there is the same for all."""
    if program.is_symlink():
        to.symlink_to(program.readlink() if program.name.startswith("python") else program.resolve())
        return
    begin = f"#!{_ENVIRONMENT}".encode()
    code = program.read_bytes()
    if code.startswith(begin):
        to.write_bytes(f"#!{environment}".encode() + code.removeprefix(begin))
        shutil.copymode(program, to)
    else:
        to.symlink_to(program)


def load(file: Path) -> Json:
    found: Json = json.loads(file.read_text())
    return found
