import sys
from contextlib import nullcontext
from pathlib import Path

import click

from wattbook.cli.output import as_json, show
from wattbook.vectors import ENGINES, Outcome, run_file, vector_files
from wattbook.vectors.on_chain import contracts


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--on-chain", is_flag=True, help="Run those whose rule exists on chain through the contracts.")
@as_json
def vectors(paths: tuple[Path, ...], on_chain: bool, as_json: bool) -> None:
    """Run vector files against the engines; a folder stands for the JSON files in it."""
    files = [file for path in paths for file in vector_files(path)]
    with contracts() if on_chain else nullcontext(ENGINES) as kinds:
        outcomes = [run_file(file, kinds) for file in files]
    value = [
        {
            "file": outcome.file,
            "passed": outcome.passed,
            "failed": len(outcome.mismatches),
            "notRun": outcome.not_run,
            "notRunCases": [{"case": n.case, "reason": n.reason} for n in outcome.skipped],
            "mismatches": [
                {"case": m.case, "expected": str(m.expected), "got": str(m.got)} for m in outcome.mismatches
            ],
        }
        for outcome in outcomes
    ]
    show(as_json, value, lambda: [line for outcome in outcomes for line in _lines(outcome)])
    if any(outcome.mismatches for outcome in outcomes):
        sys.exit(1)


def _lines(outcome: Outcome) -> list[str]:
    counts = f"{outcome.passed} passed, {len(outcome.mismatches)} failed, {outcome.not_run} not run"
    shown = [f"  {m.case}: expected {m.expected}, got {m.got}" for m in outcome.mismatches]
    not_run = [f"  {n.case}: not run, {n.reason}" for n in outcome.skipped]
    return [f"{outcome.file}: {counts}", *shown, *not_run]
