"""Charts as SVG text, drawn by whole numbers: the same picture for the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 920, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 14, 30, 34
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_LINES = 4
_ROW, _NAMES, _AMOUNTS = 22, 170, 120


@dataclass(frozen=True)
class Series:
    """Values over time; None where there is none. `css` is the class that colours it."""

    name: str
    css: str
    values: Sequence[int | None]


def lines(series: Sequence[Series], labels: Sequence[str], unit: str, divisor: int) -> Markup:
    """Values as steps over time. `labels` are of single places, and empty for the others."""
    most = max((value for one in series for value in one.values if value is not None), default=0) or 1
    count = max(len(one.values) for one in series)
    parts = [*_grid(most, unit, divisor), *_labels(labels, count)]
    for one in series:
        parts.append(f'<path class="line {one.css}" d="{_path(one.values, count, most)}"/>')
    return _svg(_HEIGHT, parts, ", ".join(one.name for one in series))


def areas(series: Sequence[Series], labels: Sequence[str], unit: str, divisor: int) -> Markup:
    """Values stacked on one another over time."""
    count = max(len(one.values) for one in series)
    sums = [sum(one.values[place] or 0 for one in series) for place in range(count)]
    most = max(sums, default=0) or 1
    parts = [*_grid(most, unit, divisor), *_labels(labels, count)]
    below = [0] * count
    for one in series:
        above = [low + (value or 0) for low, value in zip(below, one.values, strict=True)]
        edge = [*_steps(above, count, most), *reversed(_steps(below, count, most))]
        parts.append(f'<polygon class="area {one.css}" points="{" ".join(edge)}"/>')
        below = above
    return _svg(_HEIGHT, parts, ", ".join(one.name for one in series))


@dataclass(frozen=True)
class Curve:
    """Points of a figure against a size."""

    name: str
    css: str
    points: Sequence[tuple[int, int]]


def powers(curves: Sequence[Curve], across: str, up: str) -> Markup:
    """Curves on axes of which each step is ten times the one before; nothing on them is 0."""
    sizes = [size for one in curves for size, _ in one.points]
    values = [value for one in curves for _, value in one.points]
    width, height = (_decades(some) for some in (sizes, values))
    parts = [*_powers_grid(width, height), f'<text x="4" y="{_TOP - 16}">{escape(up)}</text>']
    parts.append(f'<text class="end" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 24}">{escape(across)}</text>')
    for place, one in enumerate(curves):
        spots = [
            (_LEFT + _ACROSS * _part(size, width) // 1_000, _TOP + _DOWN - _DOWN * _part(value, height) // 1_000)
            for size, value in one.points
        ]
        parts.append(f'<polyline class="curve {one.css}" points="{" ".join(f"{x},{y}" for x, y in spots)}"/>')
        parts += [f'<circle class="{one.css}" cx="{x}" cy="{y}" r="3"/>' for x, y in spots]
        left = _LEFT + 90 + place * 190
        parts.append(f'<rect class="{one.css}" x="{left}" y="6" width="10" height="10"/>')
        parts.append(f'<text x="{left + 14}" y="15">{escape(one.name)}</text>')
    return _svg(_HEIGHT, parts, ", ".join(one.name for one in curves))


def alone(chart: Markup, style: str) -> str:
    """A chart as a file of its own, with its colours in it."""
    start, rest = chart.split("\n", 1)
    return f'{start[:-1]} xmlns="http://www.w3.org/2000/svg">\n<style>{style}</style>\n{rest}\n'


def bars(rows: Sequence[tuple[str, int, str]]) -> Markup:
    """A bar to the right for what is more than nothing, to the left for less: name, value and its text."""
    most = max((abs(value) for _, value, _ in rows), default=0) or 1
    half = (_WIDTH - _NAMES - _AMOUNTS) // 2
    middle = _NAMES + half
    parts = []
    for place, (name, value, text) in enumerate(rows):
        top = place * _ROW + 4
        length = abs(value) * half // most
        left = middle if value >= 0 else middle - length
        css = "gain" if value >= 0 else "loss"
        parts += [
            f'<text x="0" y="{top + 13}">{escape(name)}</text>',
            f'<rect class="{css}" x="{left}" y="{top}" width="{length}" height="{_ROW - 6}"/>',
            f'<text class="end" x="{_WIDTH}" y="{top + 13}">{escape(text)}</text>',
        ]
    height = len(rows) * _ROW + 6
    parts.append(f'<line class="axis" x1="{middle}" x2="{middle}" y1="0" y2="{height}"/>')
    return _svg(height, parts, "bars")


def _svg(height: int, parts: Sequence[str], title: str) -> Markup:
    """Of parts in which names are escaped, and all else are numbers."""
    inner = "\n".join(parts)
    start = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    return Markup(f"{start}\n{inner}\n</svg>")


def _grid(most: int, unit: str, divisor: int) -> list[str]:
    parts = []
    for place in range(_LINES + 1):
        y = _TOP + _DOWN - _DOWN * place // _LINES
        value = most * place * 100 // (_LINES * divisor)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{y + 4}">{value // 100:,}.{value % 100:02d}</text>')
    return [*parts, f'<text x="4" y="{_TOP - 16}">{escape(unit)}</text>']


def _decades(values: Sequence[int]) -> tuple[int, int]:
    """The powers of ten between which values are."""
    least, most = len(str(min(values))) - 1, len(str(max(values) - 1))
    return least, max(most, least + 1)


def _part(value: int, decades: tuple[int, int]) -> int:
    """Thousandths of the way from one power of ten to another."""
    least, most = decades
    return int((log10(value) - least) * 1_000) // (most - least)


def _powers_grid(width: tuple[int, int], height: tuple[int, int]) -> list[str]:
    parts = []
    for power in range(height[0], height[1] + 1):
        y = _TOP + _DOWN - _DOWN * _part(10**power, height) // 1_000
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{y + 4}">{10**power:,}</text>')
    for power in range(width[0], width[1] + 1):
        x = _LEFT + _ACROSS * _part(10**power, width) // 1_000
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_TOP + _DOWN}"/>')
        parts.append(f'<text class="middle" x="{x}" y="{_HEIGHT - 10}">{10**power:,}</text>')
    return parts


def _labels(labels: Sequence[str], count: int) -> list[str]:
    found = [(place, text) for place, text in enumerate(labels) if text]
    return [
        f'<text class="middle" x="{_LEFT + _ACROSS * place // count}" y="{_HEIGHT - 10}">{escape(text)}</text>'
        for place, text in found
    ]


def _steps(values: Sequence[int], count: int, most: int) -> list[str]:
    points = []
    for place, value in enumerate(values):
        y = _y(value, most)
        points += [f"{_x(place, count)},{y}", f"{_x(place + 1, count)},{y}"]
    return points


def _path(values: Sequence[int | None], count: int, most: int) -> str:
    """Broken where there is no value."""
    found, drawing = [], False
    for place, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        y = _y(value, most)
        found.append(f"{'L' if drawing else 'M'}{_x(place, count)} {y}H{_x(place + 1, count)}")
        drawing = True
    return "".join(found)


def _x(place: int, count: int) -> int:
    return _LEFT + _ACROSS * place // count


def _y(value: int, most: int) -> int:
    return _TOP + _DOWN - _DOWN * value // most
