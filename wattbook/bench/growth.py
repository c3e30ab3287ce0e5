"""How gas, time and memory grow with orders, meters, members and slots: all of it together, in one file of figures.

Under `gas` is what is the same on any machine, under `machine` what is of the machine and the day it was measured on.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wattbook.bench import bridges, lasting, market, month, town
from wattbook.bench.processes import signature_time
from wattbook.bench.snapshot import SnapshotError

SIZES = (10, 100, 1_000, 10_000)
# The last is a month of quarters of an hour.
SLOTS = (10, 100, 1_000, 2_880)

# By what grows, what is the same on any machine.
_EXACT = {
    "orders": ("clear_bytes",),
    "meters": ("root", "count", "settle", "slot", "dispute", "count_bytes", "block_bytes"),
    "bridges": ("message_bytes",),
    "members": ("admit", "join", "device", "events"),
    "slots": ("gas", "block_bytes", "events"),
}
_SIZED_BY = {"bridges": "meters"}

Growth = dict[str, dict[str, dict[str, dict[str, int]]]]


def measure(
    sizes: Sequence[int],
    slots: Sequence[int],
    months: bool = False,
    progress: Callable[[str], None] = lambda said: None,
) -> Growth:
    """Orders, meters and members at these sizes, and these numbers of slots; the ready month, if it is asked for."""
    found: Growth = {"gas": {}, "machine": {"signature": {"secp256k1": {"time": signature_time()}}}}
    grown = town.measure(sizes, progress)
    efforts = []
    for size in sorted(sizes):
        progress(f"a book of {size:,} orders")
        efforts.append(market.effort(size))
    progress("bridges")
    _put(found, "orders", efforts)
    _put(found, "meters", [meters for _, meters in grown])
    _put(found, "bridges", [bridges.measure(size) for size in sorted(sizes)])
    _put(found, "members", [members for members, _ in grown])
    _put(found, "slots", lasting.measure(slots, progress))
    if months:
        progress("a month of a village")
        one = month.measure()
        found["gas"]["month"] = {month.MONTH: {"members": one.members, "slots": one.slots, "gas": one.gas}}
        found["machine"]["month"] = {month.MONTH: {"seconds": one.seconds}}
    return found


def with_lives(found: Growth, lives: Iterable[market.Life]) -> Growth:
    """With what orders of books cost that were measured before."""
    orders = found["gas"]["orders"]
    for life in lives:
        figures = life.figures()
        orders.setdefault(str(figures.pop("orders")), {}).update(figures)
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


def measured(kind: str, some: Iterable[Any]) -> dict[str, dict[str, dict[str, int]]]:
    """Figures by size: under `gas` what is the same on any machine, under `machine` the others."""
    found: dict[str, dict[str, dict[str, int]]] = {"gas": {}, "machine": {}}
    for one in some:
        figures = asdict(one)
        size = str(figures.pop(_SIZED_BY.get(kind, kind)))
        found["gas"][size] = {name: figures.pop(name) for name in _EXACT[kind]}
        found["machine"][size] = figures
    return found


def _put(found: Growth, kind: str, some: Iterable[Any]) -> None:
    for part, figures in measured(kind, some).items():
        found[part][kind] = figures
