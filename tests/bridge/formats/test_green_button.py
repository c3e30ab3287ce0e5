"""Green Button: intervals become a register, and what is no energy, or overlaps, does not."""

import pytest

from tests.bridge.formats.meters import green_button
from wattbook.bridge.formats.recognise import verdicts
from wattbook.bridge.formats.records import Sample, Trust, Verdict

START = 1767225600
METER = "/UsagePoint/1"


def checked(raw):
    [verdict] = verdicts(raw)
    assert (verdict.format, verdict.trust, verdict.raw) == ("green-button", Trust.D, raw.strip())
    return verdict


def registers(verdict):
    return [(sample.register, sample.time, sample.wh) for sample in verdict.readings]


def test_intervals_become_a_register():
    raw = green_button()
    readings = (
        Sample(METER, "1.8.0", START, 0),
        Sample(METER, "1.8.0", START + 900, 250),
        Sample(METER, "1.8.0", START + 1800, 375),
    )
    assert checked(raw) == Verdict("green-button", True, "", Trust.D, raw.strip(), readings)


def test_what_is_given_to_the_zone():
    assert registers(checked(green_button([(START, 900, 7)], flowDirection=19)))[-1] == ("2.8.0", START + 900, 7)


@pytest.mark.parametrize(("power", "wh"), [(3, [0, 1000, 2000, 3000]), (0, [0, 1, 2, 3]), (-1, [0, 0, 0, 0])])
def test_powers_of_ten(power, wh):
    intervals = [(START + 900 * i, 900, 1) for i in range(3)]
    assert [sample.wh for sample in checked(green_button(intervals, powerOfTenMultiplier=power)).readings] == wh


def test_tenths_add_up_before_they_are_rounded():
    intervals = [(START + 900 * i, 900, 4) for i in range(5)]
    found = [sample.wh for sample in checked(green_button(intervals, powerOfTenMultiplier=-1)).readings]
    assert found == [0, 0, 0, 1, 1, 2]


def test_a_gap_is_told():
    verdict = checked(green_button([(START, 900, 1), (START + 3600, 900, 1)]))
    assert verdict.note == "1 gap, in which the register stands still"
    assert [wh for _, _, wh in registers(verdict)] == [0, 1, 1, 2]


def test_any_sequence_and_repetitions():
    shuffled = [(START + 900, 900, 2), (START, 900, 1), (START + 900, 900, 2)]
    assert registers(checked(green_button(shuffled))) == registers(
        checked(green_button([(START, 900, 1), (START + 900, 900, 2)]))
    )


def test_defaults_of_a_reading_type():
    kind = {"powerOfTenMultiplier": None, "accumulationBehaviour": None}
    assert registers(checked(green_button(**kind))) == registers(checked(green_button()))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (green_button(()), "the feed holds no intervals of energy"),
        (green_button(uom=169), "the feed holds no intervals of energy"),
        (green_button(uom="Wh"), "uom is 'Wh', no integer"),
        (green_button(uom=None), "uom is '', no integer"),
        (green_button(uom="7" * 400), f"uom is '{'7' * 39}..., no integer"),
        (green_button(flowDirection=4), "flowDirection is 4, neither forward (1) nor reverse (19)"),
        (green_button(flowDirection=None), "flowDirection is 0, neither forward (1) nor reverse (19)"),
        (green_button(accumulationBehaviour=3), "accumulationBehaviour is 3; only intervals (4) are read here"),
        (green_button(powerOfTenMultiplier=12), "powerOfTenMultiplier is 12"),
        (green_button([(START, 0, 1)]), f"the interval at {START} lasts 0 s, of 1"),
        (green_button([(START, 900, -1)]), f"the interval at {START} lasts 900 s, of -1"),
        (green_button([(START, 900, 1), (START, 900, 2)]), f"the intervals at {START} and {START} overlap"),
        (green_button([(START, 900, 1), (START + 1, 900, 1)]), f"the intervals at {START} and {START + 1} overlap"),
        (green_button([(0, 900, 1)]), "its time is 1970-01-01"),
        (green_button([(START, 10**15, 1)]), "its time is second 1000001767225600, in the future"),
        (green_button([("soon", 900, 1)]), "start is 'soon', no integer"),
        (green_button().replace(b"timePeriod>", b"period>"), "an interval has no timePeriod"),
        (
            green_button().replace(b'href="/ReadingType/1"', b'href="/ReadingType/2"', 1),
            "the meter reading '/UsagePoint/1/MeterReading/1' has no reading type",
        ),
        (
            b"MeterReading/2/IntervalBlock".join(green_button().rsplit(b"MeterReading/1/IntervalBlock", 2)),
            "the interval block '/UsagePoint/1/MeterReading/2/IntervalBl... belongs to no meter reading",
        ),
        (b"<feed/>", "the feed holds no intervals of energy"),
        (green_button().replace(b"/UsagePoint/1", b"/UsagePoint/" + b"1" * 300), None),
    ],
)
def test_what_cannot_be_taken(raw, reason):
    verdict = checked(raw)
    assert (verdict.valid, verdict.readings) == (False, ())
    assert verdict.reason == reason if reason else verdict.reason.endswith("is no meter's identification")
