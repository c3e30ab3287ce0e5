"""Devices of a market that is nowhere, and readings that they sign."""

import time

from tests.bridge.formats.meters import CHAIN_ID, CONTRACT, key, own
from wattbook.bridge.sources.source import Arrival
from wattbook.bridge.verify.directory import Registered
from wattbook.bridge.verify.records import Market
from wattbook.contracts.structs import Carrier, DeviceStatus, Direction
from wattbook.metering.keys import Curve
from wattbook.metering.readings import Reading

MARKET = Market(CHAIN_ID, CONTRACT)
NOW = int(time.time()) // 900 * 900
PERIOD = 900


def registered(device=7, **fields):
    usual = {
        "meter": str(device),
        "register": "1.8.0",
        "source": None,
        "key": key(Curve.SECP256K1),
        "rated_w": 10_000,
        "modulus": 0,
        "period": PERIOD,
        "status": DeviceStatus.CERTIFIED,
        "zone": 1,
        "carrier": Carrier.ELECTRICITY,
        "direction": Direction.WITHDRAWAL,
    }
    return Registered(device=device, **{**usual, **fields})


def signed(device=7, number=0, wh=None, curve=Curve.SECP256K1, **fields):
    """The device's reading of that number: a period and 1 kWh after the one before."""
    publish, changes = fields.pop("publish", False), fields.pop("changes", {})
    usual = {
        "carrier": 0,
        "direction": 1,
        "time": NOW + (number - 100) * PERIOD,
        "register": 500_000 + 1_000 * number if wh is None else wh,
        "sequence": 1 + number,
        "quality": 0,
    }
    return own(curve, Reading(device=device, **{**usual, **fields}), publish, **changes)


def arrival(data, source="line", received=NOW, **fields):
    return Arrival(source, data, received, **fields)
