"""Three years of a pool as a table and a chart, for docs/finance."""

from collections.abc import Sequence
from pathlib import Path

from wattbook.trial.pledged import FORMER, PT, Quarter

_PARTS = (
    ("tax and fees", "#8d99ae", ("tax", "servicer", "trustee")),
    ("senior interest", "#1d3557", ("seniorInterest",)),
    ("senior principal", "#457b9d", ("seniorPrincipal",)),
    ("mezzanine", "#e9a03b", ("mezzInterest", "mezzPrincipal")),
    ("junior", "#7a9e4f", ("junior",)),
)
_HEAD = (
    "quarter",
    "collected",
    "DSCR",
    "fees",
    "senior",
    "mezzanine",
    "junior",
    "reserve",
    "owed to senior",
    "servicer",
)
_WORDS = """# Three years of a pool

What the four plants of the Huadian park earn in twelve quarters, in thousands of PT, and where it went. `make bench`
writes this page and its chart; [the simulation](../../wattbook/trial/pledged.py) says what is assumed. In the sixth
and seventh quarter the servicer lets the engine stand: coverage falls below 1.00 twice, the trigger turns all that is
left to the senior tranche, and its holders replace the servicer.
"""
_MOST_DSCR_BPS = 99_999
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 760, 380, 60, 50, 330
_STEP = (_WIDTH - _LEFT - 60) // 12
_MOST = 10_000_000 * PT
_MOST_OWED = 20_000_000 * PT


def write(folder: Path, quarters: Sequence[Quarter]) -> None:
    """Both files, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files(quarters).items():
        (folder / name).write_text(text)


def files(quarters: Sequence[Quarter]) -> dict[str, str]:
    """The table's text and the chart's, by name."""
    return {"three_years.md": _page(quarters), "three_years.svg": _chart(quarters)}


def _page(quarters: Sequence[Quarter]) -> str:
    rows = [_HEAD, tuple("---:" for _ in _HEAD), *(_row(one) for one in quarters)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_WORDS}\n![What was collected and where it went](three_years.svg)\n\n{lines}\n"


def _row(one: Quarter) -> tuple[str, ...]:
    outcome = one.outcome
    parts = {title: sum(outcome.paid(name) for name in names) for title, _, names in _PARTS}
    amounts = (
        parts["tax and fees"],
        parts["senior interest"] + parts["senior principal"],
        parts["mezzanine"],
        parts["junior"],
        outcome.state.reserve,
        outcome.state.senior,
    )
    bps = outcome.dscr_bps
    covered = f"{bps // 10_000}.{bps % 10_000 // 100:02}" if bps < _MOST_DSCR_BPS else "nothing due"
    office = "first" if one.servicer == FORMER else "second"
    return str(one.number + 1), _thousands(one.collected), covered, *(_thousands(part) for part in amounts), office


def _thousands(amount: int) -> str:
    return f"{amount // (1_000 * PT):,}"


def _chart(quarters: Sequence[Quarter]) -> str:
    bars = "\n".join(_bar(one) for one in quarters)
    line = " ".join(f"{_middle(one)},{_y(one.outcome.state.senior, _MOST_OWED)}" for one in quarters)
    ticks = "\n".join(_tick(share) for share in range(6))
    labels = "\n".join(_text(_middle(one), _BOTTOM + 18, str(one.number + 1), "middle") for one in quarters)
    shown = "\n".join(_legend(place, title, colour) for place, (title, colour, _) in enumerate(_PARTS))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"
 font-family="sans-serif" font-size="12">
<title>What a pool collected in twelve quarters and where it went</title>
<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>
{ticks}
{bars}
<polyline points="{line}" fill="none" stroke="#c1121f" stroke-width="2"/>
{labels}
{shown}
{_legend(len(_PARTS), "senior owed (right)", "#c1121f")}
{_text(_LEFT, 38, "million PT a quarter", "start")}
{_text(_WIDTH - 60, 38, "million PT owed", "end")}
{_text((_WIDTH + _LEFT) // 2 - 30, _BOTTOM + 38, "quarter", "middle")}
</svg>
"""


def _bar(one: Quarter) -> str:
    parts, below = [], 0
    for _, colour, names in _PARTS:
        amount = sum(one.outcome.paid(name) for name in names)
        top = _y(below + amount, _MOST)
        height = _y(below, _MOST) - top
        if height:
            x, width = _middle(one) - _STEP // 3, 2 * _STEP // 3
            parts.append(f'<rect x="{x}" y="{top}" width="{width}" height="{height}" fill="{colour}"/>')
        below += amount
    return "\n".join(parts)


def _tick(share: int) -> str:
    y = _y(_MOST * share // 5, _MOST)
    right = _WIDTH - 60
    return (
        f'<line x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}" stroke="#dddddd"/>\n'
        f"{_text(_LEFT - 8, y + 4, str(_MOST // (5 * 10**6 * PT) * share), 'end')}\n"
        f"{_text(right + 8, y + 4, str(_MOST_OWED // (5 * 10**6 * PT) * share), 'start')}"
    )


def _legend(place: int, title: str, colour: str) -> str:
    x = _LEFT + place * 112
    return f'<rect x="{x}" y="8" width="10" height="10" fill="{colour}"/>\n{_text(x + 14, 18, title, "start")}'


def _text(x: int, y: int, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'


def _middle(one: Quarter) -> int:
    return _LEFT + one.number * _STEP + _STEP // 2


def _y(amount: int, most: int) -> int:
    return _BOTTOM - (_BOTTOM - _TOP) * amount // most
