"""Reads the inputs of a case, as vector files and `wattbook clear` have them; each complaint names the field."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from wattbook.market.bounds import MarketError, UnsupportedRule, shown
from wattbook.market.orders import Order, Side
from wattbook.market.pool import Intake, Supply
from wattbook.market.ranked import Fee, PoolUnit

Case = Mapping[str, Any]
Name = TypeVar("Name", bound=StrEnum)


def orders_of(case: Case) -> list[Order]:
    """The orders by id, which is the sequence in which they are revealed on chain."""
    return sorted(
        (_order(item, f"orders[{place}]") for place, item in enumerate(_list(case, "orders"))),
        key=lambda order: order.id,
    )


def choice(case: Case, field: str, default: Name) -> Name:
    """One of the names of an enumeration."""
    name, kind = case.get(field, default), type(default)
    try:
        return kind(name)
    except ValueError:
        raise UnsupportedRule(f"{field} must be {' or '.join(kind)}, not {shown(name)}") from None


def flag(case: Case, field: str, default: bool) -> bool:
    """True or false."""
    value = case.get(field, default)
    if not isinstance(value, bool):
        raise MarketError(f"{field} must be true or false, not {shown(value)}")
    return value


def required(case: Case, field: str, where: str = "the case") -> Any:
    """A field that has no default."""
    if field not in case:
        raise MarketError(f"{where} has no {field}")
    return case[field]


def fee_of(case: Case) -> Fee:
    """The commission; the default one when the case has none."""
    if "fee" not in case:
        return Fee()
    fee = _object(case["fee"], "fee")
    return Fee(*(required(fee, name, "fee") for name in ("baseBps", "stepBps", "capBps")))


def pool_units_of(case: Case) -> list[PoolUnit]:
    """The pool's configured units, [name, qty, price] each."""
    units = []
    for place, item in enumerate(_list(case, "poolUnits", [])):
        name, qty, price = _row(item, f"poolUnits[{place}]", ("name", "qty", "price"))
        if not isinstance(name, str):
            raise MarketError(f"poolUnits[{place}]: name must be a text, not {shown(name)}")
        units.append(PoolUnit(name, qty, price))
    return units


def intake_of(case: Case) -> Intake:
    """What the pool buys after peers have traded."""
    intake = _object(required(case, "poolIn"), "poolIn")
    return Intake(required(intake, "price", "poolIn"), required(intake, "qty", "poolIn"))


def supplies_of(case: Case) -> list[Supply]:
    """What the pool sells after peers have traded, [price, qty] each."""
    items = enumerate(_list(case, "poolOut"))
    return [Supply(*_row(item, f"poolOut[{place}]", ("price", "qty"))) for place, item in items]


def check_halves(case: Case, halves: Mapping[int, int]) -> None:
    """Refuses a case that puts an order in another half than its seed does."""
    if "halves" not in case:
        return
    stated = _object(case["halves"], "halves")
    for order, half in halves.items():
        if required(stated, str(order), "halves") != half or isinstance(stated[str(order)], bool):
            raise MarketError(f"halves: order {order} lies in {half} by the seed, not {shown(stated[str(order)])}")
    if len(stated) > len(halves):
        raise MarketError(f"halves: there are {len(halves)} orders, not {len(stated)}")


def _order(item: Any, where: str) -> Order:
    fields = _object(item, where)
    number, side, qty, price = (required(fields, name, where) for name in ("id", "side", "qty", "price"))
    if side not in list(Side):
        raise MarketError(f"{where} (id {shown(number)}): side must be B or S, not {shown(side)}")
    try:
        return Order(number, Side(side), qty, price)
    except MarketError as error:
        raise MarketError(f"{where}: {error}") from None


def _object(value: Any, where: str) -> Case:
    if not isinstance(value, dict):
        raise MarketError(f"{where} must be an object, not {shown(value)}")
    return value


def _list(case: Case, field: str, default: list[Any] | None = None) -> list[Any]:
    value = required(case, field) if default is None else case.get(field, default)
    if not isinstance(value, list):
        raise MarketError(f"{field} must be a list, not {shown(value)}")
    return value


def _row(item: Any, where: str, columns: tuple[str, ...]) -> list[Any]:
    if not isinstance(item, list) or len(item) != len(columns):
        raise MarketError(f"{where} must be [{', '.join(columns)}], not {shown(item)}")
    return item
