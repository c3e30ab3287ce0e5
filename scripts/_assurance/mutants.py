"""Mutation testing: small mistakes are put into the contracts that hold money, one at a time, and a test has to fail.

    python scripts/_assurance mutants run Vault [--shard 1/2]
    python scripts/_assurance mutants report                   docs/assurance/mutants.md and mutants/*.jsonl

What is known of a mutant, here or in docs/assurance/mutants/, is not found out again: a killed one stays so for as
long as the definition around it stays, one that survived is tried again when a test or a source of the contract
changes. targets.json says which sources are a contract's own and which tests are tried, in this order; explained.json
why a survivor may live.
"""

import argparse
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from closures import closure, compile_alone, source_of
from compiler import Compiler
from eth_utils.crypto import keccak
from operators import Mutant, mutants_of
from solidity import ROOT, CompileError, Json, read_sources, standard_json
from stand import ASSURANCE, Stand
from survivors import KNOWN, report
from tested import hash_of, run, shard

FOLDER = ASSURANCE / "mutants"
TARGETS: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("targets.json").read_text())
_GAS = 12_000_000
# What a compiler that stays keeps to itself grows.
_COMPILED_BY_ONE = 60
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+)", re.MULTILINE)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("step", choices=["run", "report"])
    parser.add_argument("contracts", nargs="*")
    parser.add_argument("--shard", default="1/1", help="which part of how many")
    asked = parser.parse_args(arguments)
    names = asked.contracts or list(TARGETS)
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


@dataclass(frozen=True)
class Outcome:
    """`killed`, `survived`, `invalid` (it does not compile) or `same` (its code is that of the contract)."""

    result: str
    by: str = ""


class Session:
    """A run over the mutants of one contract, or over a part of them."""

    def __init__(self, name: str, part: str) -> None:
        self.name = name
        self.part = part
        self.tests = TARGETS[name]["tests"]
        self.sources = read_sources()
        self.beneath = closure(source_of(name, self.sources), self.sources)
        texts = keccak(text=json.dumps(self.beneath, sort_keys=True))
        self.rests_on = keccak(texts + hash_of(ROOT / test for test in self.tests)).hex()[:16]

    def run(self) -> None:
        every = mutants(self.name)
        mine = {mutant.key: mutant for mutant in every}
        waiting = [mine[key] for key in shard(list(mine), self.part) if not self._is_known(key)]
        print(f"{self.name}: {len(every)} mutants, {len(waiting)} to try", flush=True)
        if not waiting:
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.stand = Stand(FOLDER / f"stand-{self.part.replace('/', '-')}")
        self.stand.make_room()
        for begin in range(0, len(waiting), _COMPILED_BY_ONE):
            with Compiler() as compiler:
                self._try_all(waiting[begin : begin + _COMPILED_BY_ONE], compiler, begin, len(waiting))

    def _is_known(self, key: str) -> bool:
        known = results(self.name).get(key)
        return known is not None and (known["result"] != "survived" or known["restsOn"] == self.rests_on)

    def _try_all(self, some: list[Mutant], compiler: Compiler, begin: int, count: int) -> None:
        self.original = self._compiled(self.sources, compiler)
        self.stand.put(self.original)
        started = time.monotonic()
        if killer := self._killer(600):
            raise SystemExit(f"{killer} fails without a mutant")
        patience = 30 + 3 * (time.monotonic() - started)
        for place, mutant in enumerate(some, begin + 1):
            started = time.monotonic()
            outcome = self._try(mutant, compiler, patience)
            self._keep(mutant, outcome)
            where = f"{mutant.source}:{mutant.line} {mutant.operator} {mutant.before!r} -> {mutant.after!r}"
            took = time.monotonic() - started
            print(f"[{place}/{count}] {where}: {outcome.result} {outcome.by} ({took:.0f} s)", flush=True)

    def _try(self, mutant: Mutant, compiler: Compiler, patience: float) -> Outcome:
        changed = self.sources | {mutant.source: mutant.apply(self.sources[mutant.source])}
        try:
            artifact = self._compiled(changed, compiler)
        except CompileError:
            return Outcome("invalid")
        if artifact["bytecode"] == self.original["bytecode"]:
            return Outcome("same")
        self.stand.put(artifact)
        killer = self._killer(patience)
        return Outcome("killed", killer) if killer else Outcome("survived")

    def _compiled(self, sources: dict[str, str], compiler: Compiler) -> Json:
        return compile_alone(self.name, sources, compiler.compile)

    def _killer(self, patience: float) -> str:
        """The first test that fails; empty when all pass."""
        command: list[str | Path] = [
            *(self.stand.python, "-m", "pytest"),
            *(*self.tests, "-x", "-q", "--tb=no", "--hypothesis-seed=0"),
            *("-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"),
        ]
        # Plugins that these tests do not need take longer to load than most of them to run.
        variables = self.stand.environment(GAS_LIMIT=str(_GAS), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        ran = run(command, self.stand.folder, variables, patience)
        if ran.status is None:
            return "a test that does not end"
        if ran.status == 0:
            return ""
        found = _FAILED.search(ran.said)
        if ran.status != 1 or not found:
            raise SystemExit(f"tests did not run:\n{ran.said}")
        return found[1]

    def _keep(self, mutant: Mutant, outcome: Outcome) -> None:
        line = {"key": mutant.key, "result": outcome.result}
        if outcome.result == "killed":
            line["by"] = outcome.by
        if outcome.result == "survived":
            line["restsOn"] = self.rests_on
        with (FOLDER / f"{self.name}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
