"""Inverters and meters behind a real Modbus TCP server."""

import struct

import pytest

from tests.bridge.sources.modbus import END, SUNS, common, device, model
from tests.bridge.verify.devices import registered
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.sources.settings import SunSpecSettings
from wattbook.bridge.sources.sunspec import SunSpec


def words(value, count):
    raw = value.to_bytes(2 * count)
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, 2 * count, 2)]


def floating(value):
    return words(int.from_bytes(struct.pack(">f", value)), 2)


def scale(power):
    return [power & 0xFFFF]


INVERTER = model(103, 50, at24=words(123_456, 2), at26=scale(1))
INVERTER_FLOAT = model(113, 60, at32=floating(2_048_000.0))
METER = model(203, 105, at38=words(123_456, 2), at46=words(77, 2), at54=scale(-1))
METER_FLOAT = model(213, 124, at60=floating(5_000.9), at68=floating(float("nan")))
DER = model(701, 153, at19=words(2**40, 4), at23=words(2**64 - 1, 4), at120=scale(0))
OTHER = model(160, 88)
BLANK = model(203, 105, at38=words(0, 2), at46=words(0, 2), at54=scale(-0x8000))


def source(port, period=1):
    return SunSpec(SunSpecSettings("roof", "127.0.0.1", port, 1, period))


@pytest.fixture
def directory(directory):
    directory.replace(
        [
            registered(1, meter="SN1", register="2.8.0", key=None, rated_w=10**9),
            registered(2, meter="SN1", register="1.8.0", key=None, rated_w=10**9),
            registered(3, meter="SN2", register="2.8.0", key=None, rated_w=10**9),
        ]
    )
    return directory


@pytest.mark.parametrize(
    ("models", "base", "exported", "imported"),
    [
        (INVERTER, 40_000, 1_234_560, None),
        (INVERTER_FLOAT, 40_000, 2_048_000, None),
        (METER, 40_000, 12_345, 7),
        (METER, 0, 12_345, 7),
        (METER, 50_000, 12_345, 7),
        (METER_FLOAT, 40_000, 5_000, None),
        (DER, 40_000, 2**40, None),
    ],
    ids=["103", "113", "203", "203 at 0", "203 at 50000", "213", "701"],
)
def test_registers_are_found(running, eventually, intake, outbox, models, base, exported, imported):
    with device([*SUNS, *common("SN1"), *OTHER, *models, *END, 0], base) as port:
        running(source(port), intake.take)
        eventually(lambda: intake.counts.taken)
    found = {number: [one.wh for one in outbox.readings.between(number, 0, 2**40)][:1] for number in (1, 2)}
    assert found == {1: [exported], 2: [] if imported is None else [imported]}
    assert {trust for _, trust in intake.counts.taken} == {Trust.C}


def test_two_meters_behind_one_address_are_told_apart(running, eventually, intake, outbox):
    with device([*SUNS, *common("SN1"), *INVERTER, *common("SN2"), *METER, *END]) as port:
        running(source(port), intake.take)
        eventually(lambda: len(intake.counts.drift) == 2)
    assert outbox.readings.between(3, 0, 2**40)[0].wh == 12_345


def test_it_is_asked_at_each_period(running, eventually, intake, outbox):
    with device([*SUNS, *common("SN1"), *INVERTER, *END]) as port:
        running(source(port), intake.take)
        eventually(lambda: len(outbox.readings.between(1, 0, 2**40)) >= 3)
    times = [one.time for one in outbox.readings.between(1, 0, 2**40)]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("registers", "trouble"),
    [
        ([*SUNS, *common("SN1"), *BLANK, *END], "no register of energy is implemented"),
        ([*SUNS, *common(""), *METER, *END], "no serial number"),
        ([0, 0, *common("SN1"), *METER, *END], "no SunS"),
        ([*SUNS, *common("SN1"), *METER], "cannot be read"),
        ([*SUNS, *common("SN1"), *model(203, 105, at38=[0, 9], at54=scale(99)), *END], "scale factor is 99"),
        ([*SUNS, *[7, 0] * 200], "more than 100 models"),
    ],
)
def test_what_is_no_device_of_ours_is_said(running, eventually, intake, registers, trouble):
    with device(registers) as port:
        polled = source(port)
        running(polled, intake.take)
        eventually(lambda: trouble in polled.trouble)
    assert not intake.counts.taken


def test_it_comes_back_after_the_device(running, eventually, intake):
    registers = [*SUNS, *common("SN1"), *INVERTER, *END]
    with device(registers) as port:
        polled = source(port)
        running(polled, intake.take)
        eventually(lambda: intake.counts.taken)
    eventually(lambda: polled.trouble)
    before = sum(intake.counts.taken.values())
    with device(registers, port=port):
        eventually(lambda: sum(intake.counts.taken.values()) > before)
