"""Small scenarios, and how they are run through the contracts."""

from pathlib import Path
from typing import Any

import pytest

from wattbook.scenario.file import read_scenario
from wattbook.scenario.replay import replay

FRAME = """
name = "small"
about = "A few members for a few hours"
seed = 1
start = 2026-10-01T06:00:00Z
slots = {slots}
slot_seconds = 3_600
utc_offset_minutes = 0
latitude = 48

[[carriers]]
name = "electricity"
pool_in = 100
pool_out = 400
retail = 420
feed_in = 90
loss_bps = {loss}
band_bps = 1_000
penalty_bps = {penalty}
network_bps = 1_500
platform_bps = 100
fund_bps = 200
intake_wh = 10_000
"""


def member(name: str, *devices: str, **fields: object) -> str:
    """A member's table, with devices as lines `kind = ..., ...`."""
    lines = [f'name = "{name}"', *(f"{key} = {value}" for key, value in fields.items())]
    parts = ["[[members]]", *lines]
    for device in devices:
        parts += ["[[members.devices]]", 'carrier = "electricity"', *device.split("; ")]
    return "\n".join(parts) + "\n"


def fault(kind: str, *fields: str) -> str:
    return "\n".join(["[[faults]]", f'kind = "{kind}"', *fields]) + "\n"


def at(hour: int) -> str:
    return f"at = 2026-10-01T{hour:02}:00:00Z"


def during(since: int, until: int) -> str:
    return f"from = 2026-10-01T{since:02}:00:00Z\nuntil = 2026-10-01T{until:02}:00:00Z"


def run(folder: Path, text: str, **tables: str) -> dict[str, Any]:
    """The result of a scenario, with the CSV files that it names."""
    file = folder / "small.toml"
    file.write_text(text)
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(table)
    return replay(read_scenario(file))


# In the first hour all is delivered, in the second a part of what was sold is not, in the third only the pool trades.
READINGS = """time,device,value
2026-10-01T06:00:00Z,plant/pv,2000
2026-10-01T06:00:00Z,shop/meter,2000
2026-10-01T06:00:00Z,idle/meter,500
2026-10-01T07:00:00Z,plant/pv,1500
2026-10-01T07:00:00Z,shop/meter,2000
2026-10-01T07:00:00Z,idle/meter,0
2026-10-01T08:00:00Z,plant/pv,3000
2026-10-01T08:00:00Z,shop/meter,1000
2026-10-01T08:00:00Z,idle/meter,0
"""
ORDERS = """slot,member,carrier,side,wh,price,device
2026-10-01T06:00:00Z,plant,electricity,sell,2000,200,plant/pv
2026-10-01T06:00:00Z,shop,electricity,buy,2000,300,
2026-10-01T07:00:00Z,plant,electricity,sell,2000,250,plant/pv
2026-10-01T07:00:00Z,shop,electricity,buy,2000,350,
2026-10-01T08:00:00Z,plant,electricity,sell,3000,100,plant/pv
2026-10-01T08:00:00Z,shop,electricity,buy,1000,400,
"""


def listed_text() -> str:
    """Three members who quote what is listed, and whose meters were read before: all of it can be reckoned by hand."""
    text = FRAME.format(slots=3, loss=0, penalty=1_000)
    recorded = 'kind = "recorded"; name = "{}"; direction = "{}"'
    text += member("plant", recorded.format("pv", "injection"), habit='"listed"')
    text += member("shop", recorded.format("meter", "withdrawal"), habit='"listed"')
    text += member("idle", recorded.format("meter", "withdrawal"), habit='"pool"')
    return (
        text
        + """[[readings]]
file = "readings.csv"
unit = "Wh"
values = "energy"
[orders]
file = "orders.csv"
"""
    )


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of that."""
    return run(tmp_path_factory.mktemp("listed"), listed_text(), readings=READINGS, orders=ORDERS)
