"""Refusals are counted all, and kept as far as there is room."""

import pytest

from tests.bridge.outbox.made import NOON, refusal
from wattbook.bridge.outbox import refusals
from wattbook.bridge.outbox.records import RefusalCount


def test_kept_and_counted(outbox):
    first, second = refusal(), refusal("other", NOON + 5, reason="unregistered", raw=b"\0\xff")
    outbox.refusals.add([first])
    outbox.refusals.add([second, refusal(at=NOON + 9)])
    assert outbox.refusals.kept() == [refusal(at=NOON + 9), second, first]
    assert outbox.refusals.kept(meter="other") == [second]
    assert outbox.refusals.kept(limit=1) == [refusal(at=NOON + 9)]
    assert outbox.refusals.counts() == [
        RefusalCount("mqtt", first.meter, "forged", 2, NOON, NOON + 9),
        RefusalCount("mqtt", "other", "unregistered", 1, NOON + 5, NOON + 5),
    ]
    outbox.refusals.add([])


def test_a_flood_from_one_meter(outbox):
    outbox.refusals.add([refusal("quiet")])
    for start in range(0, 1_000, 100):
        outbox.refusals.add([refusal("loud", NOON + start + place) for place in range(100)])
    outbox.refusals.add([refusal("loud", NOON + 1_000)])
    kept = outbox.refusals.kept(meter="loud", limit=1_000)
    assert [one.at for one in kept] == list(range(NOON + 1_000, NOON + 1_000 - refusals.KEPT_PER_METER, -1))
    assert outbox.refusals.kept(meter="quiet") == [refusal("quiet")]
    assert {one.meter: one.count for one in outbox.refusals.counts()} == {"loud": 1_001, "quiet": 1}


def test_a_flood_of_invented_meters(outbox, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_COUNTS", 50)
    for start in range(0, 100, 10):
        outbox.refusals.add([refusal(f"meter {start + place:03}") for place in range(10)])
    outbox.refusals.add([refusal("meter 007"), refusal("meter 077")])
    counts = {one.meter: one.count for one in outbox.refusals.counts()}
    assert len(counts) == 51
    assert counts[""] == 51
    assert counts["meter 007"] == 2
    assert len(outbox.refusals.kept(limit=1_000)) == 51 + refusals.KEPT_PER_METER


@pytest.mark.parametrize("text", ["nul \0 inside", "half a surrogate \ud800", "x" * 10_000, "'); DROP TABLE readings"])
def test_hostile_text(outbox, text):
    """What one database takes and the other does not must not stop the good ones beside it."""
    outbox.refusals.add([refusal(text, detail=text, raw=bytes(10**6)), refusal("good")])
    hostile, good = reversed(outbox.refusals.kept())
    assert good == refusal("good")
    assert len(hostile.raw) == 2_048 and len(hostile.meter) < 100 and len(hostile.detail) < 500
    assert {one.count for one in outbox.refusals.counts()} == {1}
