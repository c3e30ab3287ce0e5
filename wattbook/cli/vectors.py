import sys
from pathlib import Path

import click

from wattbook.cli.output import as_json, show
from wattbook.vectors import Outcome, run_file, vector_files


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
def vectors(paths: tuple[Path, ...], as_json: bool) -> None:
    """Run vector files against the engines; a folder stands for the JSON files in it."""
    files = [file for path in paths for file in vector_files(path)]
    outcomes = [run_file(file) for file in files]
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
