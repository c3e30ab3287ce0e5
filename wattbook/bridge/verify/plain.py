"""A reading without any proof: {"meter": "roof-3", "register": "2.8.0", "time": 1772349300, "wh": 812345}."""

import json
from typing import Any, TypeGuard

from wattbook.bridge.formats.quantities import identification, obis, possible
from wattbook.bridge.formats.records import RecordError, Sample, Trust, Verdict, refused, shown

FORMAT = "plain"
_FIELDS = frozenset({"meter", "register", "time", "wh"})
_MAX_WH = 1 << 63


def is_plain(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON object is meant to be such a reading."""
    return isinstance(value, dict) and value.keys() >= _FIELDS


def verify(raw: bytes, value: dict[str, Any], trust: Trust, received: int) -> Verdict:
    """Whether the reading can be."""
    try:
        return Verdict(FORMAT, True, "", trust, raw, (_sample(value, received),))
    except RecordError as error:
        return refused(FORMAT, trust, raw, error)


def written(meter: str, register: str, time: int, wh: int) -> bytes:
    """Such a reading."""
    return json.dumps({"meter": meter, "register": register, "time": time, "wh": wh}).encode()


def _sample(value: dict[str, Any], received: int) -> Sample:
    if unknown := [name for name in value if name not in _FIELDS]:
        raise RecordError(f"a reading has no field {shown(unknown[0])}")
    meter, time, wh = value["meter"], value["time"], value["wh"]
    if not isinstance(meter, str) or not identification(meter):
        raise RecordError(f"meter is {shown(meter)}, no identification")
    if type(time) is not int or type(wh) is not int:
        raise RecordError(f"time is {shown(time)} and wh is {shown(wh)}; both are whole numbers")
    if not 0 <= wh < _MAX_WH:
        raise RecordError(f"wh is {shown(wh)}, no register")
    return Sample(meter, obis(value["register"]), possible(time, received), wh)
