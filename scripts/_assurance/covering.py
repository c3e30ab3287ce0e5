"""Which lines and branches of the contracts, and which lines of Python, the tests run.

    python scripts/_assurance covering compile [--shard 1/2]    contracts with probes
    python scripts/_assurance covering run [--shard 1/2]        the tests, folder by folder
    python scripts/_assurance covering report                   docs/assurance/coverage.md and .json

Each step goes on where it was stopped. `compile` and `run` take names after them: of contracts, of folders.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from artifacts import text_of
from closures import closure, compile_alone, source_of
from compiler import Compiler
from covered import Coverage, of_contracts, of_python, page
from eth_utils.crypto import keccak
from probes import LIBRARY, LIBRARY_TEXT, Probed, with_probes
from solidity import ROOT, Json, read_sources
from stand import ASSURANCE, Stand, load
from syntax import parse
from tested import beneath_all, chosen, hash_of, run, shard, test_folders

from wattbook.abi import contract_names

FOLDER = ASSURANCE / "coverage"
COMPILED = FOLDER / "contracts"
PROBES = FOLDER / "probes.json"
RESULTS = FOLDER / "results"
PYTHON = FOLDER / "python.json"
DOCS = ROOT / "docs" / "assurance"
LEFT_OUT = Path(__file__).with_name("left_out.json")
_SECONDS = 3_600
_GAS = 100_000_000


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="covering", description=__doc__)
    parser.add_argument("step", choices=["compile", "run", "report"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--shard", default="1/1", help="which part of how many")
    asked = parser.parse_args(arguments)
    if asked.step == "compile":
        compile_contracts(shard(chosen(asked.names, contract_names()), asked.shard))
    elif asked.step == "run":
        folders = shard(chosen(asked.names, test_folders()), asked.shard)
        run_tests(folders, FOLDER / f"stand-{asked.shard.replace('/', '-')}")
    else:
        report()


def probed_sources(compiler: Compiler) -> dict[str, Probed]:
    sources = read_sources()
    trees = parse(sources, compiler.compile)
    return {name: with_probes(name, text, trees[name]) for name, text in sources.items()}


def compile_contracts(names: list[str]) -> None:
    """Compiles contracts with probes, but those that are compiled and have not changed since."""
    COMPILED.mkdir(parents=True, exist_ok=True)
    with Compiler() as compiler:
        probed = probed_sources(compiler)
        PROBES.write_text(json.dumps(_table(probed)))
        sources = {name: item.text for name, item in probed.items()} | {LIBRARY: LIBRARY_TEXT}
        for place, name in enumerate(names, 1):
            key = keccak(text=json.dumps(closure(source_of(name, sources), sources))).hex()
            file = COMPILED / f"{name}.json"
            if file.exists() and load(file)["closure"] == key:
                continue
            started = time.monotonic()
            artifact = compile_alone(name, sources, compiler.compile) | {"closure": key}
            file.write_text(text_of(artifact))
            print(f"[{place}/{len(names)}] {name}: {time.monotonic() - started:.0f} s", flush=True)


def _table(probed: dict[str, Probed]) -> Json:
    return {
        str(number): [source, probe.line, probe.column, probe.holds]
        for source, item in probed.items()
        for number, probe in item.probes.items()
    }


def run_tests(names: list[str], folder: Path) -> None:
    """Runs folders' tests against contracts with probes, but those that ran and rest on nothing that has changed."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    beneath = _beneath()
    waiting = [name for name in names if not _is_done(name, beneath)]
    if not waiting:
        return
    stand = Stand(folder)
    stand.tell()
    for file in COMPILED.glob("*.json"):
        stand.put(load(file))
    for place, name in enumerate(waiting, 1):
        result = _run(stand, name) | {"restsOn": _rests_on(name, beneath)}
        _result_file(name).write_text(json.dumps(result))
        said = f"{len(result['hits'])} probes, {result['seconds']} s" + (", FAILED" if result["failed"] else "")
        print(f"[{place}/{len(waiting)}] {name}: {said}", flush=True)


def _run(stand: Stand, name: str) -> Json:
    data = RESULTS / f"{_slug(name)}.python"
    for old in [*stand.hits.iterdir(), *RESULTS.glob(f"{_slug(name)}.python*")]:
        old.unlink()
    started = time.monotonic()
    command: list[str | Path] = [
        *(stand.python, "-m", "coverage", "run", stand.python.with_name("ape"), "test"),
        *("-q", "-n", "0", "-p", "no:cacheprovider", *_deselected(name), *test_folders()[name]),
    ]
    variables = stand.environment(COVERAGE_FILE=str(data), GAS_LIMIT=str(_GAS))
    ran = run(command, stand.folder, variables, _SECONDS)
    # 5: there was no test left to run.
    failed = ran.status not in (0, 5)
    if failed:
        (RESULTS / f"{_slug(name)}.txt").write_text(ran.said)
    return {
        "folder": name,
        "failed": failed,
        "seconds": round(time.monotonic() - started),
        "hits": _collect(stand.hits),
    }


def _collect(hits: Path) -> list[str]:
    """All numbers of probes that the nodes of a run printed, once the last has ended."""
    deadline = time.monotonic() + 30
    while any(hits.glob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.1)
    return sorted({line for file in hits.iterdir() for line in file.read_text().splitlines()})


def _deselected(name: str) -> list[str]:
    left_out = json.loads(LEFT_OUT.read_text())
    files = test_folders()[name]
    return [option for test in left_out if test.split("::")[0] in files for option in ("--deselect", test)]


def report() -> None:
    """Writes the tables of what has run so far; fails where something is still to be run, or failed."""
    beneath = _beneath()
    done = [name for name in test_folders() if _is_done(name, beneath)]
    waiting = [name for name in test_folders() if name not in done]
    results = [load(_result_file(name)) for name in done]
    coverage = Coverage(
        contracts=of_contracts(load(PROBES), {hit for result in results for hit in result["hits"]}),
        python=of_python(_combined(done)),
        left_out=load(LEFT_OUT),
        ran=len(done),
        waiting=waiting,
    )
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "coverage.json").write_text(json.dumps(asdict(coverage), indent=1) + "\n")
    (DOCS / "coverage.md").write_text(page(coverage))
    if without := [name for name in contract_names() if not (COMPILED / f"{name}.json").exists()]:
        sys.exit("not compiled with probes: " + ", ".join(without))
    if waiting:
        sys.exit("not run, failed, or changed since:\n" + "\n".join(waiting))


def _combined(names: list[str]) -> Json:
    """What coverage.py makes of all that the processes of all runs left behind."""
    tool = [sys.executable, "-m", "coverage"]
    data = f"--data-file={FOLDER / 'python.coverage'}"
    files = [str(file) for name in names for file in RESULTS.glob(f"{_slug(name)}.python*")]
    subprocess.run([*tool, "combine", "-q", "--keep", data, *files], cwd=ROOT, check=True)
    subprocess.run([*tool, "json", "-q", data, "-o", PYTHON], cwd=ROOT, check=True)
    return load(PYTHON)


def _beneath() -> bytes:
    """A hash of what every run rests on, and of the contracts that have probes."""
    closures = [load(file)["closure"] for file in sorted(COMPILED.glob("*.json"))]
    return keccak(beneath_all() + "".join(closures).encode())


def _is_done(name: str, beneath: bytes) -> bool:
    file = _result_file(name)
    if not file.exists():
        return False
    result = load(file)
    return not result["failed"] and result["restsOn"] == _rests_on(name, beneath)


def _rests_on(name: str, beneath: bytes) -> str:
    return keccak(beneath + hash_of(ROOT / file for file in test_folders()[name])).hex()


def _result_file(name: str) -> Path:
    return RESULTS / f"{_slug(name)}.json"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name)
