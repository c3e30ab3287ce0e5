"""Readings are stored once, whoever brings them how often, and what was acknowledged is there."""

import random
import subprocess
import sys
import time
from threading import Thread

import pytest

from tests.bridge.outbox.made import NOON, reading
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Conflict
from wattbook.errors import UnitError

LARGEST = 2**63 - 1


def test_what_is_stored_is_read_again(outbox):
    one = reading(device=LARGEST, time=LARGEST, wh=LARGEST, sequence=LARGEST, received_at=NOON, raw=bytes(range(256)))
    two = reading(device=0, time=0, wh=0, sequence=None, raw=b"")
    taken = outbox.readings.add([one, two])
    assert set(taken.new) == {one, two}
    assert (taken.repeated, taken.conflicts) == (0, ())
    assert outbox.readings.between(LARGEST, 0, LARGEST) == [one]
    assert outbox.readings.between(0, 0, LARGEST) == [two]


def test_none(outbox):
    assert outbox.readings.add([]).new == ()


@pytest.mark.parametrize("field", ["device", "time", "wh", "sequence"])
@pytest.mark.parametrize("value", [-1, LARGEST + 1, 2**64 - 1])
def test_a_number_that_does_not_fit(field, value):
    with pytest.raises(UnitError, match=f"{field} is {value}, not from 0 to"):
        reading(**{field: value})


def test_a_hash_that_is_none():
    with pytest.raises(UnitError, match="raw_hash is 31 bytes long, not 32"):
        reading(raw_hash=bytes(31))


def test_the_same_again(outbox):
    first = [reading(device) for device in range(1, 4)]
    outbox.readings.add(first)
    taken = outbox.readings.add([reading(2, source="ocpp"), reading(5), reading(3), reading(5)])
    assert [one.device for one in taken.new] == [5]
    assert (taken.repeated, taken.conflicts) == (3, ())
    assert outbox.readings.between(2, 0, LARGEST) == [first[1]], "what came first stays, with its record"
    assert outbox.refusals.counts() == []


def test_another_value_at_the_same_time(outbox):
    outbox.readings.add([reading(wh=1_000)])
    other, later = reading(wh=1_001), reading(time=NOON + 900, wh=1_200)
    contradicting = reading(time=NOON + 900, wh=1_201)
    taken = outbox.readings.add([other, later, contradicting])
    assert taken.new == (later,)
    assert taken.conflicts == (Conflict(other, 1_000), Conflict(contradicting, 1_200))
    assert [one.wh for one in outbox.readings.between(1, 0, LARGEST)] == [1_000, 1_200]
    newest, _ = outbox.refusals.kept(meter="1")
    assert (newest.reason, newest.raw) == ("conflict", contradicting.raw)
    assert newest.detail == f"at {NOON + 900} it shows 1201 Wh, and 1200 Wh as it was read first"


def test_the_nearest_of_many(outbox):
    devices = range(1, 1_203)
    times = {device: sorted(random.sample(range(NOON, NOON + 100), 3)) for device in devices}
    outbox.readings.add([reading(device, time) for device in devices for time in times[device]])
    asked = NOON + 50
    before = outbox.readings.at_or_before([*devices, 9_999], asked)
    after = outbox.readings.at_or_after([*devices, 9_999], asked)
    for device in devices:
        earlier = [time for time in times[device] if time <= asked]
        later = [time for time in times[device] if time >= asked]
        assert before.get(device) == (reading(device, earlier[-1]) if earlier else None)
        assert after.get(device) == (reading(device, later[0]) if later else None)
    assert 9_999 not in before | after
    assert outbox.readings.at_or_before([], asked) == {}


def test_two_bring_the_same_at_once(where, outbox):
    """Several sources hand over the same readings: each is new to one of them."""
    found = [reading(device, NOON + time) for device in range(40) for time in range(10)]
    new = []

    def bring():
        other = Outbox(where)
        mine = random.sample(found, len(found))
        for start in range(0, len(mine), 25):
            new.extend(other.readings.add(mine[start : start + 25]).new)
        other.close()

    threads = [Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new, key=lambda one: (one.device, one.time)) == found


def test_killed_while_storing(where, outbox):
    """What was acknowledged is there, whenever the process is killed."""
    program = (
        "import sys\n"
        "from tests.bridge.outbox.made import NOON, reading\n"
        "from wattbook.bridge.outbox.outbox import Outbox\n"
        "outbox, first = Outbox(sys.argv[1]), int(sys.argv[2])\n"
        "for time in range(first, first + 10**6):\n"
        "    outbox.readings.add([reading(device, time) for device in range(20)])\n"
        "    print(time, flush=True)\n"
    )
    acknowledged = []
    for place in range(3):
        command = [sys.executable, "-c", program, where, str(NOON + place * 10**6)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(2)]
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        lines += process.stdout.readlines()
        process.wait()
        acknowledged += [int(line) for line in lines if line.endswith("\n")]
    assert len(acknowledged) > 3
    for device in (0, 19):
        stored = {one.time for one in outbox.readings.between(device, 0, LARGEST)}
        assert set(acknowledged) <= stored
        assert len(stored) <= len(acknowledged) + 3


def test_fast_enough(outbox):
    """A bridge takes 1,000 a second on two cores, of which storing is to be a small part."""
    raw = random.randbytes(400)
    found = [reading(device, NOON + time, time, raw=raw) for time in range(10) for device in range(1_000)]
    begin = time.monotonic()
    for start in range(0, len(found), 250):
        outbox.readings.add(found[start : start + 250])
    took = time.monotonic() - begin
    print(f"{len(found) / took:.0f} readings a second")
    # Far below what is measured, so that a busy machine fails nobody.
    assert took < len(found) / 1_500
