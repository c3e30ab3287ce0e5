"""The page on scale, with its charts, made of what was measured last: docs/scale.md and docs/scale/."""

from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from wattbook.bench import growth
from wattbook.bench.city import DISPUTED, FILLED, METERS, QUOTING, city, zone_of
from wattbook.bench.growth import Growth
from wattbook.bench.walls import Measured, walls
from wattbook.scenario.charts import Curve, alone, powers

FIGURES = Path("scale") / "figures.json"
_COLOURS = {"a": "#1d3557", "b": "#c1121f", "c": "#7a9e4f", "d": "#e9a03b"}
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".grid{stroke:#ddd}.curve{fill:none;stroke-width:2}"
    + "".join(
        f".curve.{css}{{stroke:{colour}}}rect.{css},circle.{css}{{fill:{colour}}}" for css, colour in _COLOURS.items()
    )
)


def write(docs: Path, found: Growth) -> None:
    """Figures, page and charts."""
    (docs / FIGURES).parent.mkdir(parents=True, exist_ok=True)
    growth.write(docs / FIGURES, found)
    for name, text in files(found).items():
        (docs / name).write_text(text)


def files(found: Growth) -> dict[str, str]:
    """The page's text and the charts', by name."""
    its = Measured(found)
    return {"scale.md": _page(its), **{f"scale/{name}.svg": chart for name, chart in _charts(its).items()}}


def _page(its: Measured) -> str:
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["n"] = lambda value: f"{value:,}"
    environment.filters["times"] = lambda value: _times(value, its.signature)
    template = environment.from_string(resources("wattbook.bench").joinpath("scale.jinja").read_text())
    met: dict[str, Any] = {
        "meters": METERS,
        "zone": zone_of(its),
        "quoting": QUOTING,
        "disputed": DISPUTED,
        "filled": FILLED,
    }
    return template.render(its=its, walls=walls(its), lines=city(its), city=met, month=its.month)


def _times(value: int, signature: int) -> str:
    """How many times as long as a signature is checked."""
    tenths = value * 10 // signature
    return f"{tenths // 10:,}.{tenths % 10}"


def _charts(its: Measured) -> dict[str, str]:
    def gas(kind: str, name: str, title: str, css: str) -> Curve:
        return Curve(title, css, [(size, its.gas(kind, name, size)) for size in its.sizes(kind)])

    def machine(kind: str, name: str, title: str, css: str) -> Curve:
        return Curve(title, css, [(size, its.machine(kind, name, size)) for size in its.sizes(kind)])

    kept = [(size, size * its.machine("slots", "index_bytes", size) // 1_000) for size in its.sizes("slots")]
    charts = {
        "orders": powers(
            [
                gas("orders", "life_relayed", "life, relayed", "a"),
                gas("orders", "settle", "settled", "b"),
                gas("orders", "reveal_batch", "revealed by 200", "c"),
                gas("orders", "clear", "cleared", "d"),
            ],
            "orders of a book",
            "gas of one order",
        ),
        "meters": powers(
            [
                gas("meters", "count", "counted, a reading", "a"),
                gas("meters", "settle", "settled, an account", "b"),
                gas("meters", "root", "root, of all", "c"),
            ],
            "meters of a zone",
            "gas",
        ),
        "members": powers(
            [
                machine("members", "node_memory", "node's memory", "a"),
                machine("members", "kilobytes", "index", "b"),
            ],
            "members",
            "kB",
        ),
        "slots": powers(
            [
                Curve(
                    "gas of a slot / 1,000", "a", [(n, its.gas("slots", "gas", n) // 1_000) for n in its.sizes("slots")]
                ),
                machine("slots", "node_memory", "node's memory, kB", "b"),
                Curve("index, kB", "c", kept),
            ],
            "slots",
            "as named",
        ),
    }
    return {name: alone(chart, _STYLE) for name, chart in charts.items()}
