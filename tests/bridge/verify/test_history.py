"""Whether a reading can follow those before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bridge.verify.devices import NOW, registered
from wattbook.bridge.formats.records import Sample
from wattbook.bridge.verify.history import History
from wattbook.bridge.verify.reasons import Reason, Unfit


def sample(time, wh, sequence=None, series=""):
    return Sample("m", "1.8.0", time, wh, sequence, series=series)


def take(history, one, reading, record=b"r", received=None):
    draft = history.draft()
    notes = draft.take(one, reading, reading.time, record, NOW if received is None else received)
    history.keep(draft)
    return notes


def refusal(history, one, reading, **fields):
    with pytest.raises(Unfit) as error:
        take(history, one, reading, **fields)
    return error.value.reason


METER = registered(1, rated_w=10_000)
ROLLING = registered(1, rated_w=10_000, modulus=100_000)


def test_a_register_begins_anew_once():
    history = History()
    take(history, ROLLING, sample(NOW - 1_800, 99_500))
    assert take(history, ROLLING, sample(NOW - 900, 500)) == ["rollover"]
    assert refusal(history, ROLLING, sample(NOW, 400)) == Reason.BACKWARD
    assert take(history, ROLLING, sample(NOW, 600)) == []


def test_a_register_that_never_begins_anew_does_not_go_backward():
    history = History()
    take(history, METER, sample(NOW - 900, 99_500))
    assert refusal(history, METER, sample(NOW, 500)) == Reason.BACKWARD
    assert take(history, METER, sample(NOW, 99_600)) == []


def test_a_register_that_begins_anew_is_below_its_modulus():
    history = History()
    take(history, ROLLING, sample(NOW - 900, 250_000))
    assert refusal(history, ROLLING, sample(NOW, 200_000)) == Reason.BACKWARD


def test_a_coarse_register_may_leap_as_long_as_it_stood():
    """A step of 100 Wh, at full power one in 36 s, read every ten."""
    history = History()
    take(history, METER, sample(NOW, 0), received=NOW + 60)
    for seconds, wh in ((10, 0), (20, 0), (30, 0), (40, 100), (50, 100), (60, 100), (70, 100), (80, 200)):
        take(history, METER, sample(NOW + seconds, wh), received=NOW + 60)
    assert refusal(history, METER, sample(NOW + 90, 300), received=NOW + 60) == Reason.TOO_MUCH


def test_each_series_has_its_own_numbers():
    history = History()
    take(history, METER, sample(NOW, 1, 17, "T"), b"a")
    take(history, METER, sample(NOW + 10, 2, 3, "F"), b"b")
    assert take(history, METER, sample(NOW + 20, 3, 18, "T"), b"c") == []
    assert take(history, METER, sample(NOW + 30, 4, 18, "T"), b"c") == []
    assert refusal(history, METER, sample(NOW + 40, 5, 18, "T"), record=b"d") == Reason.REPLAYED
    assert refusal(history, METER, sample(NOW + 40, 5, 2, "F"), record=b"d") == Reason.REPLAYED
    assert take(history, METER, sample(NOW + 40, 5, 20, "T"), b"d") == ["gap"]


def test_a_draft_that_is_not_kept_changes_nothing():
    history = History()
    take(history, METER, sample(NOW, 1))
    history.draft().take(METER, sample(NOW + 100, 2), NOW + 100, b"r", NOW)
    assert take(history, METER, sample(NOW + 50, 1)) == []


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 200_000)), max_size=30))
def test_what_is_taken_can_be(readings):
    """Whatever comes: times rise, and from first to last no more is counted than the device can make."""
    history = History()
    taken = []
    for seconds, wh in readings:
        try:
            take(history, METER, sample(NOW + seconds, wh), received=NOW + 40_000)
        except Unfit:
            continue
        taken.append((NOW + seconds, wh))
    times = [time for time, _ in taken]
    assert times == sorted(set(times))
    registers = [wh for _, wh in taken]
    assert registers == sorted(registers)
    if taken:
        most = METER.rated_w * (times[-1] - times[0]) * 11 // 36_000
        assert registers[-1] - registers[0] <= most + len(taken)
