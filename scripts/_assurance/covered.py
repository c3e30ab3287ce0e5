"""What ran and what did not, of all that could have, as tables."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from solidity import Json


@dataclass
class Share:
    """How many of the places of one kind ran, and which did not."""

    of: int
    missed: list[str] = field(default_factory=list)

    @property
    def hit(self) -> int:
        return self.of - len(self.missed)

    @property
    def text(self) -> str:
        return f"{self.hit:,} of {self.of:,}"


@dataclass
class Covered:
    """Of one source."""

    lines: Share
    branches: Share


@dataclass
class Coverage:
    """Of everything. `left_out` says which tests did not count, and why; `waiting` which folders were not run."""

    contracts: dict[str, Covered]
    python: dict[str, Share]
    left_out: dict[str, str]
    ran: int
    waiting: list[str]


def of_contracts(probes: dict[str, list[object]], hits: set[str]) -> dict[str, Covered]:
    """A line ran if a statement that begins there did; a branch is a condition that held, or did not."""
    lines: dict[str, dict[int, bool]] = defaultdict(dict)
    branches: dict[str, dict[tuple[int, int, str], bool]] = defaultdict(dict)
    for number, (source, line, column, holds) in probes.items():
        assert isinstance(source, str) and isinstance(line, int) and isinstance(column, int)
        ran = number in hits
        if holds is None:
            lines[source][line] = lines[source].get(line, False) or ran
        else:
            branches[source][line, column, "true" if holds else "false"] = ran
    return {
        source: Covered(
            Share(len(lines[source]), [str(line) for line, ran in sorted(lines[source].items()) if not ran]),
            Share(
                len(branches[source]),
                [
                    f"{line}:{column} {holds}"
                    for (line, column, holds), ran in sorted(branches[source].items())
                    if not ran
                ],
            ),
        )
        for source in sorted(lines)
    }


def of_python(report: Json) -> dict[str, Share]:
    """Of every file, from the JSON report of coverage.py."""
    return {
        file: Share(item["summary"]["num_statements"], [str(line) for line in item["missing_lines"]])
        for file, item in sorted(report["files"].items())
        if item["summary"]["num_statements"]
    }


def page(coverage: Coverage) -> str:
    """The tables as people read them."""
    contracts = coverage.contracts
    lines = total(item.lines for item in contracts.values())
    branches = total(item.branches for item in contracts.values())
    python = total(coverage.python.values())
    folders = coverage.ran + len(coverage.waiting)
    text = [
        "# Coverage",
        "",
        "Made by `make cover` (see [how it is measured](measuring.md)); the same with every missed place is in",
        "[coverage.json](coverage.json).",
        "",
        f"The tests of {coverage.ran} of {folders} folders have run.",
        "",
        *_table(
            "| | ran | of | share |",
            [
                f"| lines of contracts | {_figures(lines)} |",
                f"| branches of contracts | {_figures(branches)} |",
                f"| lines of Python | {_figures(python)} |",
            ],
        ),
        "## Contracts",
        "",
        *_table(
            "| source | lines | branches | lines that did not run | branches that did not (line:column) |",
            [
                f"| {source.removeprefix('contracts/')} | {item.lines.text} | {item.branches.text} "
                f"| {_ranges(map(int, item.lines.missed))} | {', '.join(item.branches.missed)} |"
                for source, item in contracts.items()
            ],
        ),
        "## Python",
        "",
        "Files of which everything ran are not shown.",
        "",
        *_table(
            "| file | lines | lines that did not run |",
            [
                f"| {file} | {share.text} | {_ranges(map(int, share.missed))} |"
                for file, share in coverage.python.items()
                if share.missed
            ],
        ),
        "## Tests that do not count here",
        "",
        *_table("| test | why |", [f"| {test} | {why} |" for test, why in coverage.left_out.items()]),
    ]
    return "\n".join(text).rstrip() + "\n"


def total(shares: Iterable[Share]) -> Share:
    """All of several as one, without the names of what was missed."""
    taken = list(shares)
    return Share(sum(share.of for share in taken), [missed for share in taken for missed in share.missed])


def _figures(share: Share) -> str:
    # Tenths of a percent, rounded down: what is not reached is not shown as reached.
    tenths = share.hit * 1_000 // share.of if share.of else 0
    return f"{share.hit:,} | {share.of:,} | {tenths // 10}.{tenths % 10} %"


def _table(head: str, rows: list[str]) -> list[str]:
    return [head, "|" + "---|" * (head.count("|") - 1), *rows, ""]


def _ranges(lines: Iterable[int]) -> str:
    """`3, 5-7` of 3, 5, 6, 7."""
    found: list[list[int]] = []
    for line in lines:
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
