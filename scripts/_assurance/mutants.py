"""Mutation testing: small mistakes are put into the contracts that hold money, one at a time, and a test has to fail.

    python scripts/_assurance mutants run Vault [--shard 1/2]
    python scripts/_assurance mutants report                   docs/assurance/mutants.md and mutants/*.jsonl

Most are switched on and off in one contract that holds them all: gathered.py, switching.py. What has no switch, and
what lived there and could be seen while contracts are deployed, is compiled and tested alone.

What is known of a mutant, here or in docs/assurance/mutants/, is not found out again: a killed one stays so for as
long as the definition around it stays; one that survived is tried again when a source or a test of the contract
changes, one that is explained when a source does. targets.json says which sources are a contract's own and which tests
are tried, in this order; explained.json why a survivor may live.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from closures import closure, compile_alone, source_of
from compiler import Compiler
from eth_utils.crypto import keccak
from gathered import Gathered, gathered
from operators import Mutant, mutants_of
from solidity import ROOT, CompileError, Json, read_sources, standard_json
from stand import ASSURANCE, Stand
from survivors import EXPLAINED, KNOWN, holds, report
from tested import ANEW, chosen, hash_of, run, shard

FOLDER = ASSURANCE / "mutants"
TARGETS: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("targets.json").read_text())
# What asks its switches spends on it.
_GAS = 12_000_000
_GAS_OF_SWITCHES = 100_000_000
# What a compiler that stays keeps to itself grows.
_COMPILED_BY_ONE = 60
# What need not be tried alone: no test sees more of it there.
_TRIED = {"tests": "switched", "nowhere": "unreached"}
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+)", re.MULTILINE)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("step", choices=["run", "report"])
    parser.add_argument("contracts", nargs="*")
    parser.add_argument("--shard", default="1/1", help="which part of how many")
    asked = parser.parse_args(arguments)
    names = chosen(asked.contracts, TARGETS)
    # Ends what is under way, with all that it has started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if asked.step == "report":
        report({name: mutants(name) for name in TARGETS}, results)
    else:
        for name in names:
            Session(name, asked.shard).run()


def mutants(name: str) -> list[Mutant]:
    """Every mutant of a contract's own sources."""
    sources = read_sources()
    own = TARGETS[name]["sources"]
    beneath = closure(source_of(name, sources), sources)
    with Compiler() as compiler:
        output = compiler.compile(standard_json(beneath, {source: {"": ["ast"]} for source in own}))
    return [found for source in own for found in mutants_of(source, sources[source], output["sources"][source]["ast"])]


def results(name: str) -> dict[str, Json]:
    """What is known of each mutant, by its key."""
    files = [KNOWN / f"{name}.jsonl", FOLDER / f"{name}.jsonl"]
    lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return {result["key"]: result for result in map(json.loads, lines)}


class Session:
    """A run over the mutants of one contract, or over a part of them."""

    def __init__(self, name: str, part: str) -> None:
        self.name = name
        self.part = part
        self.tests = TARGETS[name]["tests"]
        self.sources = read_sources()
        self.beneath = closure(source_of(name, self.sources), self.sources)
        texts = keccak(text=json.dumps(self.beneath, sort_keys=True))
        self.rests_on = f"{texts.hex()[:16]} {hash_of(ROOT / test for test in self.tests).hex()[:16]}"
        self.file = FOLDER / f"{name}.jsonl"
        self.results = results(name)

    def run(self) -> None:
        every = mutants(self.name)
        mine = {mutant.key: mutant for mutant in every}
        mine = {key: mine[key] for key in shard(list(mine), self.part)}
        waiting = [mutant for mutant in mine.values() if not self._is_known(mutant)]
        print(f"{self.name}: {len(every)} mutants, {len(waiting)} to try", flush=True)
        if not waiting:
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.stand = Stand(FOLDER / f"stand-{self.part.replace('/', '-')}")
        self.stand.make_room()
        with Compiler() as compiler:
            for some in gathered(self.name, self.sources, [m for m in waiting if not self._seen(m)], compiler):
                self._switch(some)
        waiting = [mutant for mutant in waiting if not self._is_known(mutant)]
        for begin in range(0, len(waiting), _COMPILED_BY_ONE):
            with Compiler() as compiler:
                self._try_alone(waiting[begin : begin + _COMPILED_BY_ONE], compiler, begin, len(waiting))

    def _known(self, mutant: Mutant) -> Json:
        """What is known and holds; empty where nothing is."""
        known = self.results.get(mutant.key, {})
        return known if holds(known, self.rests_on, mutant.key in EXPLAINED) else {}

    def _is_known(self, mutant: Mutant) -> bool:
        known = self._known(mutant)
        return bool(known) and ("seen" not in known or mutant.key in EXPLAINED)

    def _seen(self, mutant: Mutant) -> str:
        """Of one that lived behind its switch, what ran where it is: `tests`, `shared` fixtures, or `nowhere`."""
        return str(self._known(mutant).get("seen", ""))

    # ------------------------------------------------------------------------------------------------- behind switches

    def _switch(self, some: Gathered) -> None:
        """Has all mutants of one contract tried."""
        self.stand.put(some.artifact)
        task, recorded, begun = (self.stand.folder / name for name in ("task.json", "recorded.json", "begun"))
        recorded.unlink(missing_ok=True)
        waiting = dict(some.mutants)
        while waiting:
            begun.unlink(missing_ok=True)
            numbered = [(number, mutant.key) for number, mutant in waiting.items()]
            paths = {"recorded": str(recorded), "results": str(self.file), "begun": str(begun)}
            task.write_text(json.dumps({"mutants": numbered, "restsOn": self.rests_on, **paths}))
            if self._switch_until_unsure(task) and begun.exists():
                self._keep(begun.read_text(), {"result": "survived", "restsOn": self.rests_on, "seen": "unsure"})
            self.results = results(self.name)
            waiting = {number: mutant for number, mutant in waiting.items() if not self._known(mutant)}

    def _switch_until_unsure(self, task: Path) -> bool:
        """Whether the last mutant that was begun is to be tried alone."""
        command = self._pytest("-s", "--tb=native", "-p", "switching", f"--rootdir={self.stand.folder}")
        variables = self._variables(_GAS_OF_SWITCHES) | {
            "PYTHONPATH": str(self.stand.folder / "scripts" / "_assurance"),
            "MUTANTS_TASK": str(task),
        }
        process = subprocess.Popen(command, cwd=self.stand.folder, env=variables, start_new_session=True)
        try:
            status = process.wait()
        finally:
            # Nodes too, and tests that are under way.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if status not in (0, ANEW):
            raise SystemExit("tests did not run")
        return status == ANEW

    # ----------------------------------------------------------------------------------------------------------- alone

    def _try_alone(self, some: list[Mutant], compiler: Compiler, begin: int, count: int) -> None:
        self.original = self._compiled(self.sources, compiler)
        patience = 0.0
        for place, mutant in enumerate(some, begin + 1):
            started = time.monotonic()
            changed = self.sources | {mutant.source: mutant.apply(self.sources[mutant.source])}
            seen = self._seen(mutant)
            line: Json = {"result": "survived", "restsOn": self.rests_on, "tried": _TRIED.get(seen, "alone")}
            try:
                artifact = self._compiled(changed, compiler)
            except CompileError:
                line = {"result": "invalid"}
            else:
                if artifact["bytecode"] == self.original["bytecode"]:
                    line = {"result": "same"}
                elif seen not in _TRIED:
                    patience = patience or self._patience()
                    self.stand.put(artifact)
                    if killer := self._killer(patience):
                        line = {"result": "killed", "by": killer}
            self._keep(mutant.key, line)
            where = f"{mutant.source}:{mutant.line} {mutant.operator} {mutant.before!r} -> {mutant.after!r}"
            took = time.monotonic() - started
            said = line.get("by", "") or line["result"]
            print(f"[{place}/{count}] {where}: {said} ({took:.0f} s)", flush=True)

    def _compiled(self, sources: dict[str, str], compiler: Compiler) -> Json:
        return compile_alone(self.name, sources, compiler.compile)

    def _patience(self) -> float:
        """How long all tests may take, by how long they take without a mutant."""
        self.stand.put(self.original)
        started = time.monotonic()
        if killer := self._killer(1_200):
            raise SystemExit(f"{killer} fails without a mutant")
        return 30 + 3 * (time.monotonic() - started)

    def _killer(self, patience: float) -> str:
        """The first test that fails; empty when all pass."""
        ran = run(self._pytest("-x", "--tb=no"), self.stand.folder, self._variables(_GAS), patience)
        if ran.status is None:
            return "a test that does not end"
        if ran.status == 0:
            return ""
        found = _FAILED.search(ran.said)
        if ran.status != 1 or not found:
            raise SystemExit(f"tests did not run:\n{ran.said}")
        return found[1]

    # ------------------------------------------------------------------------------------------------------------ both

    def _pytest(self, *options: str) -> list[str | Path]:
        return [
            *(self.stand.python, "-m", "pytest"),
            *(*self.tests, "-q", "--hypothesis-seed=0", *options),
            *("-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"),
        ]

    def _variables(self, gas: int) -> dict[str, str]:
        # Plugins that these tests do not need take longer to load than most of them to run.
        return self.stand.environment(GAS_LIMIT=str(gas), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")

    def _keep(self, key: str, line: Json) -> None:
        with self.file.open("a") as file:
            file.write(json.dumps({"key": key, **line}) + "\n")
