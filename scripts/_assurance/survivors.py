"""The tables of mutation testing: how many mistakes the tests find, and which they do not."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from operators import Mutant
from solidity import ROOT, Json

DOCS = ROOT / "docs" / "assurance"
KNOWN = DOCS / "mutants"
EXPLAINED: dict[str, str] = json.loads(Path(__file__).with_name("explained.json").read_text())
_UNKNOWN = {"result": "not tried"}
_TRIED = {"switched": "with a switch", "alone": "alone", "unreached": "no test comes there"}


def report(mutants: dict[str, list[Mutant]], results: Callable[[str], dict[str, Json]]) -> None:
    """Writes what is known; fails where a mutant was not tried, or survived without an explanation."""
    KNOWN.mkdir(parents=True, exist_ok=True)
    known = {name: results(name) for name in mutants}
    for name, all_of_it in mutants.items():
        lines = [known[name][mutant.key] for mutant in all_of_it if mutant.key in known[name]]
        if lines:
            (KNOWN / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (DOCS / "mutants.md").write_text(page(mutants, known, EXPLAINED))
    if mistaken := sorted(EXPLAINED.keys() - survivors(known)):
        sys.exit(f"explained.json explains what did not survive: {', '.join(mistaken)}")
    open_ends = [mutant for name in mutants for mutant in mutants[name] if is_open(mutant, known[name], EXPLAINED)]
    if open_ends:
        sys.exit(
            f"{len(open_ends)} mutants were not tried, or survived and are not explained: see docs/assurance/mutants.md"
        )


def holds(known: Json, rests_on: str, explained: bool) -> bool:
    """Whether what was found still does, if it rested on sources and tests. Explanations do not ask for the tests."""
    then = known.get("restsOn", rests_on)
    return bool(then.split()[0] == rests_on.split()[0] if explained else then == rests_on)


def survivors(known: dict[str, dict[str, Json]]) -> set[str]:
    """The keys of all that survived, of any contract."""
    return {key for of_it in known.values() for key, result in of_it.items() if result["result"] == "survived"}


def is_open(mutant: Mutant, known: dict[str, Json], explained: dict[str, str]) -> bool:
    result = known.get(mutant.key, _UNKNOWN)["result"]
    return result == "not tried" or (result == "survived" and mutant.key not in explained)


def page(mutants: dict[str, list[Mutant]], known: dict[str, dict[str, Json]], explained: dict[str, str]) -> str:
    """The tables as people read them."""
    text = [
        "# Mutants",
        "",
        "Made by `make mutants` (see [how it is measured](measuring.md)). A mutant that has the contract's own code is",
        "none, nor is one that does not compile. What each was killed by is in [mutants/](mutants).",
        "",
        "| contract | mutants | killed | survived, explained | survived, not explained | not tried |",
        "|---|---|---|---|---|---|",
    ]
    for name, all_of_it in mutants.items():
        text.append(f"| {name} | {' | '.join(map(str, _figures(all_of_it, known[name], explained)))} |")
    for name, all_of_it in mutants.items():
        survived = [mutant for mutant in all_of_it if known[name].get(mutant.key, _UNKNOWN)["result"] == "survived"]
        if survived:
            text += [
                "",
                f"## Survivors of {name}",
                "",
                "| where | mistake | key | tried | why it may live |",
                "|---|---|---|---|---|",
            ]
            text += [_row(mutant, known[name][mutant.key], explained.get(mutant.key, "")) for mutant in survived]
    return "\n".join(text) + "\n"


def _figures(mutants: list[Mutant], known: dict[str, Json], explained: dict[str, str]) -> list[int]:
    counts = Counter(known.get(mutant.key, _UNKNOWN)["result"] for mutant in mutants)
    mutants_explained = sum(
        mutant.key in explained and known.get(mutant.key, _UNKNOWN)["result"] == "survived" for mutant in mutants
    )
    real = len(mutants) - counts["invalid"] - counts["same"]
    return [
        real,
        counts["killed"],
        mutants_explained,
        counts["survived"] - mutants_explained,
        counts["not tried"],
    ]


def _row(mutant: Mutant, known: Json, why: str) -> str:
    place = f"{Path(mutant.source).name}:{mutant.line}"
    change = f"`{_cell(mutant.before)}` → `{_cell(mutant.after)}`" if mutant.after else f"no `{_cell(mutant.before)}`"
    return f"| {place} | {change} | {mutant.key} | {_TRIED[_way(known)]} | {why} |"


def _way(known: Json) -> str:
    """How a survivor was tried. What only lived behind its switch so far may still turn out to be none."""
    return "switched" if "seen" in known else str(known.get("tried", "alone"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
