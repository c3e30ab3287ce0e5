"""How gas, time and memory grow with orders, meters, members and slots: all of it together, in one file of figures.

Under `gas` is what is the same on any machine, under `machine` what is of the machine and the day it was measured on.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from wattbook.bench import bridges, lasting, market, month, town
from wattbook.bench.processes import signature_time
from wattbook.bench.snapshot import SnapshotError

# What is of the machine.
_MACHINE = {
    *("engine_time", "index_time", "list_time", "message_time", "node_time", "one_time", "root_time", "take_time"),
    *("tree_time", "index_bytes", "kilobytes", "node_memory", "peak", "stored_bytes"),
}
_SIZED_BY = {"bridges": "meters"}

Growth = dict[str, dict[str, dict[str, dict[str, int]]]]


def measure(
    books: Sequence[tuple[market.Life, market.Effort]],
    slots: Sequence[int],
    months: bool = False,
    progress: Callable[[str], None] = lambda said: None,
) -> Growth:
    """Besides books that were measured: meters and members as many as their orders, and these numbers of slots; the
    ready month, if it is asked for."""
    found: Growth = {"gas": {}, "machine": {"signature": {"secp256k1": {"time": signature_time()}}}}
    sizes = sorted(life.orders for life, _ in books)
    grown = town.measure(sizes, progress)
    _put(found, "orders", [{**life.figures(), **asdict(effort)} for life, effort in books])
    _put(found, "meters", [asdict(meters) for _, meters in grown])
    _put(found, "members", [asdict(members) for members, _ in grown])
    progress("bridges")
    _put(found, "bridges", [asdict(bridges.measure(size)) for size in sizes])
    _put(found, "slots", [asdict(one) for one in lasting.measure(slots, progress)])
    if months:
        progress("a month of a village")
        one = month.measure()
        found["gas"]["month"] = {month.MONTH: {"members": one.members, "slots": one.slots, "gas": one.gas}}
        found["machine"]["month"] = {month.MONTH: {"seconds": one.seconds}}
    return found


def read(path: Path) -> Growth:
    """What was measured last."""
    try:
        data: Growth = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} is not a file of figures: {error}") from None
    return data


def write(path: Path, found: Growth) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n")


def measured(kind: str, some: Iterable[dict[str, int]]) -> dict[str, dict[str, dict[str, int]]]:
    """Figures by size: under `gas` what is the same on any machine, under `machine` the others."""
    found: dict[str, dict[str, dict[str, int]]] = {"gas": {}, "machine": {}}
    for one in some:
        size = str(one.pop(_SIZED_BY.get(kind, kind)))
        for part in found:
            found[part][size] = {
                name: value for name, value in one.items() if (name in _MACHINE) == (part == "machine")
            }
    return found


def _put(found: Growth, kind: str, some: Iterable[dict[str, int]]) -> None:
    for part, figures in measured(kind, some).items():
        found[part][kind] = figures
