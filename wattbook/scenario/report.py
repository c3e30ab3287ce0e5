"""A result as a page to read: no scripts, nothing loaded from anywhere, charts drawn in it."""

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from wattbook.scenario.charts import Series, areas, bars, lines
from wattbook.scenario.result import Value
from wattbook.units import MPT_PER_PT, UPT_PER_PT, WH_PER_KWH, format_pt

_HOURS = 24
_MOST_BARS = 40


def report_of(result: Value) -> str:
    """The page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "pt": format_pt,
        "cents": _cents,
        "tenths": _tenths,
        "price": _price,
        "share": _share,
        "number": _number,
    }
    template = environment.from_string(files("wattbook.scenario").joinpath("report.html").read_text())
    return template.render(
        its=result["scenario"],
        result=result,
        carriers=[_carrier(one) for one in result["carriers"]],
        compared=_compared(result["members"]),
        left_out=max(0, len(result["members"]) - _MOST_BARS),
        sums=_sums(result["members"]),
        broken=[line for line in result["conservation"] if not line["holds"]],
    )


def _carrier(one: Value) -> Value:
    """A carrier with its charts."""
    slots = one["slotValues"]
    labels = _labels([slot["start"] for slot in slots])
    return {
        **one,
        "priceChart": lines(
            [
                Series("pool asks", "asks", [one["poolOut"]] * len(slots)),
                Series("pool pays", "pays", [one["poolIn"]] * len(slots)),
                Series("price", "price", [slot["price"] for slot in slots]),
            ],
            labels,
            "PT per kWh",
            MPT_PER_PT,
        ),
        "volumeChart": areas(
            [
                Series("members", "members", [slot["volumeWh"] for slot in slots]),
                Series("sold by the pool", "sold", [slot["poolSoldWh"] for slot in slots]),
                Series("bought by the pool", "bought", [slot["poolBoughtWh"] for slot in slots]),
            ],
            labels,
            "kWh",
            WH_PER_KWH,
        ),
        "flowChart": lines(
            [
                Series("made", "made", [slot["madeWh"] for slot in slots]),
                Series("used", "used", [slot["usedWh"] for slot in slots]),
            ],
            labels,
            "kWh",
            WH_PER_KWH,
        ),
        "hours": _by_hour(slots),
    }


def _labels(starts: Sequence[str]) -> list[str]:
    """Days of a long time, every third hour of a short one."""
    times = [datetime.fromisoformat(start) for start in starts]
    days = len({time.date() for time in times})
    if days > 3:
        return [str(time.day) if not time.hour and not time.minute else "" for time in times]
    return [f"{time.hour}:00" if not time.hour % 3 and not time.minute else "" for time in times]


def _by_hour(slots: Sequence[Value]) -> list[Value]:
    """Mean prices and all volumes by hour of the day in UTC."""
    found = []
    for hour in range(_HOURS):
        its = [slot for slot in slots if datetime.fromisoformat(slot["start"]).hour == hour]
        volume = sum(slot["volumeWh"] for slot in its)
        paid = sum(slot["volumeWh"] * slot["price"] for slot in its if slot["price"] is not None)
        pool = sum(slot["poolBoughtWh"] + slot["poolSoldWh"] for slot in its)
        found.append({"hour": hour, "volume": volume, "price": paid // volume if volume else None, "pool": pool})
    return [one for one in found if one["volume"] or one["pool"]]


def _compared(members: Sequence[Value]) -> Any:
    """By how much each is better off with the market."""
    rows = [(one["name"], one["better"], f"{_cents(one['better'])} PT") for one in members[:_MOST_BARS]]
    return bars(rows)


def _sums(members: Sequence[Value]) -> dict[str, int]:
    return {name: sum(one[name] for one in members) for name in ("withoutMarket", "market", "fuel", "better")}


def _cents(upt: int) -> str:
    """PT with two decimals, as tables have them."""
    return _rounded(upt, UPT_PER_PT // 100, 100)


def _tenths(wh: int) -> str:
    """kWh with one decimal."""
    return _rounded(wh, WH_PER_KWH // 10, 10)


def _rounded(value: int, unit: int, parts: int) -> str:
    """Half a unit away from nothing is a whole one."""
    units = (abs(value) + unit // 2) // unit
    whole, rest = divmod(units, parts)
    digits = len(str(parts)) - 1
    return f"{'-' if value < 0 and units else ''}{whole:,}.{rest:0{digits}d}"


def _price(mpt: int | None) -> str:
    return "none" if mpt is None else f"{mpt // 1_000}.{mpt % 1_000:03d}"


def _share(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02d} %"


def _number(value: int) -> str:
    return f"{value:,}"
