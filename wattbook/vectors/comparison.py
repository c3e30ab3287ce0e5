"""The welfare that every rule reaches on the same books, which are found by name in the files beside."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from wattbook.market import muda, ranked, trade_reduction, uniform
from wattbook.market.bounds import MarketError
from wattbook.market.case import orders_of
from wattbook.market.orders import Order
from wattbook.market.ranked import Rank
from wattbook.market.welfare import efficient, welfare
from wattbook.vectors import clearing
from wattbook.vectors.check import Check, NotRun, VectorError, VectorFile, compared, read


class _Filled(Protocol):
    @property
    def fills(self) -> tuple[int, ...]: ...


_RULES: dict[str, Callable[[Sequence[Order]], _Filled]] = {
    "uniform": uniform.clear,
    "tradeReduction": trade_reduction.clear,
    "paperWhole": partial(ranked.clear, rank=Rank.VALUE, whole=True),
    "paperDivisible": partial(ranked.clear, rank=Rank.VALUE, whole=False),
    "unitWhole": partial(ranked.clear, rank=Rank.UNIT, whole=True),
    "unitDivisible": partial(ranked.clear, rank=Rank.UNIT, whole=False),
}
_OPTIMA = ("efficient", "lp")
_MUDA = re.compile(r"muda(\d+)")

Row = dict[str, Any]
Book = list[dict[str, Any]]


def recognises(file: VectorFile) -> bool:
    rows = file.data.get("rows")
    if not rows or not isinstance(rows, list):
        return False
    return all(isinstance(row, dict) and {"name", "efficient"} <= row.keys() for row in rows)


def checks(file: VectorFile) -> Iterator[Check | NotRun]:
    """One check a row; a column whose rule is not known is not run."""
    books = _books_beside(file)
    for row in file.data["rows"]:
        name = row["name"]
        found = [row["orders"]] if "orders" in row else books.get(name, [])
        if len(found) != 1:
            yield NotRun(name, f"{len(found)} books of this name are in the files beside")
            continue
        try:
            orders = orders_of({"orders": found[0]})
            got = {column: _welfare(column, orders) for column in row if column not in ("name", "orders")}
        except MarketError as error:
            yield Check(name, row, str(error), False)
            continue
        known = {column: value for column, value in got.items() if value is not None}
        yield compared(name, {column: row[column] for column in known}, known)
        for column in got.keys() - known.keys():
            yield NotRun(f"{name} {column}", "there is no such rule here")


def _books_beside(file: VectorFile) -> dict[str, list[Book]]:
    """The different books of each name."""
    books: dict[str, list[Book]] = {}
    for path in sorted(file.path.parent.glob("*.json")):
        try:
            beside = read(path)
        except VectorError:
            continue
        for case in beside.data["cases"] if clearing.recognises(beside) else []:
            known = books.setdefault(case["name"], [])
            if case["orders"] not in known:
                known.append(case["orders"])
    return books


def _welfare(column: str, orders: list[Order]) -> int | None:
    """What the rule of a column reaches, or None if there is no such rule."""
    if column in _OPTIMA:
        return efficient(orders)
    if seed := _MUDA.fullmatch(column):
        return welfare(orders, muda.clear(orders, int(seed[1])).fills)
    rule = _RULES.get(column)
    return welfare(orders, rule(orders).fills) if rule else None
