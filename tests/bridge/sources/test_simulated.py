"""Meters that are none, verified as if they were some."""

import time
from itertools import pairwise

from tests.bridge.verify.devices import MARKET, arrival
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.sources.settings import SimulatedSettings
from wattbook.bridge.sources.simulated import RATED_W, Simulated, SimulatedMeter, meters_of
from wattbook.metering.keys import Curve

SETTINGS = SimulatedSettings("demo", first_device=101, count=6, period=1, seed=17)


def fleet():
    return Simulated(SETTINGS, MARKET.chain_id, MARKET.contract)


def test_half_of_them_sign_on_each_curve():
    curves = [meter.key.curve for meter in meters_of(SETTINGS)]
    assert curves == [Curve.SECP256K1, Curve.SECP256R1] * 3


def test_the_same_seed_gives_the_same_records():
    assert list(fleet().records(1_772_349_300)) == list(fleet().records(1_772_349_300))
    assert SimulatedMeter(1, 101).key != SimulatedMeter(2, 101).key


def test_registers_rise_through_the_day_and_never_too_fast():
    for meter in meters_of(SETTINGS):
        registers = [meter.register_at(1_772_323_200 + 60 * minute) for minute in range(3 * 1_440)]
        assert all(0 <= after - before <= RATED_W * 60 // 3_600 + 1 for before, after in pairwise(registers))
        assert registers[-1] - registers[0] > 5_000


def test_their_readings_are_taken(intake, directory):
    source = fleet()
    directory.replace(meter.registered() for meter in source.meters)
    now = int(time.time())
    for moment in range(now - 10, now):
        intake.take([arrival(record, received=now) for record in source.records(moment)])
    assert intake.counts.taken == {("line", Trust.A): 60}
    assert not intake.counts.refused
    assert not intake.counts.notes


def test_they_run_as_a_source(running, eventually, intake, directory):
    source = fleet()
    directory.replace(meter.registered() for meter in source.meters)
    running(source, intake.take)
    eventually(lambda: intake.counts.taken["demo", Trust.A] >= 18)
    assert not intake.counts.refused
