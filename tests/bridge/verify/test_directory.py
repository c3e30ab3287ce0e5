"""What the bridge knows of its devices, from a real chain."""

import json
import time
from threading import Event, Thread

import pytest

from tests.bridge.formats import meters
from tests.bridge.formats.meters import CHAIN_ID, CONTRACT
from tests.bridge.verify.devices import MARKET, arrival
from wattbook.bridge.config import MeterSettings
from wattbook.bridge.verify.directory import Directory, OnChain, keep_fresh
from wattbook.bridge.verify.intake import Intake
from wattbook.bridge.verify.reasons import Reason
from wattbook.contracts.structs import Carrier, Curve, DeviceStatus
from wattbook.errors import ChainError
from wattbook.metering.keys import Curve as MeterCurve
from wattbook.metering.readings import Reading


def meter(device, **fields):
    usual = {"meter": str(device), "register": None, "source": None, "key": None}
    return MeterSettings(device=device, **{**usual, **fields})


def record(device, key, moment, wh, sequence):
    """An injection as the device's own key signs it."""
    reading = Reading(device, 0, 0, moment, wh, sequence, 0)
    fields = {"meter": device, "carrier": 0, "direction": 0, "t": moment, "register": wh, "seq": sequence, "quality": 0}
    signature = f"0x{key.sign(reading.digest(CHAIN_ID, CONTRACT)).hex()}"
    where = {"prevHash": f"0x{bytes(32).hex()}", "chainId": CHAIN_ID, "contract": CONTRACT}
    return json.dumps({**fields, **where, "signature": signature}).encode()


@pytest.mark.parametrize("curve", list(Curve))
def test_the_key_on_the_chain_counts_until_the_device_is_suspended(market, devices, alice, people, outbox, curve, zone):
    key = devices.key(curve)
    device = devices.certified(alice, key=key)
    chain = OnChain(market, [meter(device)])
    directory = Directory(chain.devices())
    [one] = directory.devices()
    assert (one.register, one.zone, one.rated_w, one.modulus) == ("2.8.0", zone, 10_000, 10**9)
    assert one.status == DeviceStatus.CERTIFIED
    assert one.period == market.zones.reading_period(zone, Carrier.ELECTRICITY)
    intake = Intake(outbox, directory, MARKET)
    now = int(time.time())
    assert intake.take([arrival(record(device, key, now - 20, 5, 1), received=now)])[0].new == 1
    market.meters.suspend(device, "audit", sender=people.regulator)
    directory.replace(chain.devices())
    [answer] = intake.take([arrival(record(device, key, now - 10, 6, 2), received=now)])
    assert [refused.reason for refused in answer.refused] == [Reason.NOT_CERTIFIED]


def test_the_files_key_counts_where_the_chain_has_no_such_curve(market, devices, alice):
    key = meters.key(MeterCurve.BRAINPOOLP256R1)
    device = devices.certified(alice)
    [one] = OnChain(market, [meter(device, meter="1WBK", register="1.8.0", key=key)]).devices()
    assert (one.key, one.meter, one.register) == (key, "1WBK", "1.8.0")


def test_what_is_not_on_the_chain_is_left_out(market, devices, alice):
    device = devices.certified(alice)
    assert [one.device for one in OnChain(market, [meter(device + 1), meter(device)]).devices()] == [device]


class Flickering:
    """Stands for a chain whose node is away every other time."""

    def __init__(self, chain):
        self._chain = chain
        self.asked = 0

    def devices(self):
        self.asked += 1
        if self.asked % 2:
            raise ChainError("no node answers")
        return self._chain.devices()


def test_while_the_node_is_away_what_was_known_counts(market, devices, alice, eventually):
    device = devices.certified(alice)
    chain = Flickering(OnChain(market, [meter(device)]))
    directory, stop = Directory(), Event()
    thread = Thread(target=keep_fresh, args=(directory, chain, stop, 0))
    thread.start()
    try:
        eventually(lambda: directory.device(device) is not None)
        eventually(lambda: chain.asked > 5)
        assert directory.device(device) is not None
    finally:
        stop.set()
        thread.join(10)
